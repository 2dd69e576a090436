"""Lab: the store inside a notebook; its public names are `from checkout.lab import Lab, ...`."""

from checkout.lab.comparison.comparison import compare
from checkout.lab.course.command import command
from checkout.lab.course.crash_matrix import crash_matrix
from checkout.lab.course.extra_services import Loyalty
from checkout.lab.course.message_versions import publishing, reading
from checkout.lab.course.payment_contract import payment_contract
from checkout.lab.course.predictions import Predictions
from checkout.lab.course.replacements.batch_payments import BatchPayments
from checkout.lab.errors import LabError
from checkout.lab.exercises.check import check, progress
from checkout.lab.exercises.stored_dictionary import StoredDictionary
from checkout.lab.lab import Lab
from checkout.lab.programs.program import Program
from checkout.lab.views.source_code import show

__all__ = [
    "BatchPayments", "Lab", "LabError", "Loyalty", "Predictions", "Program", "StoredDictionary", "check", "command",
    "compare", "crash_matrix", "payment_contract", "progress", "publishing", "reading", "show",
]  # fmt: skip
