"""Shop over HTTP: the gateway and all services with their workers in threads, on one in-memory broker."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from services.service_harness import ServiceServer, new_broker

from checkout.framework import http_server
from checkout.registry import SERVICES
from checkout.services.gateway import Gateway
from checkout.simulators.in_process import SimulatedSystems


class ShopOverHttp:
    """The servers of the services by name, the external systems, and what the gateway has reported."""

    def __init__(self) -> None:
        self.broker, self.simulators = new_broker(), SimulatedSystems()
        self.servers: dict[str, ServiceServer] = {}
        self.reported: list[Any] = []
        self.url = ""


@contextmanager
def shop_over_http(folder: Path) -> Iterator[ShopOverHttp]:
    """Starts a shop; its gateway is at `url`."""
    shop, adapters = ShopOverHttp(), SimulatedSystems.adapters
    with ExitStack() as stack:
        addresses = {}
        for kind in SERVICES:
            service = kind()
            calls = adapters(shop.simulators)
            server = shop.servers[service.name] = ServiceServer(service, folder, 1_000, shop.broker, calls)
            stack.callback(server.close)
            server.start_worker()
            addresses[service.name] = stack.enter_context(http_server.serve_in_thread(server.application))
        gateway = Gateway(addresses, lambda *about: shop.reported.append(about))
        shop.url = stack.enter_context(http_server.serve_in_thread(gateway.application(lambda: True)))
        yield shop
