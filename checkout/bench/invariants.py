"""Invariants: the benchmark refuses a run of our services that breaks one of the invariants I1 to I23."""

from collections.abc import Callable

from checkout.bench.effects import STOCK
from checkout.checker.check import check
from checkout.checker.collect.databases import of_databases
from checkout.checker.collect.topics import of_topics
from checkout.checker.facts import GROUPS, RECEIVED
from checkout.checker.witnesses import Witnesses
from checkout.messaging.log import Broker
from checkout.processes.shop_file import ShopError


def check_invariants(url_of: Callable[[str], str], broker: Broker) -> None:
    """Raises ShopError with the first violation of an invariant.

    `url_of` returns the URL of a service's database. The external systems are simulated within the services, so the
    invariants that need a ledger or the mailbox are not checked.
    """
    databases = of_databases({service: url_of(service) for service in GROUPS})
    received = dict.fromkeys(RECEIVED, STOCK)
    report = check(Witnesses(databases=databases, services=set(GROUPS), received=received, **of_topics(broker)))
    if report.violations:
        found, count = report.violations[0], len(report.violations)
        order = f" (order {found.order})" if found.order else ""
        raise ShopError(f"{count:,} violations, the first of {found.invariant}{order}: {found.evidence}")
