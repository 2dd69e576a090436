"""Lab: the store inside a notebook: `from checkout.lab import Lab`."""

from checkout.lab.lab import Lab
from checkout.lab.problems import LabError

__all__ = ["Lab", "LabError"]
