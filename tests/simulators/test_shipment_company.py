"""The shipment company: books once per idempotency key, obeys its fault switches."""

import httpx
import pytest
from litestar import Litestar

from checkout.simulators import shipment_company_http
from checkout.simulators.external_system import ConnectionDropped, KeyReused, SimulatedFailure
from checkout.simulators.shipment_company import Booking, Parcel, ParcelRejected, Product, ShipmentCompany, Switches

SPOONS = Parcel("order-1", "Ada", [Product(1, 2)])
MUGS = Parcel("order-1", "Ada", [Product(2, 2)])


@pytest.fixture(scope="module")
def application() -> Litestar:
    return shipment_company_http.app(ShipmentCompany())


@pytest.fixture
def company() -> ShipmentCompany:
    return ShipmentCompany()


def book(client: httpx.Client, key: str, **changed: object) -> httpx.Response:
    body = {"order": "order-1", "customer": "Ada", "products": [{"sku": 1, "quantity": 2}]} | changed
    return client.post("/parcels", json=body, headers={"Idempotency-Key": key})


def test_a_repeated_key_is_booked_once_and_gets_the_same_response(company: ShipmentCompany) -> None:
    first = company.book("key", SPOONS)

    second = company.book("key", SPOONS)

    assert first == second == Booking("parcel-1")
    assert [entry["attempts"] for entry in company.ledger.entries()] == [2]
    assert company.book("another", SPOONS) == Booking("parcel-2")


def test_a_refused_key_is_refused_for_the_same_reason_again(company: ShipmentCompany) -> None:
    company.book("booked", SPOONS)
    company.switches.refuse = "too heavy"
    with pytest.raises(ParcelRejected, match="too heavy"):
        company.book("key", SPOONS)
    company.switches.refuse = None

    with pytest.raises(ParcelRejected, match="too heavy"):
        company.book("key", SPOONS)

    assert company.book("booked", SPOONS) == Booking("parcel-1")
    assert company.book("another", SPOONS) == Booking("parcel-2")


def test_a_key_with_another_parcel_is_refused(company: ShipmentCompany) -> None:
    company.book("key", SPOONS)

    with pytest.raises(KeyReused):
        company.book("key", MUGS)

    assert [entry["products"] for entry in company.ledger.entries()] == [[{"sku": 1, "quantity": 2}]]


def test_a_simulated_failure_books_nothing_and_a_dropped_connection_has_booked(company: ShipmentCompany) -> None:
    company.switches = Switches(fail=1, drop_after_booking=1)

    with pytest.raises(SimulatedFailure):
        company.book("key", SPOONS)
    assert company.ledger.entries() == []
    with pytest.raises(ConnectionDropped):
        company.book("key", SPOONS)

    assert [entry["id"] for entry in company.ledger.entries()] == ["parcel-1"]


def test_a_parcel_is_booked_and_found_in_the_list(client: httpx.Client) -> None:
    answer = book(client, "key-1", order="order-11")

    assert (answer.status_code, answer.json()) == (201, {"id": answer.json()["id"], "status": "booked"})
    entry = {
        "key": "key-1",
        "order": "order-11",
        "customer": "Ada",
        "products": [{"sku": 1, "quantity": 2}],
        "id": answer.json()["id"],
        "status": "booked",
        "attempts": 1,
        "conflicts": 0,
    }
    assert client.get("/parcels", params={"order": "order-11"}).json() == [entry]
    assert client.get("/parcels/key-1").json() == entry


def test_a_dropped_connection_gives_no_answer_and_books_once(client: httpx.Client) -> None:
    client.put("/switches", json={"drop_after_booking": 1})

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        book(client, "key-2")

    assert book(client, "key-2").json()["id"] == client.get("/parcels/key-2").json()["id"]
    assert client.get("/parcels/key-2").json()["attempts"] == 2


def test_a_simulated_failure_is_500_and_a_reused_key_422(client: httpx.Client) -> None:
    book(client, "key-3")
    client.put("/switches", json={"fail": 1})

    statuses = [book(client, "key-3").status_code, book(client, "key-3", customer="Bob").status_code]

    assert statuses == [500, 422]


@pytest.mark.parametrize(
    "changed",
    [
        {"products": []},
        {"products": [{"sku": 1, "quantity": 0}]},
        {"products": [{"sku": 1, "quantity": 10**30}]},
        {"products": [{"sku": 1, "quantity": 1}] * 101},
        {"customer": ""},
        {"order": None},
    ],
)
def test_an_invalid_parcel_is_422(client: httpx.Client, changed: dict[str, object]) -> None:
    answer = book(client, "bad", **changed)

    assert (answer.status_code, list(answer.json())) == (422, ["message"])
    assert client.get("/parcels/bad").status_code == 404


def test_a_parcel_without_a_key_is_400(client: httpx.Client) -> None:
    answer = client.post("/parcels", json={"order": "order-1"})

    assert (answer.status_code, list(answer.json())) == (400, ["message"])
