"""Payment broker over HTTP: the server of the simulated payment provider."""

import asyncio

from litestar import Litestar, Response, post

from checkout.framework.http_app import json_response, read_json
from checkout.framework.http_errors import AnyRequest
from checkout.simulators import http_api
from checkout.simulators.payment_broker import Charge, PaymentBroker, Refund


def app(broker: PaymentBroker) -> Litestar:
    """The payment provider over HTTP: `/charges`, `/refunds`, `/switches`, `/health-check`."""

    @post("/charges")
    async def charge(request: AnyRequest) -> Response[bytes]:
        key, body = http_api.idempotency_key(request), await read_json(request, Charge)
        try:
            outcome = broker.charge(key, body)
        finally:
            # Only the response is late: a client that gives up must assume that the card was charged.
            await asyncio.sleep(broker.switches.delay)
        return json_response(outcome, 201 if outcome.status == "charged" else 402)

    @post("/refunds")
    async def refund(request: AnyRequest) -> Response[bytes]:
        key, body = http_api.idempotency_key(request), await read_json(request, Refund)
        outcome = broker.refund(key, body)
        return json_response(outcome, 201 if outcome.status == "refunded" else 409)

    charges = http_api.ledger_routes("/charges", broker.ledger)
    refunds = http_api.ledger_routes("/refunds", broker.refunds)
    return http_api.application("Payment broker", broker, charge, refund, *charges, *refunds)


def main(port: int) -> None:
    """Serves the payment provider on this port until SIGTERM or Ctrl-C."""
    http_api.serve(app(PaymentBroker()), port, "the payment broker")
