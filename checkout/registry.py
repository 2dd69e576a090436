"""Registry: the services and messages of a system, which service handles which message, the arrows of each story."""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from checkout.framework.message import Message, MessageTypes
from checkout.framework.service import Service
from checkout.messages import MESSAGE_TYPES, STORIES
from checkout.services.notifications import Notifications
from checkout.services.orders import Orders
from checkout.services.payments import Payments
from checkout.services.shipments import Shipments
from checkout.services.stock import Stock
from checkout.settings import Settings, WrongSetting
from checkout.worker.calls.external_calls import Adapter

SERVICES: tuple[type[Service], ...] = (Orders, Stock, Payments, Shipments, Notifications)


class Simulators(Protocol):
    """External systems that run inside this process."""

    def adapters(self) -> Mapping[str, Adapter]:
        """The adapter of each external call, by message name."""


class NoSimulators:
    """For a system that calls nothing outside."""

    def adapters(self) -> Mapping[str, Adapter]:
        """No adapters."""
        return {}


def _no_adapters(service: str, settings: Settings) -> Mapping[str, Adapter]:
    return {}


@dataclass(frozen=True)
class Registry:
    """The services and messages of one system.

    `adapters(service, settings)` makes the adapters of a service's external calls, by message name; `simulators()`
    makes external systems that run in process, for the lab and for measurements. `external_systems` and `front` name
    further processes of the system, started before and after the services.
    """

    services: Sequence[type[Service]]
    message_types: MessageTypes
    adapters: Callable[[str, Settings], Mapping[str, Adapter]] = _no_adapters
    simulators: Callable[[], Simulators] = NoSimulators
    external_systems: tuple[str, ...] = ()
    front: tuple[str, ...] = ()
    by_name: dict[str, type[Service]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({service.name: service for service in self.services})

    @property
    def topics(self) -> list[str]:
        """Every topic of the system."""
        return list(self.message_types.by_topic)

    def listeners(self, message: type[Message]) -> list[str]:
        """The names of the services that handle a message."""
        return [service.name for service in self.services if message in service.handlers]


def load_registry(path: str) -> Registry:
    """The registry at `MODULE:NAME`. Raises WrongSetting when there is none."""
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise WrongSetting(f"CHECKOUT_REGISTRY is {path!r}: {error}: write MODULE:NAME of a Registry") from error
    if not isinstance(found, Registry):
        raise WrongSetting(f"CHECKOUT_REGISTRY is {path!r}, which is not a Registry: write MODULE:NAME of one")
    return found


def _store_adapters(service: str, settings: Settings) -> Mapping[str, Adapter]:
    from checkout.worker.calls import adapters  # a process imports only what its service calls

    return adapters.of_service(service, settings)


def _store_simulators() -> Simulators:
    from checkout.simulators.in_process import SimulatedSystems

    return SimulatedSystems()


STORE = Registry(
    SERVICES, MESSAGE_TYPES, _store_adapters, _store_simulators,
    external_systems=("payment_broker", "shipment_company", "mailbox"), front=("gateway", "web"),
)  # fmt: skip
listeners = STORE.listeners


class StoryArrow(NamedTuple):
    """One arrow of a story, as messages and handlers imply it."""

    step: int
    sender: str
    to: str
    message: str
    technology: str


def arrows(story: str) -> list[StoryArrow]:
    """The arrows of a story of the store, in step order."""
    found = {arrow: None for message in STORIES[story] for arrow in _arrows(message, story)}
    return sorted(found, key=lambda arrow: arrow.step)


def _arrows(message: type[Message], story: str) -> Iterator[StoryArrow]:
    name, technology = message.__name__, message.technology
    causes = {None, *(other.__name__ for other in STORIES[story])}
    for cause in [cause for cause in message.steps if cause in causes]:
        if (sent := message.step(cause, False, story)) is not None:
            yield StoryArrow(sent, message.sender, message.receiver, name, technology)
        if (delivered := message.step(cause, True, story)) is not None:
            for listener in listeners(message):
                yield StoryArrow(delivered, message.receiver, listener, name, technology)


def code_arrows() -> list[dict[str, Any]]:
    """The arrows of every story as data, for comparing the diagrams with the code."""
    keys = ("step", "from", "to", "message", "technology", "view")
    return [dict(zip(keys, (*arrow, story), strict=True)) for story in STORIES for arrow in arrows(story)]
