"""Switches: sets the faults of the simulated external systems, as their HTTP interface takes them."""

from collections.abc import Mapping

import httpx

TIMEOUT = 10.0  # seconds


def set_switches(address: str, switches: Mapping[str, object]) -> None:
    """Sets these fault switches of the external system at this address, and resets all others.

    Raises httpx.HTTPError.
    """
    httpx.put(f"{address}/switches", json=dict(switches), timeout=TIMEOUT, trust_env=False).raise_for_status()
