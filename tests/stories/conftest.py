"""What the stories share: one store on real processes, a shopper, and witnesses outside the store."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from stories.external_client import Peer
from stories.shopper import Shopper, shopping

from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.supervisor import FRONT, OUTSIDE, WORKERS, Supervisor
from checkout.settings import read_settings


@pytest.fixture(scope="session")
def new_store(
    kafka: str, tmp_path_factory: pytest.TempPathFactory, new_port_base: Callable[[], int]
) -> Iterator[Callable[..., Supervisor]]:
    """Starts a store on processes: `new_store(parts, scale, **settings)`; all are stopped in the end."""
    started: list[Supervisor] = []

    def start(parts: Any = (*OUTSIDE, *WORKERS, *FRONT), scale: Any = None, **settings: Any) -> Supervisor:
        number = len(started) + 1
        home = tmp_path_factory.mktemp(f"store-{number}")
        own = {"home": home, "bootstrap_servers": kafka, "prefix": f"test-{number}--", "port_base": new_port_base()}
        store = Supervisor(read_settings({}, **(own | settings)), scale or {}, lambda what, share: None)
        started.append(store)
        store.start(parts)
        return store

    yield start
    for store in started:
        store.stop()
        broker = KafkaBroker(store.settings.bootstrap_servers, store.settings.prefix)
        broker.delete()
        broker.close()


@pytest.fixture(scope="session")
def store(new_store: Callable[..., Supervisor]) -> Supervisor:
    """The store that most stories share: one replica of each service, SQLite."""
    return new_store()


@pytest.fixture
def shopper(store: Supervisor, wait_until: Callable[..., None], request: pytest.FixtureRequest) -> Iterator[Shopper]:
    """A customer of the shared store."""
    yield from shopping(store, wait_until, request)


@pytest.fixture
def new_peer(wait_until: Callable[..., None]) -> Iterator[Callable[[Supervisor], Peer]]:
    """Gives somebody else's program on a store's Kafka; all of them are closed in the end."""
    peers: list[Peer] = []

    def connect(store: Supervisor) -> Peer:
        peers.append(Peer(store, wait_until))
        return peers[-1]

    yield connect
    for peer in peers:
        peer.close()


@pytest.fixture
def peer(new_peer: Callable[[Supervisor], Peer], store: Supervisor) -> Peer:
    """Such a program on the shared store's Kafka."""
    return new_peer(store)
