"""The payment broker over HTTP: status codes, ledger and fault switches."""

from decimal import Decimal

import httpx
import msgspec
import pytest
from litestar import Litestar

from checkout.simulators import payment_broker_http
from checkout.simulators.payment_broker import Charge, PaymentBroker, Switches

SPOONS = Charge("order-1", Decimal("10.00"))
TABLES = Charge("order-2", Decimal("1900.00"))


@pytest.fixture(scope="module")
def application() -> Litestar:
    return payment_broker_http.app(PaymentBroker())


def charge(client: httpx.Client, key: str, **changed: object) -> httpx.Response:
    body = {"order": "order-1", "amount": 10.00, "currency": "EUR", "method": "CREDIT"} | changed
    return client.post("/charges", json=body, headers={"Idempotency-Key": key})


def test_a_charge_is_answered_and_found_in_the_ledger(client: httpx.Client) -> None:
    answer = charge(client, "key-1", order="order-11", amount=10.5)

    assert (answer.status_code, answer.json()["status"]) == (201, "charged")
    entry = {
        "key": "key-1",
        "order": "order-11",
        "amount": 10.5,
        "currency": "EUR",
        "method": "CREDIT",
        "status": "charged",
        "id": answer.json()["id"],
        "reason": None,
        "attempts": 1,
        "conflicts": 0,
    }
    assert client.get("/charges/key-1").json() == entry
    assert client.get("/charges", params={"order": "order-11"}).json() == [entry]
    assert entry in client.get("/charges").json()
    assert '"amount":10.50,' in client.get("/charges/key-1").text


def test_a_denial_is_402_with_its_reason(client: httpx.Client) -> None:
    answer = charge(client, "key-2", amount=1900)

    assert (answer.status_code, answer.json()) == (402, {"status": "denied", "reason": "above the limit"})


def test_a_reused_key_is_422(client: httpx.Client) -> None:
    charge(client, "key-3")

    answer = charge(client, "key-3", amount=11)

    assert (answer.status_code, list(answer.json())) == (422, ["message"])


def test_a_dropped_connection_gives_no_answer_and_charges_once(client: httpx.Client) -> None:
    client.put("/switches", json={"drop_after_charging": 1})

    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        charge(client, "key-4", order="order-14")
    again = charge(client, "key-4", order="order-14")

    entries = client.get("/charges", params={"order": "order-14"}).json()
    assert [(entry["id"], entry["attempts"]) for entry in entries] == [(again.json()["id"], 2)]


def test_a_busy_provider_answers_409_charges_nothing_and_later_charges_once(client: httpx.Client) -> None:
    client.put("/switches", json={"busy": 1})

    answer = charge(client, "key-6", order="order-16")

    assert (answer.status_code, answer.json()) == (
        409, {"message": "a request with this key is being processed: try again later"}
    )
    assert client.get("/charges", params={"order": "order-16"}).json() == []
    assert charge(client, "key-6", order="order-16").status_code == 201


def test_a_simulated_failure_is_500_and_decrements_the_switch(client: httpx.Client) -> None:
    client.put("/switches", json={"fail": 2})

    answer = charge(client, "key-5")

    assert (answer.status_code, list(answer.json())) == (500, ["message"])
    assert client.get("/switches").json()["fail"] == 1
    assert client.get("/charges/key-5").status_code == 404


def test_a_slow_response_comes_after_the_charge(client: httpx.Client) -> None:
    client.put("/switches", json={"delay": 0.5})

    with pytest.raises(httpx.ReadTimeout):
        client.post(
            "/charges",
            content=msgspec.json.encode({"order": "order-16", "amount": 1}),
            headers={"Idempotency-Key": "key-6", "Content-Type": "application/json"},
            timeout=0.2,
        )

    assert client.get("/charges/key-6").json()["status"] == "charged"


@pytest.mark.parametrize(
    "switches", [{"deny_next": 1}, {"delay": -1}, {"fail": -1}, {"fail": "all"}, {"dely": 1}, {"deny": ""}, []]
)
def test_a_wrong_switch_is_422_and_changes_nothing(client: httpx.Client, switches: object) -> None:
    answer = client.put("/switches", json=switches)

    assert (answer.status_code, list(answer.json())) == (422, ["message"])
    assert client.get("/switches").json() == msgspec.to_builtins(Switches())
