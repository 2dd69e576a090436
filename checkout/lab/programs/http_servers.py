"""HTTP servers: the external systems of a lab, served on free ports of this machine for programs outside of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from checkout.simulators import http_api, mailbox_http, payment_broker_http, shipment_company_http

APPLICATIONS: dict[str, Callable[[Any], Any]] = {
    "payment_broker": payment_broker_http.app, "shipment_company": shipment_company_http.app,
    "mailbox": mailbox_http.app,
}  # fmt: skip


def serve(name: str, system: Any) -> AbstractContextManager[str]:
    """Serves the external system of this name in a thread; entered, returns the URL."""
    return http_api.serve_in_thread(APPLICATIONS[name](system), name=name)
