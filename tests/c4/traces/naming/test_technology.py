"""Technology: which drawn text an observed call or message means."""

import pytest
from c4.traces.mapping.written_spans import mapped, send, span, view

from checkout.c4.traces.naming.fitting import Match, rank
from checkout.c4.traces.naming.seeing import Seen, see_call, see_message

POST = see_call(
    span("a/1", http__request__method="POST", http__route="/orders/{order_id}/items", url__path="/v1/orders/7/items")
)
RPC = see_call(span("a/1", rpc__system="grpc", rpc__service="shop.Stock", rpc__method="Reserve"))
SQL = see_call(span("a/1", db__system__name="postgresql", db__operation__name="select"))
EVENT, UNKNOWN = see_message("kafka", "order.placed"), see_call(span("a/1"))


@pytest.mark.parametrize(
    ("seen", "drawn", "expected"),
    [
        (POST, "HTTP", Match.PROTOCOL), (POST, "JSON/HTTPS", Match.PROTOCOL), (POST, "REST", Match.PROTOCOL),
        (POST, "HTTP, POST", Match.ROUTE), (POST, "HTTP, GET", Match.NONE), (POST, "gRPC", Match.NONE),
        (POST, "HTTP, POST /orders/{id}/items", Match.ROUTE), (POST, "HTTP, POST /orders/:id/items", Match.ROUTE),
        (POST, "HTTP, POST /v1/orders/{id}/items", Match.ROUTE), (POST, "HTTP, POST /orders/{id}", Match.NONE),
        (POST, "HTTP, POST /orders/7/items", Match.NONE), (POST, "", Match.OPEN),
        (POST, "POST /orders/{id}/items", Match.ROUTE), (POST, "HTTP, POST /orders/{order_id}/items", Match.TEXT),
        (RPC, "gRPC", Match.PROTOCOL), (RPC, "gRPC, Reserve", Match.ROUTE), (RPC, "gRPC, Stock/Reserve", Match.ROUTE),
        (RPC, "gRPC, Stock/Release", Match.NONE), (RPC, "HTTP", Match.NONE),
        (SQL, "SQL", Match.PROTOCOL), (SQL, "PostgreSQL", Match.PROTOCOL), (SQL, "SQLite or Postgres", Match.PROTOCOL),
        (SQL, "JDBC", Match.PROTOCOL), (SQL, "Redis", Match.NONE),
        (EVENT, "order.placed", Match.TEXT), (EVENT, "order.placed, order.cancelled", Match.TOPIC),
        (EVENT, "Kafka: order.placed", Match.TOPIC), (EVENT, "Kafka", Match.PROTOCOL), (EVENT, "order.*", Match.TOPIC),
        (EVENT, "Kafka, order.cancelled", Match.NONE), (EVENT, "order.cancelled", Match.NONE),
        (EVENT, "order.{name}", Match.TOPIC), (EVENT, "*", Match.NONE), (EVENT, "HTTP", Match.NONE),
        (UNKNOWN, "HTTP, POST /orders", Match.OPEN),
    ],
)  # fmt: skip
def test_how_an_observed_technology_fits_a_drawn_one(seen: Seen, drawn: str, expected: Match) -> None:
    assert rank(drawn, seen)[0] is expected


def call(path: str) -> str:
    drawing = view("a b HTTP, POST /orders/{id}", "a b HTTP, POST /orders/new", "a b HTTP", "a b")
    spans = [span("a/1", kind="client", http__method="POST", http__target=path), span("b/2", "1", "server")]
    return mapped(*spans, drawing=drawing).hops[0].technology


def test_the_most_specific_of_several_arrows_is_meant() -> None:
    assert call("/orders/7?x=1") == "HTTP, POST /orders/{id}"
    assert call("/orders/new") == "HTTP, POST /orders/new"
    assert call("/else") == "HTTP"


def test_a_technology_that_no_arrow_has_is_written_with_its_template_and_no_concrete_path() -> None:
    drawing = view("a b gRPC")
    spans = [span("a/1", kind="client", http__method="GET", http__target="/users/ann@example.org")]

    found = mapped(*spans, span("b/2", "1", "server"), drawing=drawing)
    routed = mapped(*spans, span("b/2", "1", "server", http__route="/users/{id}"), drawing=drawing)

    assert found.hops[0].technology == "HTTP, GET"
    assert routed.hops[0].technology == "HTTP, GET /users/{id}"


@pytest.mark.parametrize("seen", ["POST /v2/pay", "/v2/pay", "HTTP, POST /v2/pay", "HTTP"])
def test_the_map_names_the_technology_as_drawn(seen: str) -> None:
    spans = [span("a/1", kind="client"), span("b/2", "1", "server", http__method="POST", http__route="/v2/pay")]

    found = mapped(*spans, drawing=view("a b Pay"), technology={seen: "Pay"})

    assert found.hops[0].technology == "Pay"


def test_arrows_that_fit_alike_are_a_problem_of_the_map() -> None:
    spans = [span("a/1", kind="client"), span("b/2", "1", "server", http__method="POST", http__route="/pay")]

    found = mapped(*spans, drawing=view("a b HTTPS", "a b REST"))

    assert found.hops[0].technology == "HTTPS"
    assert found.gaps.problems[0].startswith('a → b: POST /pay fits "HTTPS" and "REST" alike: draw the route, or add')


def test_the_summary_counts_how_technologies_were_matched() -> None:
    found = mapped(send("a/1"), send("a/2", **{"messaging.destination.name": "b"}), drawing=view("a kafka orders"))

    assert found.summary[-1] == "drawn technologies: 1 by text; not drawn: 1"


def test_other_protocols_are_named_by_their_attribute() -> None:
    found = mapped(span("a/1", kind="client", peer__service="mailbox", network__protocol__name="smtp"))

    assert found.hops[0].technology == "SMTP"
