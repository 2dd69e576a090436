"""Shipment company over HTTP: the server of the simulated carrier."""

import asyncio
from typing import Any

from litestar import Litestar, Response, post

from checkout.framework.http_app import json_response, read_json
from checkout.framework.http_errors import AnyRequest, error_response
from checkout.simulators import http_api
from checkout.simulators.shipment_company import Parcel, ParcelRejected, ShipmentCompany


def app(company: ShipmentCompany) -> Litestar:
    """The company over HTTP: `/parcels`, `/switches`, `/health-check`."""

    @post("/parcels")
    async def book(request: AnyRequest) -> Response[Any]:
        key, body = http_api.idempotency_key(request), await read_json(request, Parcel)
        try:
            booking = company.book(key, body)
        except ParcelRejected as refusal:
            return error_response(422, str(refusal))
        finally:
            await asyncio.sleep(company.switches.delay)
        return json_response(booking, 201)

    return http_api.application("Shipment company", company, book, *http_api.ledger_routes("/parcels", company.ledger))


def main(port: int) -> None:
    """Serves the shipment company on this port until SIGTERM or Ctrl-C."""
    http_api.serve(app(ShipmentCompany()), port, "the shipment company")
