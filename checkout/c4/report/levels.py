"""Levels: groups views that draw a system with the same elements and technologies, so that one mapping serves them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from checkout.c4.source.arrows import Drawing
from checkout.c4.traces.naming.elements import DrawnElements
from checkout.c4.traces.naming.fitting import METHODS, Match, rank
from checkout.c4.traces.naming.seeing import HTTP, Seen


@dataclass(frozen=True)
class Level:
    """Views of one group. `drawing` has the elements and arrows of all of them."""

    views: tuple[Drawing, ...]

    @property
    def drawing(self) -> Drawing:
        """A drawing with the elements and arrows of all views; it has the file and the name of the first one."""
        elements = {alias: element for view in reversed(self.views) for alias, element in view.aliases.items()}
        arrows = {arrow.key: arrow for view in reversed(self.views) for arrow in view.visible_arrows}
        return replace(self.views[0], elements=tuple(elements.values()), arrows=tuple(arrows.values()))


def group_levels(views: Iterable[Drawing]) -> list[Level]:
    """The views in groups, in which a story has the same hops as if it were mapped for one view alone.

    Views with and without databases or brokers, or with "HTTP" and "HTTP, POST /x" for one call, are in two groups.
    """
    levels = list[Level]()
    for view in views:
        at = next((at for at, level in enumerate(levels) if _is_level(level, view)), None)
        if at is None:
            levels.append(Level((view,)))
        else:
            levels[at] = Level((*levels[at].views, view))
    return levels


def _is_level(level: Level, view: Drawing) -> bool:
    whole, first = level.drawing, level.views[0]
    is_near = first.diagram.file.parent == view.diagram.file.parent  # each folder may have a map of its own
    return is_near and _through(first) == _through(view) and _agree_on_names(whole, view) and not _collide(whole, view)


def _through(view: Drawing) -> tuple[bool, frozenset[str]]:
    elements = DrawnElements(view)
    return elements.has_databases, elements.queues & elements.ends


def _agree_on_names(one: Drawing, other: Drawing) -> bool:
    """Whether the elements have equal labels and shapes in both, and no name means two of them."""
    both = [(one.aliases[alias], other.aliases[alias]) for alias in one.aliases.keys() & other.aliases.keys()]
    if any((a.label, a.shape, a.is_boundary) != (b.label, b.shape, b.is_boundary) for a, b in both):
        return False
    together = DrawnElements(Level((one, other)).drawing)
    for view in (one, other):
        alone = DrawnElements(view)
        names = (name for alias, element in view.aliases.items() for name in (alias, element.label))
        if any(together.find(name) != alone.find(name) for name in names):
            return False
    return True


def _collide(one: Drawing, other: Drawing) -> bool:
    """Whether a call or message would fit a technology of either drawing, between the same elements."""
    first, second = DrawnElements(one), DrawnElements(other)
    pairs = {arrow.key[:2] for arrow in one.visible_arrows} & {arrow.key[:2] for arrow in other.visible_arrows}
    queues = first.queues | second.queues
    return any(
        _fit_alike(a, b, is_message=not queues.isdisjoint(pair))
        for pair in pairs
        for a in set(first.technologies(*pair))
        for b in set(second.technologies(*pair)) - {a}
        if a not in second.technologies(*pair) or b not in first.technologies(*pair)
    )


def _fit_alike(one: str, other: str, is_message: bool) -> bool:
    pairs = ((one, other), (other, one))
    return any(rank(drawn, _as_seen(seen, is_message))[0] is not Match.NONE for drawn, seen in pairs)


def _as_seen(technology: str, is_message: bool) -> Seen:
    """What spans would show of a drawn technology."""
    routes = tuple(part for part in re.split(r"[,\s]+", technology) if part.startswith("/"))
    if is_message or not routes:
        return Seen(technology, frozenset(re.findall(r"[\w+.-]+", technology.casefold())), topic=technology)
    methods: Sequence[str] = [word for word in technology.split() if word.casefold() in METHODS]
    return Seen("HTTP", HTTP, methods[0] if methods else "", routes)
