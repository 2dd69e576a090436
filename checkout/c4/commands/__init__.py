"""Commands: the options and the work of each diagram command; each function returns its exit code.

The modules import what they need when a command runs, so that `--help` stays fast.
"""

from checkout.c4.commands.check import check
from checkout.c4.commands.diff import diff
from checkout.c4.commands.doctor import doctor
from checkout.c4.commands.journal import journal
from checkout.c4.commands.render import render
from checkout.c4.commands.report import report
from checkout.c4.commands.runs import cover, draw
from checkout.c4.commands.verify import verify
from checkout.c4.commands.views import steps, story

COMMANDS = (render, check, steps, journal, verify, draw, cover, diff, story, report, doctor)
