"""Fixtures of the stories: a store on real processes, a shopper, and external Kafka clients."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from stories.external_client import ExternalClient
from stories.shopper import Shopper, open_shopper

from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import Supervisor
from checkout.settings import read_settings


@pytest.fixture(scope="session")
def new_store(
    kafka: str, tmp_path_factory: pytest.TempPathFactory, new_port_base: Callable[[], int]
) -> Iterator[Callable[..., Supervisor]]:
    """Starts a store on processes: `new_store(containers, scale, **settings)`; all are stopped at the end."""
    started: list[Supervisor] = []

    def start(containers: Any = (), scale: Any = None, **settings: Any) -> Supervisor:
        number = len(started) + 1
        home = tmp_path_factory.mktemp(f"store-{number}")
        own = {"home": home, "bootstrap_servers": kafka, "prefix": f"test-{number}--", "port_base": new_port_base()}
        store = Supervisor(read_settings({}, **(own | settings)), scale or {}, lambda what, share: None)
        started.append(store)
        store.start(containers)
        return store

    yield start
    for store in started:
        store.stop()
        broker = KafkaBroker(store.settings.bootstrap_servers, store.settings.prefix)
        broker.delete()
        broker.close()


@pytest.fixture(scope="session")
def store(new_store: Callable[..., Supervisor]) -> Supervisor:
    """The store that most stories share: one replica of each service, on SQLite."""
    return new_store()


@pytest.fixture
def shopper(store: Supervisor, wait_until: Callable[..., None], request: pytest.FixtureRequest) -> Iterator[Shopper]:
    """A customer of the shared store."""
    yield from open_shopper(store, wait_until, request)


@pytest.fixture
def new_external_client(wait_until: Callable[..., None]) -> Iterator[Callable[[Supervisor], ExternalClient]]:
    """Makes external clients on the Kafka of a store; all are closed at the end."""
    clients: list[ExternalClient] = []

    def connect(store: Supervisor) -> ExternalClient:
        clients.append(ExternalClient(store, wait_until))
        return clients[-1]

    yield connect
    for external_client in clients:
        external_client.close()


@pytest.fixture
def external_client(new_external_client: Callable[[Supervisor], ExternalClient], store: Supervisor) -> ExternalClient:
    """An external client on the Kafka of the shared store."""
    return new_external_client(store)
