"""Check: `checkout check`, evaluates the invariants of the running store, or of one whose services were killed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from checkout.checker.check import INVARIANTS, check
from checkout.checker.collect.shop import of_shop
from checkout.checker.results import Report
from checkout.checker.witnesses import Witnesses
from checkout.cli import output
from checkout.errors import CheckoutError
from checkout.load.rest import NotAtRest, wait_for_rest
from checkout.processes.shop_file import ShopFile, find_shop
from checkout.settings import read_settings

NUMBERS = [invariant.number for invariant in INVARIANTS]


class WrongRequest(CheckoutError):
    """An option of the command has an invalid value; the message names the valid ones."""

    exit_code = 2


def run(client_log: Path | None, chosen: Sequence[str], wait: int, as_json: bool) -> int:
    """Prints a line for each invariant; returns 0 when all hold, 1 when one is broken, 3 when none could be checked."""
    if unknown := [number for number in chosen if number.upper() not in NUMBERS]:
        raise WrongRequest(f"there is no invariant {unknown[0]}: there are {NUMBERS[0]} to {NUMBERS[-1]}")
    if client_log and not os.access(client_log, os.R_OK):
        raise WrongRequest(f"the client log {client_log} cannot be read: name the file that the clients write")
    shop = find_shop(read_settings().home)
    try:
        if wait:
            wait_for_rest(shop, wait)
    except NotAtRest as error:  # its services may be killed: what was left undone is then broken
        output.err.print(str(error))
    report = check(_read(shop, client_log), [number.upper() for number in chosen])
    if as_json:
        output.print_json(_to_json(report))
    else:
        print(report)
    return 1 if report.violations else 3 if len(report.not_checked) == len(report.results) else 0


def _read(shop: ShopFile, client_log: Path | None) -> Witnesses:
    try:
        return of_shop(shop, client_log)
    except IsADirectoryError:
        raise WrongRequest(f"the client log {client_log} is a folder: name the file that the clients write") from None
    except OSError as error:
        name = error.filename or client_log
        raise WrongRequest(f"{name} cannot be read ({error.strerror}): name a file that can be") from None
    except msgspec.MsgspecError as error:
        raise WrongRequest(f"{client_log} is no client log: {error}") from None


def _to_json(report: Report) -> dict[str, Any]:
    results = [msgspec.to_builtins(result) | {"verdict": result.verdict} for result in report.results]
    return {"results": results, "violations": len(report.violations), "not_checked": report.not_checked}
