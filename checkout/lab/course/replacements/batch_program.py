"""Batch program: charges and refunds what a CSV file lists, and writes the results to another; it knows no Kafka."""

import argparse
import csv
import os
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx

COLUMNS = ["kind", "order", "customer", "email", "amount", "method"]  # and in the results: status, reason
STATUSES = {"charge": ("charged", "denied"), "refund": ("refunded", "refused")}


def process(requests: Iterable[dict[str, str]], provider: httpx.Client) -> Iterator[dict[str, str]]:
    """Yields each request with its status and reason; one that the payment provider has not answered is left out."""
    for request in requests:
        kind, order = request["kind"], request["order"]
        body = {"order": order, "amount": request["amount"], "currency": "EUR"}
        body |= {"method": request["method"]} if kind == "charge" else {}
        headers = {"Idempotency-Key": str(uuid.uuid5(uuid.UUID(order), kind))}
        try:
            response = provider.post(f"/{kind}s", json=body, headers=headers)
        except httpx.HTTPError:
            continue
        if response.status_code < 500:
            done, refused = STATUSES[kind]
            answer = response.json()
            status = done if response.status_code == 201 else refused
            yield request | {"status": status, "reason": answer.get("reason") or answer.get("message", "")}


def main() -> None:
    """Reads the requests, processes them, and then writes the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requests", type=Path, help="CSV file to read")
    parser.add_argument("results", type=Path, help="CSV file to write")
    parser.add_argument("--payment-provider", required=True, help="URL")
    given = parser.parse_args()
    with given.requests.open(newline="", encoding="utf-8") as file:
        requests = list(csv.DictReader(file))
    with httpx.Client(base_url=given.payment_provider, trust_env=False) as provider:
        results = list(process(requests, provider))
    unfinished = given.results.with_suffix(".part")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "status", "reason"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(results)
    os.replace(unfinished, given.results)


if __name__ == "__main__":
    main()
