"""Plan: every window is tried, one of each service in a round, and not always in the first batch."""

import pytest

from checkout.crash_windows.plan import covering, find_windows, rounds
from checkout.crash_windows.windows import SERVICES, WINDOWS
from checkout.settings import CRASH_WINDOWS


def test_there_are_eight_windows_of_each_service_and_sixteen_of_intake_calls_and_timers() -> None:
    names = [window.name for window in WINDOWS.values()]

    assert len(WINDOWS) == 56
    assert all(names.count(f"W{number}") == len(SERVICES) for number in range(8))
    assert {*names} == {*CRASH_WINDOWS}


def test_the_covering_plan_has_each_window_once_and_both_numbers_of_replicas() -> None:
    planned = covering()

    assert sorted(window.id for windows in planned.values() for window in windows) == sorted(WINDOWS)
    assert [len(windows) for windows in planned.values()] == [28, 28]


@pytest.mark.parametrize("replicas", [1, 2])
def test_the_rounds_of_all_windows_have_each_once(replicas: int) -> None:
    planned = rounds(WINDOWS.values(), replicas)

    crashes = [crash for each in planned for crash in each]
    assert sorted(crash.window.id for crash in crashes) == sorted(WINDOWS)
    assert len(planned) == 16
    assert all(len({crash.window.service for crash in each}) == len(each) for each in planned)
    assert {crash.time for crash in crashes} == {1, 2, 3}


def test_with_two_replicas_both_crash_but_orders_come_to_the_first_only() -> None:
    crashes = [crash for each in rounds(WINDOWS.values(), 2) for crash in each]

    assert {crash.replica for crash in crashes} == {f"{service}-{n}" for service in SERVICES for n in (1, 2)}
    assert {crash.replica for crash in crashes if crash.window.name.startswith("G")} == {"orders-1"}


def test_windows_with_the_same_needs_are_in_neighbouring_rounds() -> None:
    planned = rounds(WINDOWS.values(), 1)

    refunds = [number for number, each in enumerate(planned) if any("refund" in crash.window.id for crash in each)]
    assert refunds == [0, 1, 2, 3]


def test_a_window_is_found_by_its_id_or_by_its_name() -> None:
    assert [window.id for window in find_windows(["stock-W3", "W3", "S1"])] == [
        "stock-W3", "orders-W3", "payments-W3", "shipments-W3", "notifications-W3", "notifications-S1",
    ]  # fmt: skip


def test_the_error_about_an_unknown_window_says_how_to_list_them() -> None:
    with pytest.raises(ValueError, match="there is no window 'W9': --list prints all"):
        find_windows(["W9"])
