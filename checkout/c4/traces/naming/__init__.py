"""Naming: from the names in traces to the aliases and technologies of a drawing, with the help of traces.toml."""
