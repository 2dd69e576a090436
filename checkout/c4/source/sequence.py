"""Sequence: fragments, activations and steps of the arrows of a sequence diagram."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from checkout.c4.findings import DiagramError
from checkout.c4.source.arrow_statements import activations, is_dotted
from checkout.c4.source.arrows import Arrow, Fragment
from checkout.c4.source.files import SourceLine

OPENING = re.compile(
    r"(?:&\s*)?(?P<kind>alt|opt|loop|par2?|break|critical|group|partition)(?=\s+[^-.<\s]|\s*$|\s*#)", re.I
)
KINDS = {"par2": "par", "partition": "group"}
BRANCH = re.compile(r"(?:else|also)(?=\s+[^-.<\s]|\s*$|\s*#)", re.I)
END = re.compile(r"end(?!\s*(?:box|note|hnote|rnote|ref|legend|title|header|footer)\b)(?=\s+[^-.<\s]|\s*$)", re.I)
RETURN = re.compile(r"return(?:\s+(?P<label>[^-.<\s].*))?$", re.I)
ACTIVATE = re.compile(r"activate\s+[^-.<\s]", re.I)
DEACTIVATE = re.compile(r"(?:deactivate|destroy)(?:\s+[^-.<\s]|$)", re.I)
AUTOACTIVATE = re.compile(r"autoactivate\s+(on|off)", re.I)


@dataclass
class SequenceReader:
    """What the statements of a sequence diagram before the current one opened and activated."""

    open: list[tuple[Fragment, SourceLine]] = field(default_factory=list)
    count: int = 0
    calls: list[Arrow] = field(default_factory=list)  # by the elements that they activated
    unanswered: list[tuple[str, str]] = field(default_factory=list)
    last: Arrow | None = None
    autoactivate: bool = False

    def read(self, text: str, line: SourceLine) -> Arrow | None:
        """Follows one statement without an arrow of its own; the arrow that it implies, if it is a return."""
        if opening := OPENING.match(text):
            self.count += 1
            kind = KINDS.get(opening["kind"].lower(), opening["kind"].lower())
            self.open.append((Fragment(self.count, kind, 0), line))
        elif BRANCH.match(text) and self.open:
            fragment, opened = self.open[-1]
            self.open[-1] = (fragment._replace(branch=fragment.branch + 1), opened)
        elif END.match(text) and self.open:
            self.open.pop()
        elif returning := RETURN.match(text):
            return self._return(returning["label"] or "", line)
        else:
            self._follow_activation(text)
        return None

    def place(self, arrow: Arrow, text: str) -> Arrow:
        """An arrow of a statement with the fragments that hold it."""
        is_reply = is_dotted(text) and not arrow.technology and self._answers(arrow)
        if not is_dotted(text):
            self.unanswered.append(arrow.key[:2])
        placed = self._place(replace(arrow, is_reply=is_reply))
        for mark in activations(text):
            self._activate(mark == "++", mark == "--")
        if self.autoactivate:
            self._activate(not is_dotted(text), is_dotted(text))
        return placed

    def _answers(self, arrow: Arrow) -> bool:
        call = (arrow.target, arrow.source)
        if call not in self.unanswered:
            return False
        self.unanswered.remove(call)
        return True

    def _place(self, arrow: Arrow) -> Arrow:
        self.last = replace(arrow, fragments=tuple(fragment for fragment, _ in self.open))
        return self.last

    def unclosed(self) -> DiagramError | None:
        """The error about the last fragment without an end, if there is one."""
        if not self.open:
            return None
        fragment, line = self.open[-1]
        return line.error("unclosed-fragment", f"this {fragment.kind} is not closed", "add its end")

    def _follow_activation(self, text: str) -> None:
        automatic = AUTOACTIVATE.match(text)
        if automatic:
            self.autoactivate = automatic[1].lower() == "on"
        self._activate(bool(ACTIVATE.match(text)), bool(DEACTIVATE.match(text)))

    def _activate(self, starts: bool, ends: bool) -> None:
        if starts and self.last:
            self.calls.append(self.last)
        elif ends and self.calls:
            self.calls.pop()

    def _return(self, label: str, line: SourceLine) -> Arrow:
        call = self.calls.pop() if self.calls else self.last
        if call is None:
            raise line.error("unreadable", "this return follows no arrow", "write the arrow of the answer instead")
        answer = Arrow("", call.target, call.source, label, "", line, is_reply=True)
        self._answers(answer)
        return self._place(answer)


def number_arrows(arrows: Sequence[Arrow], concurrent: Sequence[bool]) -> list[Arrow]:
    """The arrows with their place as step, unless all visible ones have a number.

    `concurrent` is true for each arrow that starts with &, which shares the step of the one before.
    """
    if all(arrow.index or arrow.hidden for arrow in arrows):
        return list(arrows)
    numbered, step = list[Arrow](), 0
    for arrow, with_previous in zip(arrows, concurrent, strict=True):
        step += not (with_previous and step) and not arrow.hidden
        numbered.append(replace(arrow, index="" if arrow.hidden else str(step)))
    return numbered
