"""Unknown messages: what follows from a message that cannot be judged cannot be judged either."""

from collections.abc import Sequence
from dataclasses import replace

from c4.traced_runs import arrow, drawing, hop

from checkout.c4.checks.verify import verify_orders
from checkout.c4.source.arrows import Arrow
from checkout.c4.source.elements import Element

VIEW = drawing(
    arrow(1, "desk", "kafka", "asked"), arrow(2, "kafka", "members", "asked"), arrow(3, "members", "kafka", "checked"),
    arrow(4, "kafka", "lending", "checked"), arrow(5, "lending", "books"), arrow(6, "lending", "post"),
)  # fmt: skip
HOPS = [hop("1", "desk", "kafka", "asked"), hop("2", "kafka", "members", "asked", "1")]


class NoSpansOf:
    """The gaps of a recording without spans of one service."""

    problems: Sequence[str] = ()

    def __init__(self, service: str, unseen: str = "") -> None:
        self._service, self._unseen = service, unseen

    def reason(self, order: str, arrow: Arrow) -> str:
        return "no span" if arrow.source == self._service else ""

    def is_unseen(self, order: str, arrow: Arrow) -> bool:
        return arrow.index == self._unseen

    def order_reason(self, order: str) -> str:
        return "an unknown caller"


def answers(service: str, *queues: str) -> tuple[list[str], list[str]]:
    """The arrows that cannot be judged, and those that never happened."""
    elements = [Element(alias, alias, "queue", "", VIEW.diagram.head) for alias in queues]
    view = replace(VIEW, elements=tuple(elements))
    (result,) = verify_orders(view, {"t1": HOPS}, gaps=NoSpansOf(service))
    unknown = [each.arrow.index for each in result.unjudged if each.arrow]
    return unknown, [each.arrow.index for each in result.deviations if each.arrow]


def test_delivery_of_an_unknown_message_and_what_it_causes_cannot_be_judged() -> None:
    assert answers("members", "kafka") == (["3", "4", "5", "6"], [])


def test_what_follows_an_unknown_call_without_a_queue_never_happened() -> None:
    assert answers("members") == (["3"], ["4", "5", "6"])


def test_known_publication_that_never_happened_is_a_deviation_with_all_that_follows() -> None:
    assert answers("post", "kafka") == ([], ["3", "4", "5", "6"])


def test_reason_names_the_message() -> None:
    view = replace(VIEW, elements=(Element("kafka", "Kafka", "queue", "", VIEW.diagram.head),))

    (result,) = verify_orders(view, {"t1": HOPS}, gaps=NoSpansOf("members"))

    assert result.unjudged[1].reason == "it follows 3 members → kafka [checked], which cannot be judged"


def test_what_leads_to_an_arrow_that_may_have_happened_unseen_cannot_be_judged() -> None:
    (result,) = verify_orders(VIEW, {"t1": HOPS}, gaps=NoSpansOf("lending", unseen="5"))

    assert [each.arrow.index for each in result.unjudged if each.arrow] == ["3", "4", "5", "6"]
    assert result.unjudged[1].reason == "it leads to 5 lending → books [HTTP], which may be in another trace"


def test_an_order_with_all_arrows_cannot_be_judged_if_a_caller_is_unknown() -> None:
    hops = [hop(str(number), *each.key, cause=str(number - 1)) for number, each in enumerate(VIEW.arrows, 1)]

    (result,) = verify_orders(VIEW, {"t1": hops}, gaps=NoSpansOf("nothing"))

    assert [str(each) for each in result.unjudged] == ["cannot be judged: an unknown caller"]
