"""Forks: a second lab in the state after any hop, which goes on as the original does or another way."""

from collections.abc import Callable

import pytest
from lab.comparison.runs import STORIES, OpenLab, scaled, shipped

from checkout.lab import Lab, Loyalty


@pytest.mark.parametrize("story", STORIES)
def test_a_fork_at_any_hop_goes_on_to_the_end_of_the_original(story: Callable[[Lab], None], lab: Lab) -> None:
    story(lab)
    hops = list(lab.journal)
    lasts = [moment.number for moment in lab.moments if moment.hop.sender != "lab"]

    ends = {}
    for number in lasts:
        fork = lab.fork(number)
        at = len(fork.moments)
        fork.run()
        ends[number] = (at, list(fork.journal) == hops)

    assert len(lasts) >= 4
    assert ends == {number: (number, True) for number in lasts}


def test_everything_that_is_done_to_a_lab_is_repeated(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=3)
    scaled(lab)

    fork = lab.fork()

    assert list(fork.journal) == list(lab.journal)
    for tables in ("orders", "stock", "mailbox", "parcels", "ledger", "groups", "messages"):
        assert getattr(fork, tables).to_string() == getattr(lab, tables).to_string(), tables
    assert [action[:2] for action in fork.actions] == [action[:2] for action in lab.actions]


def test_before_publish_and_commit_a_fork_can_take_the_other_order(lab: Lab) -> None:
    lab.place_order("wooden spoon", quantity=2)
    lab.break_at("stock", "publish")
    lab.run()
    forks = {"publish": lab.fork(4), "commit": lab.fork(4)}

    for verb, fork in forks.items():
        fork.step(verb=verb)
        fork.crash("stock")
        fork.restart("stock")
        fork.run()

    outcomes = {verb: [hop.outcome.value for hop in fork.journal] for verb, fork in forks.items()}
    assert "duplicate" in outcomes["publish"] and "duplicate" not in outcomes["commit"]
    assert [len(lab.moments), lab.status().work_in_progress.done] == [4, ["poll", "handle"]]


def test_hop_0_is_before_the_first_hop_with_the_orders_that_wait(lab: Lab) -> None:
    shipped(lab)

    fork = lab.fork(0)

    assert (len(fork.moments), fork.status().next) == (
        0, "Next: the web app sends order-1 to the gateway (step 1).",
    )  # fmt: skip


def test_a_fork_can_be_forked(lab: Lab) -> None:
    shipped(lab)
    fork = lab.fork(9)
    fork.run()

    again = fork.fork(12)

    assert list(again.journal) == list(lab.journal)[:12]


def test_a_fork_at_an_action_is_within_a_hop(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    handled = next(at for at, each in enumerate(lab.actions) if each.arguments == ("stock-1", "handle"))

    fork = lab.fork_at_action(handled)

    work = fork.status().work_in_progress
    assert (work.replica, work.done, work.allowed) == ("stock-1", ["poll"], ["handle"])


def test_a_fork_has_the_options_of_its_lab(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=3, inbox=False, clock="real")
    shipped(lab)

    fork = lab.fork()

    assert fork.offsets("order.new-order-received").shape[0] == 3
    assert len(fork.moments) == len(lab.moments)


def test_a_real_clock_is_as_late_in_the_fork(memory_lab: OpenLab) -> None:
    lab = memory_lab(clock="real")
    shipped(lab)
    lab.wait(hours=2)

    assert lab.fork().actions.elapsed() >= 7_200


def test_arguments_are_kept_as_they_were(lab: Lab) -> None:
    products = {"wooden spoon": 1}
    lab.place_order(products)
    products["enamel mug"] = 2

    fork = lab.fork()
    fork.run()

    assert fork.orders["products"].tolist() == ["1 x Wooden spoon"]


def test_an_instance_starts_a_fork_as_it_was_when_it_was_given(lab: Lab) -> None:
    loyalty = Loyalty()
    lab.listen(Loyalty)
    lab.replace("loyalty", loyalty)
    shipped(lab)

    assert lab.fork().table("loyalty").to_string() == lab.table("loyalty").to_string()


def test_a_reset_begins_the_actions_anew(lab: Lab) -> None:
    shipped(lab)
    lab.reset()
    lab.place_order("enamel mug")

    assert [action.name for action in lab.actions] == ["place_order"]
    assert lab.fork().status().next == lab.status().next


def test_what_a_fork_does_not_change_stays(lab: Lab) -> None:
    shipped(lab)
    fork = lab.fork(5)

    fork.sell_out("wooden spoon")
    fork.run()

    assert (len(lab.moments), len(lab.stock), lab.stock.iloc[0]["on_hand"]) == (17, len(fork.stock), 98)
