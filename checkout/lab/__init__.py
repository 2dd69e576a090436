"""Lab: the store inside a notebook: `from checkout.lab import Lab`."""

from checkout.lab.command import command
from checkout.lab.exercises import check, progress
from checkout.lab.guests import LegacyPayments, Loyalty, PaymentFunction
from checkout.lab.lab import Lab
from checkout.lab.matrix import crash_matrix
from checkout.lab.problems import LabError
from checkout.lab.source import show

__all__ = [
    "Lab", "LabError", "LegacyPayments", "Loyalty", "PaymentFunction", "check", "command", "crash_matrix",
    "progress", "show",
]  # fmt: skip
