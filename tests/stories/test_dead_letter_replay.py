"""Dead letters on real processes: listed, shown with their original bytes, and replayed once."""

import json
import os
import signal
from typing import Any

import pytest
from command_line import checkout
from stories.external_client import ExternalClient

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
PAID, LETTERS = "payment.order-payment-processed", "payment.order-payment-processed.orders.dlt"


def dlt(shopper: Any, *arguments: str) -> Any:
    run = checkout(shopper.store.settings.home, "dlt", *arguments)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout) if "--json" in arguments else run.stdout


def letters_of(shopper: Any, id: str) -> list[dict[str, str]]:
    return [letter for letter in dlt(shopper, "ls", "--json") if letter["key"] == id]


def test_a_payment_that_came_too_early_is_replayed_when_the_order_is_ready_for_it(
    shopper: Any, external_client: ExternalClient
) -> None:
    shopper.set_switches("payment_broker", fail=1_000_000)
    stock = shopper.store.processes["stock-1"].pid.number
    os.kill(stock, signal.SIGSTOP)
    id = shopper.order((1, 1))
    value = f'{{"id": "{id}",  "note": "é"}}'.encode()
    headers = [("kafka_correlationId", b"c-9"), ("trace", b"\x00\xff")]

    partition, offset = external_client.send(PAID, value, id.encode(), headers)
    shopper.wait_until(lambda: letters_of(shopper, id), "the payment is a dead letter", 20)
    os.kill(stock, signal.SIGCONT)
    shopper.wait_until(lambda: shopper.read_order(id)["status"] == "RESERVED", "the products are reserved", 20)
    (letter,) = letters_of(shopper, id)
    shown = dlt(shopper, "show", letter["place"], "--json")
    replayed, again = (dlt(shopper, "replay", letter["place"]) for _ in range(2))
    shopper.wait_until(lambda: shopper.read_order(id)["status"] == "APPROVED", "the order is approved", 20)
    shopper.set_switches("payment_broker")
    shopper.wait_for_end(id)

    assert (letter["group"], letter["record"], letter["replay"]) == ("orders", f"{PAID}[{partition}]@{offset}", "")
    assert "RECEIVED" in letter["error"]
    assert shown["value"] == value.decode()
    assert shown["headers"][:2] == [["kafka_correlationId", "c-9"], ["trace", "\0\ufffd"]]
    record = external_client.records_about(id, PAID)[1]
    assert (record.value, record.key, record.partition) == (value, id.encode(), partition)
    assert record.headers == [*headers, ("dlt_replay_of", letter["place"].encode())]
    assert replayed.strip() == f"{letter['place']}: replayed as {PAID}[{partition}]@{record.offset}"
    assert again.strip() == f"{letter['place']}: replayed already as {PAID}[{partition}]@{record.offset}"
    assert len(shopper.parcels(id)) == len(shopper.mails(id)) == 1


def test_unknown_places_and_missing_choices_are_refused(shopper: Any, tmp_path: Any) -> None:
    home = shopper.store.settings.home
    unknown = checkout(home, "dlt", "replay", f"{LETTERS}[0]@999")
    nothing, both = checkout(home, "dlt", "replay"), checkout(home, "dlt", "replay", "--all", f"{LETTERS}[0]@0")
    elsewhere = checkout(tmp_path, "dlt", "ls")

    assert [run.returncode for run in (unknown, nothing, both, elsewhere)] == [1, 1, 1, 3]
    assert f"there is no dead letter {LETTERS}[0]@999: `checkout dlt ls` lists them" in unknown.stderr
    assert "name the dead letters to replay" in nothing.stderr and "name the dead letters" in both.stderr
    assert "no store is running here" in elsewhere.stderr
