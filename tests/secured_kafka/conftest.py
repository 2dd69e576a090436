"""Fixtures of the secured Kafka: a store that runs on it, its customer, and clients of any user."""

from collections.abc import Callable, Iterator

import pytest
from secured_kafka.secured_store import login_of, restart
from stories.shopper import Shopper, open_shopper

from checkout.local_kafka import security
from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import Supervisor
from checkout.settings import read_settings

WaitUntil = Callable[..., None]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory, new_port_base: Callable[[], int]) -> Iterator[Supervisor]:
    """A store on a secured Kafka of its own; Payments uses confluent-kafka, the others kafka-python."""
    settings = read_settings({}, home=tmp_path_factory.mktemp("secured"), port_base=new_port_base(), secured=True)
    store = Supervisor(settings, {}, lambda what, share: None)
    store.start()
    try:
        restart(store, "payments-1", kafka_client="confluent")
        yield store
    finally:
        store.stop()


@pytest.fixture
def shopper(store: Supervisor, wait_until: WaitUntil, request: pytest.FixtureRequest) -> Iterator[Shopper]:
    yield from open_shopper(store, wait_until, request)


@pytest.fixture
def connect(store: Supervisor) -> Iterator[Callable[..., KafkaBroker]]:
    """Makes clients of the store's Kafka: `connect(user, **changes)`; all are closed at the end."""
    opened: list[KafkaBroker] = []

    def make(user: str = security.OPERATOR, **changes: str) -> KafkaBroker:
        servers = changes.pop("servers", store.settings.bootstrap_servers)
        fast = {"bootstrap_timeout_ms": 1_000} if "protocol" in changes else {}  # what cannot connect tries so long
        opened.append(KafkaBroker(servers, "", fast, security=login_of(store, user, **changes)))
        return opened[-1]

    yield make
    for broker in opened:
        broker.close()
