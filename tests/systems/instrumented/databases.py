"""Databases: SQLite and a cache of keys, instrumented after the database conventions of OpenTelemetry."""

import sqlite3
import threading
from typing import Any

from opentelemetry.trace import SpanKind
from systems.instrumented.service_telemetry import ServiceTelemetry


class Database:
    """A database in memory, for all services that share it."""

    def __init__(self, name: str, schema: str) -> None:
        self._name, self._lock = name, threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.executescript(schema)

    def query(self, telemetry: ServiceTelemetry, statement: str, *values: str | int) -> list[tuple[Any, ...]]:
        """Executes a statement in a CLIENT span of the service, and returns its rows."""
        operation = statement.split()[0]
        attributes = {"db.system.name": "sqlite", "db.namespace": self._name, "db.operation.name": operation,
                      "db.query.text": statement}  # fmt: skip
        with telemetry.span(operation, SpanKind.CLIENT, attributes), self._lock:
            return self._connection.execute(statement, values).fetchall()

    def start(self) -> None:
        """Nothing: it is open as soon as it is made."""

    def stop(self) -> None:
        """Closes the connection."""
        self._connection.close()


class Cache:
    """Values by key, in the shape of Redis."""

    def __init__(self, host: str) -> None:
        self._host, self._values = host, dict[str, str]()

    def get(self, telemetry: ServiceTelemetry, key: str) -> str | None:
        """The value of a key, None without one, in a CLIENT span of the service."""
        with telemetry.span("GET", SpanKind.CLIENT, self._about("GET")):
            return self._values.get(key)

    def set(self, telemetry: ServiceTelemetry, key: str, value: str) -> None:
        """Sets the value of a key, in a CLIENT span of the service."""
        with telemetry.span("SET", SpanKind.CLIENT, self._about("SET")):
            self._values[key] = value

    def _about(self, operation: str) -> dict[str, str | int]:
        return {"db.system.name": "redis", "db.namespace": "0", "db.operation.name": operation,
                "server.address": self._host, "server.port": 6379}  # fmt: skip
