"""Fragments: a run conforms if it takes one of the alternatives of a sequence diagram."""

from dataclasses import replace

import pytest
from c4.traced_runs import arrow, drawing, hop

from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.checks.verify import verify_orders
from checkout.c4.source.arrows import Drawing, Fragment
from checkout.journal.hop import Hop

TAKEN, OTHER = Fragment(1, "alt", 0), Fragment(1, "alt", 1)
OPT, LOOP, BREAK, CRITICAL = (Fragment(1, kind, 0) for kind in ("opt", "loop", "break", "critical"))
ONE, TWO = Fragment(1, "par", 0), Fragment(1, "par", 1)
INNER, INNER_OTHER = Fragment(2, "alt", 0), Fragment(2, "alt", 1)


def view(*fragments: tuple[Fragment, ...]) -> Drawing:
    """a calls b, c, d ... in turn; each call has these fragments."""
    calls = zip(range(1, 8), "bcdefgh", fragments, strict=False)
    return drawing(*(arrow(number, "a", to, "HTTP", *held) for number, to, held in calls))


def run(targets: str, **more: object) -> list[Hop]:
    """a calls the elements in turn, on one clock."""
    return [hop(str(number), "a", to, replica="a-1", **more) for number, to in enumerate(targets, 1)]


def result_of(drawn: Drawing, hops: list[Hop]) -> OrderResult:
    return verify_orders(drawn, {"t1": hops})[0]


def kinds(drawn: Drawing, targets: str) -> list[str]:
    deviations = result_of(drawn, run(targets)).deviations
    return [f"{each.kind} {each.arrow.index if each.arrow else ''}" for each in deviations]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ("bce", []),
        ("bde", []),
        ("be", ["missing 2"]),
        ("bcde", ["extra 3"]),
        ("bc", ["missing 4"]),
        ("cbe", ["too early 2"]),
    ],
)
def test_exactly_one_branch_of_an_alt_happens(targets: str, expected: list[str]) -> None:
    assert kinds(view((), (TAKEN,), (OTHER,), ()), targets) == expected


def test_shortest_branch_is_the_one_that_never_happened_if_none_did() -> None:
    assert kinds(view((), (TAKEN,), (TAKEN,), (OTHER,)), "b") == ["missing 4"]


def test_branch_that_has_begun_must_be_complete() -> None:
    assert kinds(view((), (TAKEN,), (TAKEN,), (OTHER,)), "bc") == ["missing 3"]


@pytest.mark.parametrize("branches", [(TAKEN,), (OTHER,), (TAKEN, Fragment(1, "alt", 2))])
def test_alt_with_a_branch_without_arrows_may_be_left_out(branches: tuple[Fragment, ...]) -> None:
    drawn = view((), *((each,) for each in branches))

    assert kinds(drawn, "b") == []
    assert kinds(drawn, "bc") == []


@pytest.mark.parametrize(("targets", "expected"), [("be", []), ("bcde", []), ("bce", ["missing 3"])])
def test_opt_happens_as_a_whole_or_not(targets: str, expected: list[str]) -> None:
    assert kinds(view((), (OPT,), (OPT,), ()), targets) == expected


@pytest.mark.parametrize(
    ("targets", "expected"), [("be", []), ("bcde", []), ("bcdcdcde", []), ("bccce", ["missing 3"]), ("bdce", [])]
)
def test_loop_runs_any_number_of_times(targets: str, expected: list[str]) -> None:
    found = kinds(view((), (LOOP,), (LOOP,), ()), targets)

    assert found == (["too early 3"] if targets == "bdce" else expected)


@pytest.mark.parametrize("targets", ["bcd", "bdc"])
def test_branches_of_par_happen_in_any_order_and_all_of_them(targets: str) -> None:
    drawn = view((), (ONE,), (TWO,))

    assert kinds(drawn, targets) == []
    assert kinds(drawn, targets[:2]) == [f"missing {'bcd'.index(targets[2]) + 1}"]


@pytest.mark.parametrize(("targets", "expected"), [("bde", []), ("bc", []), ("bcd", []), ("bd", ["missing 4"])])
def test_what_follows_a_break_that_happened_may_be_missing(targets: str, expected: list[str]) -> None:
    assert kinds(view((), (BREAK,), (), ()), targets) == expected


def test_break_that_is_incomplete_did_not_happen_if_its_call_is_drawn_again() -> None:
    drawn = drawing(
        arrow(1, "a", "b"), arrow(2, "a", "c", "HTTP", BREAK), arrow(3, "a", "e", "HTTP", BREAK),
        arrow(4, "a", "c"), arrow(5, "a", "d"),
    )  # fmt: skip

    assert [kinds(drawn, targets) for targets in ("bcd", "bce")] == [[], []]


def test_break_in_a_loop_leaves_what_follows_the_loop() -> None:
    drawn = view((LOOP,), (LOOP, Fragment(2, "break", 0)), (LOOP,), ())

    assert kinds(drawn, "bce") == []
    assert kinds(drawn, "bc") == ["missing 4"]


@pytest.mark.parametrize("kind", ["critical", "group"])
def test_critical_and_group_change_nothing(kind: str) -> None:
    drawn = view((), (Fragment(1, kind, 0),), ())

    assert kinds(drawn, "bcd") == []
    assert kinds(drawn, "bd") == ["missing 2"]


def test_each_round_of_a_loop_takes_one_of_the_alternatives() -> None:
    drawn = view((), (LOOP, INNER), (LOOP, INNER_OTHER), ())

    assert [kinds(drawn, targets) for targets in ("bcdce", "bdde", "be")] == [[], [], []]


def test_alternative_inside_an_alternative() -> None:
    drawn = view((TAKEN, INNER), (TAKEN, INNER_OTHER), (OTHER,))

    assert [kinds(drawn, targets) for targets in ("b", "c", "d")] == [[], [], []]
    assert kinds(drawn, "bd") in (["extra 1"], ["extra 3"])


def test_call_of_both_branches_counts_for_the_one_that_the_run_takes() -> None:
    drawn = drawing(
        arrow(1, "a", "b", "HTTP", TAKEN), arrow(2, "a", "c", "HTTP", TAKEN),
        arrow(3, "a", "b", "HTTP", OTHER), arrow(4, "a", "d", "HTTP", OTHER),
    )  # fmt: skip

    results = [result_of(drawn, run(targets)) for targets in ("bc", "bd")]

    assert [result.deviations for result in results] == [(), ()]
    assert [sorted(result.hops) for result in results] == [[0, 1], [2, 3]]


def test_call_that_is_drawn_inside_and_outside_of_an_opt_need_not_happen_twice() -> None:
    drawn = drawing(arrow(1, "a", "b"), arrow(2, "a", "b", "HTTP", OPT), arrow(3, "a", "c", "HTTP", OPT))

    assert [kinds(drawn, targets) for targets in ("b", "bbc")] == [[], []]


def test_reply_self_call_and_call_from_outside_need_no_hop_and_hide_no_order() -> None:
    reply = replace(arrow(3, "b", "a", ""), is_reply=True)
    drawn = drawing(arrow(1, "[", "a"), arrow(2, "a", "b"), reply, arrow(4, "a", "a"), arrow(5, "a", "c"))

    assert [kinds(drawn, targets) for targets in ("bc", "cb", "b")] == [[], ["too early 5"], ["missing 5"]]
    assert result_of(drawn, [*run("bc"), hop("9", "b", "a", "")]).deviations == ()


def test_arrow_in_a_loop_is_not_applied_again_without_ids() -> None:
    repeated = [hop(None, "a", to, at=each.at) for each, to in zip(run("bcc"), "bcc", strict=True)]

    assert result_of(view((), (LOOP,)), repeated).deviations == ()
    assert [each.kind for each in result_of(view((), ()), repeated).deviations] == ["redelivered"]


@pytest.mark.parametrize("times", [1, 20, 41])
def test_arrows_in_doubt_may_be_missing_where_too_many_alternatives_are_open(times: int) -> None:
    held = [(Fragment(number, "opt", 0),) for number in range(1, 41)]
    drawn = drawing(
        *(arrow(number, "a", "b", "HTTP", *each) for number, each in enumerate([*held, ()], 1)), arrow(42, "a", "c")
    )

    assert kinds(drawn, f"{'b' * times}c") == []
    assert kinds(drawn, "b" * times) == ["missing 42"]
