"""Mutated store: the store with one mutant, for processes: CHECKOUT_REGISTRY=mutants.mutated_store:STORE.

The environment variable MUTANT has the name of the mutant, which is there for the life of the process.
"""

import os

from mutants.catalogue import BY_NAME

from checkout.registry import STORE

__all__ = ["REGISTRY", "STORE", "VARIABLE"]

REGISTRY, VARIABLE = "mutants.mutated_store:STORE", "MUTANT"

if name := os.environ.get(VARIABLE):
    kept = BY_NAME[name].change()  # the change of a generator is undone when it is collected
    kept.__enter__()
