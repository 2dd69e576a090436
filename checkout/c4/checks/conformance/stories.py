"""Stories: which recorded stories are of a view, and the others by the request with which they begin."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from checkout.c4.checks.verify import is_silent, numbered_arrows
from checkout.c4.findings import PreconditionError, printable
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.journal.hop import Hop

Key = tuple[str, str, str]
SHOWN = 5  # kinds of other stories in one line


class Entry(NamedTuple):
    """The request with which a story begins: its arrow, and what it sends; no source if its caller is unknown."""

    arrow: Key
    message: str


class StoriesOfView:
    """Decides by the arrows of a story whether it is of a view, whose arrows are those of `numbered_arrows`."""

    def __init__(self, arrows: Sequence[Arrow]) -> None:
        audible = [arrow for arrow in arrows if not is_silent(arrow)] or list(arrows)
        certain = next((at for at, arrow in enumerate(audible) if not arrow.fragments), 0)  # before it: alternatives
        self._caller, index = audible[0].source, audible[certain].index
        begin = [arrow for at, arrow in enumerate(audible) if at <= certain or arrow.index == index]
        self._first = {arrow.key for arrow in begin if arrow.source == self._caller}
        others = [arrow for arrow in audible if arrow.key not in self._first]
        self._others = {arrow.key for arrow in others if not arrow.fragments} or {arrow.key for arrow in others}

    def owns(self, keys: Collection[Key]) -> bool:
        """Whether a story has a first arrow of the view, or at least half of its other arrows.

        So a wrong route in the first arrow is a deviation of the view, and another route with other calls is not.
        """
        found = set(keys)
        return bool(self._first & found) or 0 < len(self._others) <= 2 * len(self._others & found)

    def is_other(self, keys: Collection[Key], entry: Entry) -> bool:
        """Whether a story that begins with this request is not of the view.

        Where the view begins with what the requested service does, and not with the request, this cannot be known.
        """
        return entry.arrow[1] != self._caller and not self.owns({*keys, entry.arrow})


def entries_of(orders: Mapping[str, Sequence[Hop]]) -> dict[str, Entry]:
    """The entries of recorded orders whose hops all have ids: the first hop that no other one caused."""
    found = dict[str, Entry]()
    for order, hops in orders.items():
        first = next((hop for hop in hops if hop.cause_id is None), None)
        if first and all(hop.id is not None for hop in hops):
            found[order] = Entry(first.arrow, first.message)
    return found


class Sorted(NamedTuple):
    """The stories to be judged, and of the other ones the message with which each begins."""

    own: dict[str, list[Hop]]
    others: dict[str, str]


def sort_stories(arrows: Sequence[Arrow], stories: Mapping[str, list[Hop]], entries: Mapping[str, Entry]) -> Sorted:
    """Separates the stories of a view from those that begin with another request. `entries` has the known ones."""
    view = StoriesOfView(arrows)
    own, others = dict[str, list[Hop]](), dict[str, str]()
    for story, hops in stories.items():
        entry = entries.get(story)
        if entry and view.is_other({hop.arrow for hop in hops}, entry):
            others[story] = entry.message
        else:
            own[story] = hops
    return Sorted(own, others)


def describe_others(others: Mapping[str, int]) -> str:
    """Other stories in one line, the most frequent first; empty if there are none."""
    number = sum(others.values())
    noun = "trace is of another story" if number == 1 else "traces are of other stories"
    return f"{number:,} {noun}: {_list(others)}" if number else ""


def describe_mixture(entries: Mapping[str, Entry]) -> str:
    """A line about orders that do not begin with the same message; empty if they do."""
    beginnings = Counter(entry.message for entry in entries.values())
    listed = f"the orders begin with different messages: {_list(beginnings)}: name one with --order ID"
    return listed if len(beginnings) > 1 else ""


def _list(numbers: Mapping[str, int]) -> str:
    most = Counter(numbers).most_common()
    kinds = [f"{message} {count:,}" for message, count in most[:SHOWN]]
    rest = sum(count for _, count in most[SHOWN:])
    return printable(", ".join([*kinds, *([f"and further ones {rest:,}"] if rest else [])]))


def only_others(sorted_by_view: Iterable[Sorted]) -> Counter[str]:
    """The number of stories that are of none of several views, by the message with which they begin."""
    views = list(sorted_by_view)
    owned = {story for each in views for story in each.own}
    others = {story: message for each in views for story, message in each.others.items()}
    return Counter(message for story, message in others.items() if story not in owned)


def require_own(found: Sorted, drawing: Drawing) -> None:
    """Raises PreconditionError if all stories are others."""
    if not found.own and found.others:
        name, first = drawing.name, numbered_arrows(drawing)[0]
        remedy = "name another view, map routes under [technology] in traces.toml, or judge one trace with --order ID"
        message = f"no trace has the first arrow of {name}, {first}, or half of its other arrows"
        raise PreconditionError(f"{message}; {describe_others(only_others([found]))}: {remedy}")
