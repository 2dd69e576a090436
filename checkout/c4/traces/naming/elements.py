"""Elements: finds the element of a drawing that a name in a trace means, and the arrows between two elements."""

import re
from collections import defaultdict
from difflib import get_close_matches

from checkout.c4.source.arrows import Drawing

SUFFIX = re.compile(r"(?<=[^_])_?(?:service|svc)$")
LOCAL_DOMAIN = re.compile(r"(?:^|\.)svc(?:\.|$)|\.(?:local|internal|lan)$", re.I)


def fold(name: str) -> str:
    """A name in lower case, with one underscore for each run of other characters than letters and digits."""
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def is_local(host: str) -> bool:
    """Whether a host name is one of a local network, such as lending.prod.svc."""
    return bool(LOCAL_DOMAIN.search(host.partition(":")[0]))


class NameIndex:
    """Finds the alias that a name in a trace means, among aliases with further names such as labels."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = defaultdict(set)
        self._stems: dict[str, set[str]] = defaultdict(set)

    def add(self, alias: str, *names: str) -> None:
        """Adds an alias, under its own name and others."""
        for name in {fold(each) for each in (alias, *names)} - {""}:
            self._names[name].add(alias)
            self._stems[SUFFIX.sub("", name)].add(alias)

    def find(self, name: str, among: frozenset[str] | None = None) -> str:
        """The one alias that a service, host, topic or system means, or empty where none or several fit."""
        host = name.partition("://")[2] or name
        host = re.sub(r":\d+$", "", host.partition("/")[0])
        parts = host.split(".")
        # lending.prod and lending.prod.svc.cluster.local mean lending; www.lending.example may not.
        is_local = len(parts) == 2 or bool(LOCAL_DOMAIN.search(host))
        for candidate in (name, host, *((parts[0],) if is_local else ())):
            folded = fold(candidate)
            for fitting in (self._names.get(folded), self._stems.get(SUFFIX.sub("", folded))):
                found = fitting or set()
                found = found if among is None else found & among
                if len(found) == 1:
                    return next(iter(found))
        return ""

    def nearest(self, name: str) -> str:
        """The alias that is spelled most like a name, or empty."""
        close = get_close_matches(SUFFIX.sub("", fold(name)), list(self._names), n=1, cutoff=0.5)
        return min(self._names[close[0]]) if close else ""


class DrawnElements(NameIndex):
    """The elements and arrows of a drawing, by the names that traces use. Without a drawing it finds nothing."""

    def __init__(self, drawing: Drawing | None) -> None:
        super().__init__()
        elements = {
            alias: each for alias, each in (drawing.aliases.items() if drawing else ()) if not each.is_boundary
        }
        self.arrows = arrows = drawing.visible_arrows if drawing else ()
        self.has_drawing, self.aliases = drawing is not None, frozenset(elements)
        for alias, element in elements.items():
            self.add(alias, element.label)
        self.databases = frozenset(alias for alias, each in elements.items() if "database" in each.shape)
        self.queues = frozenset(alias for alias, each in elements.items() if "queue" in each.shape)
        self.ends = frozenset(end for arrow in arrows for end in (arrow.source, arrow.target))
        self._technologies: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for arrow in arrows:
            self._technologies[arrow.source, arrow.target][arrow.technology] = None
            if arrow.both_ways:
                self._technologies[arrow.target, arrow.source][arrow.technology] = None

    def technologies(self, source: str, target: str) -> list[str]:
        """The distinct technologies of the arrows between two elements, in drawing order."""
        return list(self._technologies.get((source, target), ()))

    def sources(self, target: str) -> list[str]:
        """The elements from which arrows lead to one element."""
        return [start for start, end in self._technologies if end == target]

    def targets(self, source: str, among: frozenset[str]) -> list[str]:
        """The elements to which arrows of one element lead."""
        return [target for start, target in self._technologies if start == source and target in among]

    @property
    def has_databases(self) -> bool:
        """Whether any arrow touches a database."""
        return bool(self.databases & self.ends)
