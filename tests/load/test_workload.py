"""Workload: the same customers for the same seed, in a mix of everything that customers do."""

from collections import Counter
from itertools import islice

import msgspec
import pytest

from checkout.checker.facts import ENDS
from checkout.domain import OPEN, OrderStatus
from checkout.fields import OrderRequest
from checkout.load.workload import CHEAP, MIX, OAK_TABLE, SOLD_OUT, UNKNOWN, Kind, Purchase, Workload
from checkout.services.stock import CATALOGUE
from checkout.simulators.payment_broker import CARD_LIMIT

PRODUCTS = {product.sku: product for product in CATALOGUE}


@pytest.fixture(scope="module")
def purchases() -> list[Purchase]:
    return list(islice(Workload(7), 2_000))


def test_the_same_seed_makes_the_same_purchases(purchases: list[Purchase]) -> None:
    assert list(islice(Workload(7), 2_000)) == purchases
    assert Workload(7).purchase(1_234) == purchases[1_234]
    assert next(Workload(8)).key != purchases[0].key


def test_every_purchase_has_a_key_of_its_own(purchases: list[Purchase]) -> None:
    assert len({purchase.key for purchase in purchases}) == len(purchases)


def test_the_mix_has_every_kind_in_its_share(purchases: list[Purchase]) -> None:
    counts = Counter(purchase.kind for purchase in purchases)

    assert set(counts) == set(Kind)
    assert sum(MIX.values()) == 100
    assert all(abs(counts[kind] / 20 - share) < 4 for kind, share in MIX.items())


def test_the_gateway_accepts_every_body(purchases: list[Purchase]) -> None:
    for purchase in purchases:
        for body in (purchase.body, *purchase.repeats):
            msgspec.convert(body, OrderRequest)


def test_a_repeat_has_the_same_body_and_another_body_is_another_one(purchases: list[Purchase]) -> None:
    repeats = {kind: [each for each in purchases if each.kind is kind] for kind in (Kind.REPEATED, Kind.OTHER_BODY)}

    assert all(each.repeats == (each.body,) for each in repeats[Kind.REPEATED])
    assert all(each.body not in each.repeats for each in repeats[Kind.OTHER_BODY])
    assert all(each.repeats == () for each in purchases if each.kind not in repeats)


def test_what_the_customers_are_shown_is_in_the_catalogue() -> None:
    assert {sku: PRODUCTS[sku].price for sku in CHEAP} == CHEAP
    assert PRODUCTS[SOLD_OUT].on_hand == 0 and UNKNOWN not in PRODUCTS
    assert 2 * PRODUCTS[OAK_TABLE].price > CARD_LIMIT >= PRODUCTS[OAK_TABLE].price


def test_a_client_waits_until_no_status_can_be_undecided() -> None:
    assert set(OrderStatus) - OPEN == set(ENDS)
