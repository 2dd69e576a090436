"""Lost replies: how many copies of an e-mail the faults of a trial explain."""

from pathlib import Path

import pytest

from checkout.checker.facts import CALLS_AT_ONCE
from checkout.faults import brokers, external_systems, replicas
from checkout.faults.fault import Fault
from checkout.faults.trial import lost_replies
from checkout.processes.supervisor import KAFKA_SERVICES, Supervisor
from checkout.settings import read_settings


@pytest.fixture
def store(tmp_path: Path) -> Supervisor:
    """A store that is not started."""
    settings = read_settings({}, home=tmp_path, bootstrap_servers="127.0.0.1:1", database_url="postgresql://nobody")
    return Supervisor(settings, dict.fromkeys(KAFKA_SERVICES, 2), lambda what, share: None)


def test_only_what_stops_a_sender_of_mails_loses_replies(store: Supervisor, tmp_path: Path) -> None:
    refusing = external_systems.switched(store.settings, "mail server answers 451")
    stopped = [replicas.killed(store, "notifications-1", "stock-2"), brokers.killed(tmp_path, [1])]

    assert lost_replies([]) == lost_replies([replicas.killed(store, "stock-1"), refusing]) == 0
    assert [lost_replies([fault]) for fault in stopped] == [2 * CALLS_AT_ONCE] * 2
    assert lost_replies(stopped) == 4 * CALLS_AT_ONCE


def test_nobody_counts_the_replies_of_a_mail_server_that_drops_connections(store: Supervisor) -> None:
    dropping = external_systems.switched(store.settings, "mail server drops connections after the final dot")

    assert lost_replies([dropping, Fault("others", ["notifications-1"], lambda: None, lambda: None)]) is None
