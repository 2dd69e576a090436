"""Supervisor: it runs the system that the settings name, also one that is not the store."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from restaurant import HOPS, PATH, MealOrdered

from checkout.framework.message import encode
from checkout.journal import journal
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord
from checkout.processes.supervisor import Supervisor, find_shop
from checkout.settings import read_settings

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
TESTS = str(Path(__file__).parents[1])


def test_another_system_runs_in_processes_of_its_own(
    kafka: str, tmp_path: Path, port_base: int, wait_until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (TESTS, os.environ.get("PYTHONPATH")))))
    own = {"home": tmp_path, "bootstrap_servers": kafka, "prefix": "restaurant--", "port_base": port_base}
    supervisor = Supervisor(read_settings({}, registry=PATH, **own), {}, lambda description, share: None)
    supervisor.start()
    broker = KafkaBroker(kafka, "restaurant--")
    guest = broker.join("guest", [], "guest-1", assign=True)

    guest.send([ProducerRecord("guest.meal-ordered", None, encode(MealOrdered("table-7", "soup")))])

    wait_until(lambda: len(journal.read(tmp_path / "journal")) == len(HOPS), "the meal is served")
    hops = [(hop.step, hop.sender, hop.to, hop.message, hop.cause) for hop in journal.read(tmp_path / "journal")]
    processes = [process.replica for process in find_shop(tmp_path).processes]
    guest.close()
    supervisor.stop()
    broker.delete()
    broker.close()
    assert hops == HOPS
    assert processes == ["kitchen-1", "waiter-1"]
