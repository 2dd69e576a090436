"""A system that is not the store, in processes on a real Kafka."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from restaurant import HOPS, PATH, RESTAURANT, MealOrdered

from checkout.framework.message import encode
from checkout.journal import journal
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import Log, ProducerRecord
from checkout.processes.supervisor import Supervisor
from checkout.registry import load_registry
from checkout.settings import WrongSetting, read_settings

TESTS = Path(__file__).parents[1]


@pytest.fixture
def restaurant(
    kafka: str, tmp_path: Path, new_port_base: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Supervisor]:
    """The kitchen and the waiter, each in its process."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")])))
    own = {"home": tmp_path, "bootstrap_servers": kafka, "prefix": "restaurant--", "port_base": new_port_base()}
    supervisor = Supervisor(read_settings({}, registry=PATH, **own), {}, lambda what, share: None)
    supervisor.start()
    yield supervisor
    supervisor.stop()


@pytest.fixture
def guest(kafka: str, restaurant: Supervisor) -> Iterator[Log]:
    """A producer of orders; the topics are deleted afterwards."""
    broker = KafkaBroker(kafka, "restaurant--")
    with closing(broker), closing(broker.join("guest", [], "guest-1", assign=True)) as log:
        yield log
        broker.delete()


@pytest.mark.kafka
@pytest.mark.slow
def test_two_services_of_another_system_run_in_processes(
    restaurant: Supervisor, guest: Log, wait_until: Callable[..., None]
) -> None:
    guest.send([ProducerRecord("guest.meal-ordered", None, encode(MealOrdered("table-7", "soup")))])
    folder = restaurant.settings.home / "journal"

    wait_until(lambda: len(journal.read(folder)) == len(HOPS), "the bell has rung")

    hops = journal.read(folder)
    assert sorted(restaurant.processes) == ["kitchen-1", "waiter-1"]
    assert [(hop.step, hop.sender, hop.to, hop.message, hop.cause) for hop in hops] == HOPS
    assert {hop.order for hop in hops} == {"table-7"}


def test_a_registry_is_loaded_by_its_path() -> None:
    assert load_registry(PATH) is RESTAURANT


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("restaurant:MENU", "has no attribute 'MENU'"), ("no.such:STORE", "No module named"),
        ("restaurant:HOPS", "not a Registry"),
    ],
)
def test_a_path_that_is_no_registry_is_refused_by_name(path: str, problem: str) -> None:
    with pytest.raises(WrongSetting, match=f"CHECKOUT_REGISTRY is '{path}'.*{problem}.*write MODULE:NAME"):
        load_registry(path)
