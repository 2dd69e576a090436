"""Log setting: a lab runs where CHECKOUT_LOG says, and its outputs do not say where."""

from collections.abc import Callable

import pytest

from checkout.lab import Lab, LabError

OpenLab = Callable[..., Lab]


@pytest.fixture
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECKOUT_LOG", "memory")


def test_a_lab_without_a_log_runs_where_the_setting_says(
    in_memory: None, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = Lab()
    lab.place_order("wooden spoon")
    lab.run()

    assert (len(lab.moments), capsys.readouterr().out) == (17, "")
    with pytest.raises(LabError, match="a lab in memory has no Kafka"):
        _ = lab.bootstrap_servers
    lab.close()


def test_a_wrong_setting_is_an_error_that_names_both_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHECKOUT_LOG", "paper")

    with pytest.raises(LabError, match="CHECKOUT_LOG is 'paper': write kafka or memory"):
        Lab()


def test_three_brokers_are_refused_in_memory(in_memory: None) -> None:
    with pytest.raises(LabError, match=r'Lab\(log="kafka", brokers=3\) has three'):
        Lab(brokers=3)


@pytest.mark.kafka
def test_servers_that_a_lab_is_given_count_more_than_the_setting(in_memory: None, kafka_lab: OpenLab) -> None:
    lab = kafka_lab()

    assert lab.bootstrap_servers


def test_a_lab_describes_itself_alike_on_both_logs(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.place_order("wooden spoon")

    assert repr(lab) == "a lab: 1 orders placed, 0 hops"
