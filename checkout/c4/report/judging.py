"""Judging: the results of the stories of one level by its views, each shape of a story judged once."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.checks.conformance.stories import StoriesOfView
from checkout.c4.checks.gaps import Gaps
from checkout.c4.checks.verify import Verifier, is_silent, numbered_arrows, queues_of
from checkout.c4.report.shapes import Shape
from checkout.c4.source.arrows import Arrow, Drawing
from checkout.journal.hop import Hop

Key = tuple[str, str, str]
Rank = tuple[int, int, int, int]


class _AskedGaps:
    """The gaps of a level, which keeps the arrows that it was asked for."""

    def __init__(self, gaps: Gaps) -> None:
        self._gaps = gaps
        self.problems: Sequence[str] = gaps.problems
        self.asked: dict[int, Arrow] = {}

    def reason(self, order: str, arrow: Arrow) -> str:
        """See Gaps."""
        self.asked[id(arrow)] = arrow
        return self._gaps.reason(order, arrow)

    def is_unseen(self, order: str, arrow: Arrow) -> bool:
        """See Gaps."""
        return self._gaps.is_unseen(order, arrow)

    def order_reason(self, order: str) -> str:
        """See Gaps."""
        return self._gaps.order_reason(order)


@dataclass(frozen=True)
class Judged:
    """The result of a story by a view, and its hops with the positions of their arrows among the numbered ones."""

    result: OrderResult
    hops: tuple[tuple[int, Hop], ...]


@dataclass
class _Known:
    """What is known of a shape: the arrows whose absence was in question, and by the reasons for these the result."""

    asked: tuple[Arrow, ...] = ()
    results: dict[tuple[str, ...], OrderResult] = field(default_factory=dict)
    places: tuple[tuple[int, int], ...] = ()  # the position of an arrow, and that of its hop in the shape


class ViewJudge:
    """Judges stories by one view."""

    def __init__(self, drawing: Drawing, gaps: Gaps) -> None:
        self.arrows = numbered_arrows(drawing)
        self._gaps, self._recording = gaps, _AskedGaps(gaps)
        self._verifier = Verifier(self.arrows, False, self._recording, queues_of(drawing))
        self._stories = StoriesOfView(self.arrows)
        expected = [arrow for arrow in self.arrows if not is_silent(arrow)] or self.arrows
        self._required = {arrow.key for arrow in expected if not arrow.fragments}
        self._keys = Counter(arrow.key for arrow in self.arrows)
        self._single = {arrow.key: at for at, arrow in enumerate(self.arrows) if self._keys[arrow.key] == 1}
        self._known: dict[Hashable, _Known] = {}

    def may_own(self, keys: frozenset[Key]) -> bool:
        """Whether a story with hops of these arrows may be one of this view."""
        return self._stories.owns(keys)

    def difference(self, keys: frozenset[Key]) -> int:
        """The number of arrows that only the view or only a story with these arrows has, without alternatives."""
        return len(self._required - keys) + len(keys - self._keys.keys())

    def judge(self, story: str, shape: Shape) -> Judged:
        """The result of a story; the evidence in it is of the first story with its shape and its gaps."""
        known = self._known.setdefault(shape.form, _Known())
        reasons = self._reasons(story, known)
        if reasons not in known.results:
            self._recording.asked = {}
            result = self._verifier.verify(story, shape.hops)
            known.asked = tuple(self._recording.asked.values())
            known.results[self._reasons(story, known)] = result
            known.places = tuple(self._places(shape, result))
        else:
            result = replace(known.results[reasons], order=story)
        return Judged(result, tuple((position, shape.hops[at]) for position, at in known.places))

    def _reasons(self, story: str, known: _Known) -> tuple[str, ...]:
        unseen = ("unseen" if self._gaps.is_unseen(story, arrow) else "" for arrow in known.asked)
        return (self._gaps.order_reason(story), *(self._gaps.reason(story, arrow) for arrow in known.asked), *unseen)

    def _places(self, shape: Shape, result: OrderResult) -> Iterator[tuple[int, int]]:
        """All hops of an arrow whose ends and technology no other arrow has; of any other one its first hop."""
        first = {id(hop): position for position, hop in result.hops.items()}
        for at, hop in enumerate(shape.hops):
            position = self._single.get(hop.arrow, first.get(id(hop)))
            if position is not None:
                yield position, at


def rank(result: OrderResult, difference: int) -> Rank:
    """How far a story is from a view; the least is the nearest."""
    deviations = sum(not deviation.tolerated for deviation in result.deviations)
    return (difference, deviations, len(result.unjudged), -len(result.hops))


class Nearest:
    """The views that stories with the same arrows may belong to, and of these the ones with the least difference."""

    def __init__(self, judges: Iterable[ViewJudge]) -> None:
        self._judges = list(judges)
        self._found: dict[frozenset[Key], tuple[int, list[ViewJudge]]] = {}

    def find(self, keys: frozenset[Key]) -> tuple[int, list[ViewJudge]]:
        """The difference and the views; no views if a story with these arrows belongs to none."""
        if keys not in self._found:
            differences = [(judge.difference(keys), judge) for judge in self._judges if judge.may_own(keys)]
            least = min((difference for difference, _ in differences), default=0)
            self._found[keys] = (least, [judge for difference, judge in differences if difference == least])
        return self._found[keys]
