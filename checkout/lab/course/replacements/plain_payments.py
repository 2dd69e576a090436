"""Plain Payments: Payments as a program with kafka-python and an HTTP client; it imports nothing of this project."""

import argparse
import json
import signal
import sys
import time
import uuid
from contextlib import closing
from typing import Any

import httpx
from kafka import KafkaConsumer, KafkaProducer

CHARGE, REFUND = "order.process-order-payment", "order.refund-order-payment"


def answer(provider: httpx.Client, topic: str, request: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Charges or refunds a card, and returns the topic of the answer with the answer."""
    order, payment = request["id"], request["payment"]
    customer = {name: request.get(name) for name in ("customerName", "customerEmail")}
    if topic == REFUND:
        is_done, reason = call(provider, "refund", order, payment["total"])
        if is_done:
            return "payment.order-payment-refunded", {"id": order, "total": payment["total"], **customer}
        return "payment.order-payment-needs-operator", {"id": order, "message": reason}
    is_done, reason = call(provider, "charge", order, payment["total"], method=payment["paymentMethod"])
    if is_done:
        return "payment.order-payment-processed", {"id": order}
    return "payment.order-payment-failed", {"id": order, "message": reason, **customer}


def call(provider: httpx.Client, purpose: str, order: str, total: Any, **fields: str) -> tuple[bool, str]:
    """Calls the payment provider until it answers, always with the same key, so that it acts once.

    Returns whether it has done what it was asked for, and the reason if not.
    """
    amount = round(total, 2) if isinstance(total, float) else total
    body = {"order": order, "amount": amount, "currency": "EUR", **fields}
    key = str(uuid.uuid5(uuid.UUID(order), purpose))
    while True:
        try:
            response = provider.post(f"/{purpose}s", json=body, headers={"Idempotency-Key": key})
            if response.status_code < 500:
                answered = response.json()
                return response.status_code == 201, str(answered.get("reason") or answered.get("message"))
        except httpx.HTTPError as error:
            print(f"no answer from the payment provider: {error!r}", file=sys.stderr)
        time.sleep(1)


def main() -> None:
    """Answers each request, and commits its offset after the answer is acknowledged."""
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--bootstrap-servers", "--prefix", "--group", "--payment-provider"):
        parser.add_argument(option, required=True)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    consumer = KafkaConsumer(
        given.prefix + CHARGE, given.prefix + REFUND, bootstrap_servers=given.bootstrap_servers, group_id=given.group,
        enable_auto_commit=False, auto_offset_reset="earliest",
    )  # fmt: skip
    producer = KafkaProducer(bootstrap_servers=given.bootstrap_servers, acks="all")
    provider = httpx.Client(base_url=given.payment_provider, trust_env=False)
    with closing(consumer), closing(producer), provider:
        for record in consumer:
            topic, value = answer(provider, record.topic.removeprefix(given.prefix), json.loads(record.value))
            headers = [header for header in record.headers if header[0] == "kafka_correlationId"]
            data = json.dumps(value).encode()
            producer.send(given.prefix + topic, data, record.key, headers, record.partition).get(timeout=30)
            consumer.commit()


if __name__ == "__main__":
    main()
