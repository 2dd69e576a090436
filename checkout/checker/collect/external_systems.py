"""External systems: reads the ledgers of the payment provider and the shipment company, and the mailbox, over HTTP."""

import json
from decimal import Decimal
from typing import Any

import httpx

from checkout.checker.collect.rows import with_decimals
from checkout.checker.witnesses import Row
from checkout.processes.shop_file import ShopFile

LEDGERS = {  # by witness: the system and the path of its list
    "charges": ("payment_broker", "/charges"),
    "refunds": ("payment_broker", "/refunds"),
    "parcels": ("shipment_company", "/parcels"),
    "mails": ("mailbox", "/mails"),
}
TIMEOUT = 30.0  # seconds


def of_external_systems(shop: ShopFile) -> dict[str, Any]:
    """The fields `charges`, `refunds`, `parcels` and `mails` of the witnesses; None where a system does not answer."""
    addresses = {process.name: process.address for process in shop.processes}
    with httpx.Client(timeout=TIMEOUT, trust_env=False) as client:
        return {
            witness: _read(client, addresses[system] + path) if system in addresses else None
            for witness, (system, path) in LEDGERS.items()
        }


def _read(client: httpx.Client, url: str) -> list[Row] | None:
    try:
        response = client.get(url).raise_for_status()
    except httpx.HTTPError:
        return None
    return [with_decimals(entry) for entry in json.loads(response.content, parse_float=Decimal)]
