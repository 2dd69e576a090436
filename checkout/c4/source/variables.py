"""Variables: the preprocessor variables of a diagram, as far as the names of its includes depend on them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from checkout.c4.findings import DiagramError
from checkout.c4.source.files import SourceLine

Defines = Sequence[tuple[str, str]]  # names and values given on the command line
ASSIGNMENT = re.compile(
    r"\s*!(?:define\s+(?P<name>\w+)\s|(?:global\s+|local\s+)?(?P<var>\$?\w+)\s*(?P<default>\?)?=)\s*(?P<value>\S.*?)\s*$"
)
VALUE_OF = re.compile(r"%get_variable_value\(\s*([\"'])(?P<name>\$?\w+)\1\s*\)")
CONDITION = re.compile(r"\s*!(?P<how>if|ifdef|ifndef|elseif|else|endif)\b(?P<what>.*)$")
GUARD = re.compile(r"(?:ndef\s+|\s*\(?\s*%not\(\s*%variable_exists\(\s*[\"'])(?P<name>\$?\w+)")


@dataclass
class Variables:
    """The values after the lines read so far; `unknown` are those that depend on which branch is taken."""

    defines: Defines = ()
    values: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    branches: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.values.update(self.defines)

    def follow(self, text: str) -> None:
        """Follows one line of code: a condition or an assignment changes the state, any other line does not."""
        condition = CONDITION.match(text)
        if condition:
            self._follow_condition(condition["how"], condition["how"].removeprefix("if") + condition["what"])
        elif assignment := ASSIGNMENT.match(text):
            name = assignment["name"] or assignment["var"]
            if not (assignment["default"] and name in self.values):
                self._assign(name, assignment["value"].strip('"'))

    def _follow_condition(self, how: str, what: str) -> None:
        if how.startswith("if"):
            self.branches.append(what)
        elif self.branches and how == "endif":
            self.branches.pop()
        elif self.branches:
            self.branches[-1] = ""

    def _assign(self, name: str, value: str) -> None:
        guard = GUARD.match(self.branches[-1]) if self.branches else None
        if guard and guard["name"] == name and name in self.values:
            return  # the branch is not taken, as the variable exists
        if self.branches and self.values.get(name, value) != value:
            self.unknown.add(name)
        elif not self.branches:
            self.unknown.discard(name)
        self.values[name] = value

    def substitute(self, text: str, line: SourceLine) -> str:
        """A text with the values of the variables in it. Raises DiagramError if one depends on a branch."""
        text = VALUE_OF.sub(r"\g<name>", text)
        for _ in range(8):  # a variable may be defined by variables
            used = self.unknown & set(re.findall(r"\$?\w+", text))
            if used:
                raise not_known(line, f"the value of {min(used)}", f"name the file, or give --define {min(used)}=VALUE")
            replaced = re.sub(r"\$?\w+", lambda name: self.values.get(name[0], name[0]), text)
            if replaced == text:
                return text
            text = replaced
        return text


def not_known(line: SourceLine, what: str, fix: str = "name the file") -> DiagramError:
    """The error that something is known to PlantUML only."""
    return line.error("unreadable", f"{what} is known only at run time", fix)
