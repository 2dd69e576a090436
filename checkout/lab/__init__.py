"""Lab: the store inside a notebook; its public names are `from checkout.lab import Lab, ...`."""

from checkout.lab.course.command import command
from checkout.lab.course.crash_matrix import crash_matrix
from checkout.lab.course.extra_services import LegacyPayments, Loyalty, PaymentFunction
from checkout.lab.course.message_versions import publishing, reading
from checkout.lab.course.predictions import Predictions
from checkout.lab.errors import LabError
from checkout.lab.exercises.check import check, progress
from checkout.lab.exercises.stored_dictionary import StoredDictionary
from checkout.lab.lab import Lab
from checkout.lab.views.source_code import show

__all__ = [
    "Lab", "LabError", "LegacyPayments", "Loyalty", "PaymentFunction", "Predictions", "StoredDictionary",
    "check", "command", "crash_matrix", "progress", "publishing", "reading", "show",
]  # fmt: skip
