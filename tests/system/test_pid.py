"""Process id: a process and a later one with the same number."""

from checkout.system.pid import Pid


def test_a_later_process_with_the_same_number_is_another_process() -> None:
    own = Pid.own()

    earlier = Pid(own.number, own.started - 60)

    assert own.is_alive() and not earlier.is_alive()
    earlier.stop(1)  # or this test process is stopped
