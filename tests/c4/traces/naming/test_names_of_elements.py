"""Names in traces: which element a service, host, database or broker means."""

import pytest
from c4.traces.mapping.written_spans import GET, arrows, mapped, span, view

from checkout.c4.traces.naming.elements import DrawnElements

DRAWING = view("members lending", "payment_service ledger", "orders orders_db SQL", databases="orders_db")


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("members", "members"), ("Members", "members"), ("members-service", "members"), ("members_svc", "members"),
        ("membersservice", "members"), ("members.prod", "members"), ("members.prod.svc.cluster.local:8080", "members"),
        ("http://lending.internal/x", "lending"), ("payment", "payment_service"),
        ("payment-service", "payment_service"),
        ("orders-db.prod.svc:5432", "orders_db"), ("members.shop.example.com", ""), ("service", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_name_means_the_element_that_it_equals_without_its_usual_endings(name: str, alias: str) -> None:
    assert DrawnElements(DRAWING).find(name) == alias


def test_a_name_that_fits_two_elements_means_none() -> None:
    assert DrawnElements(view("pay_svc pay_service")).find("pay") == ""


def test_the_map_comes_before_similar_names() -> None:
    found = mapped(span("members/1"), span("lending/2", "1"), drawing=DRAWING, services={"lending": "ledger"})

    assert arrows(found) == ["members → ledger []"]


def test_namespaces_tell_services_of_one_name_apart() -> None:
    spans = [span("api/1", service__namespace="shop"), span("api/2", "1", service__namespace="bank")]

    assert arrows(mapped(*spans)) == ["shop_api → bank_api []"]
    assert arrows(mapped(*spans, services={"bank.api": "ledger"})) == ["shop_api → ledger []"]


def test_a_database_with_the_name_of_a_service_is_the_database_that_the_service_has() -> None:
    call = span("orders/1", kind="client", db__system="postgresql", db__name="orders")

    assert arrows(mapped(call, drawing=DRAWING)) == ["orders → orders_db [SQL]"]


def test_a_database_without_an_element_is_no_service() -> None:
    drawing = view("members lending HTTP", "lending ledger_db SQL", databases="ledger_db")
    call = span("members/1", kind="client", db__system="mysql", db__name="lending")

    assert arrows(mapped(call, span("lending/2"), drawing=drawing)) == ["members → lending_db [mysql]"]


def test_a_host_may_be_a_service_that_is_not_drawn() -> None:
    spans = [
        span("shop/1", kind="client", **GET),
        span("shop/2", "1", "client", server__address="rates.prod.svc", **GET),
        span("rates/3", "1", "server", **GET),
    ]

    assert arrows(mapped(*spans, drawing=view("shop stock HTTP"))) == ["shop → rates [HTTP, GET]"]


def test_an_outside_system_that_is_not_drawn_has_the_name_that_traces_have() -> None:
    call = span("members/1", kind="client", server__address="risk.example", **GET)

    assert arrows(mapped(call, drawing=DRAWING)) == ["members → risk.example [HTTP, GET]"]
    assert arrows(mapped(call)) == ["members → risk_example [HTTP]"]


def test_the_nearest_element_is_suggested() -> None:
    elements = DrawnElements(DRAWING)

    assert (elements.nearest("member-api"), elements.nearest("zzz")) == ("members", "")
