"""Another system: the worker runs services and messages that are not those of the store."""

from pathlib import Path

from restaurant import HOPS, RESTAURANT, Bell, Kitchen, MealOrdered, Waiter
from sqlalchemy import select

from checkout.framework.message import encode
from checkout.journal import journal
from checkout.journal.journal import Journal
from checkout.messaging.log import ProducerRecord
from checkout.messaging.memory_log import MemoryBroker
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.database import ServiceDatabase
from checkout.worker.worker import Worker


def test_two_services_of_another_system_run_on_the_same_worker(tmp_path: Path) -> None:
    broker, databases = MemoryBroker(), dict[str, ServiceDatabase]()
    broker.create(dict.fromkeys(RESTAURANT.topics, 1))
    workers = []
    for service in (Kitchen(), Waiter()):
        databases[service.name] = ServiceDatabase("sqlite://", service)
        log = broker.join(service.name, list(service.topics()), f"{service.name}-1")
        calls = ExternalCalls(Bell().adapters(), 0)
        path = tmp_path / f"{service.name}-1.jsonl"
        parts = (service, RESTAURANT.message_types, log, databases[service.name], Journal(path), calls)
        workers.append(Worker(*parts))
    workers[0].log.send([ProducerRecord("guest.meal-ordered", None, encode(MealOrdered("table-7", "soup")))])

    for _ in range(3):
        for worker in workers:
            for verb in (worker.poll, worker.handle, worker.publish, worker.commit):
                verb()

    hops = journal.read(tmp_path)
    with databases["waiter"].read() as db:
        meals = [tuple(row) for row in db.execute(select(Waiter.MEALS))]
    for worker in workers:
        worker.close()
    assert [(hop.step, hop.sender, hop.to, hop.message, hop.cause) for hop in hops] == HOPS
    assert meals == [("table-7", "soup", "HEARD")]
