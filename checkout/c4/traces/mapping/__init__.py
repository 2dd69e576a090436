"""Mapping: from spans to hops; `hops.read_hops` is the entry."""
