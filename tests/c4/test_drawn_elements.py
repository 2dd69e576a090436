"""Drawn elements: the kinds that a run shows of elements without spans, and messages in words."""

import re
from typing import Any

import pytest

from c4.traced_runs import hop
from c4.traces.mapping.written_spans import mapped, process, send, span, view
from checkout.c4.draw import message_words, new_source, observe_arrows, observe_queues
from checkout.c4.source.elements import ElementKind

SPANS = [
    span("shop/1", kind="server", to=90, http__request__method="GET"),
    send("shop/2", "1", at=1), process("mail/3", "2", at=2),
    span("shop/4", "1", "client", 10, 11, db__system__name="postgresql", server__address="db.example"),
    span("shop/5", "1", "client", 20, 21, http__request__method="POST", server__address="api.bank.example"),
    span("shop/6", "1", "client", 30, 31, http__request__method="POST", server__address="rates.prod.svc"),
    span("shop/7", "1", "client", 40, 41, http__request__method="POST", server__address="mail"),
]  # fmt: skip


def boxes(source: str) -> dict[str, str]:
    return {name: macro for macro, name in re.findall(r"^(\w+)\((\w+), \"", source, re.M) if macro != "Rel"}


def drawn(**names: Any) -> dict[str, str]:
    found = mapped(*SPANS, **names)
    return boxes(new_source(observe_arrows([found.hops]), found.names.kinds(names.get("caller", ""))))


def test_elements_of_traces_are_drawn_with_their_kinds() -> None:
    assert drawn(caller="reader") == {
        "reader": "Person", "shop": "Container", "kafka": "ContainerQueue", "mail": "Container",
        "db_example": "ContainerDb", "api_bank_example": "System_Ext", "rates_prod_svc": "Container",
    }  # fmt: skip


def test_a_caller_that_has_spans_is_no_person() -> None:
    assert drawn(caller="mail")["mail"] == "Container"


def test_a_broker_of_a_journal_is_a_queue() -> None:
    hops = [hop("1", "shop", "log", topic="orders"), hop("2", "log", "mail", topic="orders", group="mail", cause="1")]

    assert observe_queues(hops) == {"log": ElementKind.QUEUE}
    assert boxes(new_source(observe_arrows([hops]), observe_queues(hops)))["log"] == "ContainerQueue"


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("NewOrderReceived", "new order received"), ("Order", "order"), ("POST /loans", "POST /loans"), ("GET", "GET"),
        ("travel.Trips/Search", "travel.Trips/Search"), ("loans.Approved", "loans.Approved"),
        ("camelCase", "camelCase"),
    ],
)  # fmt: skip
def test_only_the_names_of_message_types_are_written_in_words(message: str, words: str) -> None:
    assert message_words(message) == words


def test_names_with_a_drawing_keep_their_kinds() -> None:
    found = mapped(*SPANS, drawing=view("shop kafka orders", "shop bank HTTP"), peers={"api.bank.*": "bank"})

    assert found.names.kinds("")["bank"] is ElementKind.OUTSIDE
