"""Checkout: an online store's checkout on Apache Kafka, its diagrams, and the lab that steps through it."""

__version__ = "0.1.0"
