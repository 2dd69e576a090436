"""Comparisons: two runs aligned hop by hop, and their first difference in words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lab.comparison.runs import crashed_after

from checkout.lab import Lab, LabError, compare
from checkout.lab.comparison.comparison import RunComparison

OpenLab = Callable[..., Lab]
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
def run(memory_lab: OpenLab) -> Callable[..., Lab]:
    """Runs an order to its end, in a lab of its own."""

    def run(quantity: int = 2, customer: str = "Ada", lab: Lab | None = None, **options: Any) -> Lab:
        lab = lab or memory_lab(**options)
        lab.place_order("wooden spoon", quantity=quantity, customer=customer)
        lab.run()
        return lab

    return run


def test_equal_runs_say_so_with_their_counts(run: Callable[..., Lab]) -> None:
    found = compare(run(), run())

    assert repr(found) == "No difference: the first run and the second run have 17 equal hops."
    assert found.first_difference is None


def test_a_changed_quantity_is_found_where_it_appears_first(run: Callable[..., Lab]) -> None:
    found = RunComparison(run(quantity=2), run(quantity=3)).first_difference

    assert found is not None
    assert (found.kind, found.field, found.values) == ("field", "products[0].quantity", (2, 3))
    assert str(found).startswith("Hop 1 differs: products[0].quantity is 2 in the first run and 3 in the second run (")


def test_another_amount_is_found_in_the_middle_of_a_run(run: Callable[..., Lab], tmp_path: Path) -> None:
    lines = _lines(run(), tmp_path / "a.jsonl")
    charge = next(at for at, line in enumerate(lines) if '"message":"ChargeCard"' in line)
    lines[charge] = lines[charge].replace('"amount":10.00', '"amount":12.50')
    (tmp_path / "b.jsonl").write_text("\n".join(lines) + "\n")

    found = compare(tmp_path / "a.jsonl", str(tmp_path / "b.jsonl")).first_difference

    assert found is not None
    assert found.first is not None and (found.kind, found.first.number) == ("field", charge + 1)
    assert found.sentence.startswith("Hop 9 differs: amount is 10.00 in the first run and 12.50 in the second run")


def test_a_missing_hop_is_named(run: Callable[..., Lab], memory_lab: OpenLab) -> None:
    denied = memory_lab()
    denied.deny_next_payment("the card is stolen")

    found = RunComparison(run(), run(lab=denied)).first_difference

    assert repr(found).replace("\n    ", " ") == (
        "Hop 1 of the second run is missing in the first run: "
        "The lab: the payment broker will deny the next payment: the card is stolen."
    )


def test_publish_before_commit_and_after_it_are_another_order_of_hops(lab: Lab, run: Callable[..., Lab]) -> None:
    run(lab=lab)

    found = RunComparison(crashed_after(lab, "publish"), crashed_after(lab, "commit"), ("one", "the other"))

    difference = found.first_difference
    assert difference is not None and difference.first is not None and difference.second is not None
    assert (difference.kind, difference.first.number, difference.second.number) == ("order", 5, 7)
    assert "is hop 5 of one and hop 7 of the other." in difference.sentence


def test_two_orders_that_swap_their_places_are_another_order_of_hops(memory_lab: OpenLab) -> None:
    labs = memory_lab(), memory_lab()
    for number in range(4):
        labs[number % 2].place_order("wooden spoon" if number < 2 else "enamel mug")
        if number == 0:
            labs[0].run()
    for each in labs:
        each.run()

    comparison = RunComparison(*labs)

    assert [row for row in comparison.alignment.rows if None not in row][:1] == [(0, 0)]
    assert str(comparison.first_difference).startswith("The order of the hops differs:")


def test_another_message_at_the_same_place_is_one_difference(run: Callable[..., Lab], tmp_path: Path) -> None:
    run().journal.save(tmp_path / "a.jsonl")
    text = (tmp_path / "a.jsonl").read_text()
    (tmp_path / "b.jsonl").write_text(text.replace('"message":"SendEmail"', '"message":"SendLetter"'))

    found = compare(tmp_path / "a.jsonl", tmp_path / "b.jsonl").first_difference

    assert found is not None
    assert (found.kind, found.row) == ("message", 16)
    assert "SendEmail of order-1 to the customer in the first run, " in found.sentence


def test_another_outcome_is_found(run: Callable[..., Lab]) -> None:
    labs = run(), run(inbox=False)
    for each in labs:
        each.rewind("payments", "order.process-order-payment")
        each.run()

    found = RunComparison(*labs).first_difference

    assert found is not None
    assert (found.field, found.values, found.first and found.first.number) == ("outcome", ("duplicate", "applied"), 18)


def test_an_end_says_how_many_hops_follow(lab: Lab, run: Callable[..., Lab]) -> None:
    run(lab=lab)

    found = RunComparison(lab, lab.fork(16), ("the lab", "the fork")).first_difference

    assert repr(found).replace("\n    ", " ") == (
        "Both are equal to the end of the fork, 16 hops; the lab goes on for 1 more: "
        "Step 14: Notifications sends SendEmail of order-1 to the customer."
    )


def test_a_lab_that_goes_on_is_compared_anew(lab: Lab, run: Callable[..., Lab]) -> None:
    run(lab=lab)
    fork = lab.fork(9)
    comparison = RunComparison(lab, fork)
    assert comparison.first_difference is not None

    fork.run()

    assert comparison.first_difference is None
    lab.reset()
    assert comparison.first_difference is not None


def test_times_and_ids_of_orders_are_no_difference(run: Callable[..., Lab], tmp_path: Path) -> None:
    lab = run(clock="real")
    id = next(hop.order for hop in lab.journal if hop.order)
    text = "\n".join(_lines(lab, tmp_path / "run.jsonl")) + "\n"
    (tmp_path / "other.jsonl").write_text(text.replace(id, "11111111-1111-4111-8111-111111111111"))

    assert compare(run(), tmp_path / "other.jsonl").first_difference is None


def _lines(lab: Lab, path: Path) -> list[str]:
    lab.journal.save(path)
    return path.read_text().splitlines()


def test_the_text_shows_the_rows_around_the_first_difference(lab: Lab, run: Callable[..., Lab]) -> None:
    run(lab=lab)

    text = repr(compare(crashed_after(lab, "publish"), crashed_after(lab, "commit")))

    assert text.splitlines()[2:] == [
        "   first  second  step",
        "   3      3       3     orders → kafka  OrderReceived     order-1",
        "   4      4       4     kafka → stock   OrderReceived     order-1",
        "-  5              5     stock → kafka   ProductsReserved  order-1",
        "   6      5             lab                                        stock-1 crashed",
        "-  7              4     kafka → stock   OrderReceived     order-1  crashed",
        "   8      6             lab                                        stock-1 starts again",
        "-  9              5     stock → kafka   ProductsReserved  order-1",
    ]


def test_the_html_shows_markup_as_text_and_is_the_same_in_every_run(run: Callable[..., Lab]) -> None:
    pages = [compare(run(), run(customer=MARKUP))._repr_mimebundle_()[0]["text/html"] for _ in range(2)]

    assert pages[0] == pages[1]
    assert "<mark>customerName: &lt;img src=x onerror=alert(1)&gt;</mark>" in pages[0] and MARKUP not in pages[0]


def test_a_path_without_a_journal_is_an_error(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"there is no file .*nothing.jsonl: lab.journal.save"):
        compare(lab, tmp_path / "nothing.jsonl")


@pytest.mark.parametrize("names", [(), ("x",), ("x", "y", "z"), "xy", None, ("", ""), ("a", "a")])
def test_a_comparison_needs_two_names(lab: Lab, names: Any) -> None:
    with pytest.raises(LabError, match="a comparison needs two different names, not "):
        compare(lab, lab, names=names)


@pytest.mark.parametrize("other", [None, 3, "walk"])
def test_what_is_no_run_cannot_be_compared(lab: Lab, other: Any) -> None:
    given: Any = lab.walk() if other == "walk" else other

    with pytest.raises(LabError, match="a comparison needs labs, replays or paths of journals, not "):
        compare(lab, given)
