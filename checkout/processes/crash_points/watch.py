"""Watch: gives a worker's log, database, external calls and intake their crash points."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from checkout.framework.intake import Intake
from checkout.framework.service import Service
from checkout.messaging.log import Log
from checkout.processes.crash_points.crash_point import CrashPoint
from checkout.processes.crash_points.watched_calls import watch_calls
from checkout.processes.crash_points.watched_intake import WatchedIntake
from checkout.processes.crash_points.watched_log import WatchedLog
from checkout.worker.calls.external_calls import ExternalCalls
from checkout.worker.database import ServiceDatabase

SEND_CALLS = ("shipments", "notifications")  # publish hardly anything, or nothing


def watch(
    point: CrashPoint, service: Service, log: Log, database: ServiceDatabase, calls: ExternalCalls,
    intake: Intake | None,
) -> tuple[Log, Intake | None]:  # fmt: skip
    """Returns the log and the intake of a worker with a crash point; service, database and calls get it, too.

    The windows W3 to W5 are about what the service sends: records, but the external calls of Shipments and
    Notifications.
    """
    watch_commits(point, service, database)
    watched_intake = WatchedIntake(point) if intake else None
    on_sent = watched_intake.release if watched_intake else lambda: None
    watched_log = WatchedLog(point, log, service.name in SEND_CALLS, on_sent)
    on_answer = watched_log.acknowledge_call
    calls.adapters = {name: watch_calls(point, name, call, on_answer) for name, call in calls.adapters.items()}
    return watched_log, watched_intake


def watch_commits(point: CrashPoint, service: Service, database: ServiceDatabase) -> None:
    """W2: the effects of new messages are computed and written, their transaction is not committed."""
    save, begin = service.save, database.begin

    def save_and_note(db: Connection, state: Any) -> None:
        save(db, state)
        db.info["has_effects"] = True

    @contextmanager
    def begin_watched() -> Iterator[Connection]:
        with begin() as db:
            db.info["has_effects"] = False
            yield db
            if db.info["has_effects"]:
                point.reach("W2")

    service.save = save_and_note  # type: ignore[method-assign]
    database.begin = begin_watched  # type: ignore[method-assign]
