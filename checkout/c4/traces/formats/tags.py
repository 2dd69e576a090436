"""Tags: what Jaeger and Zipkin have in common: times in microseconds, and the outcome of a span as tags."""

from collections.abc import Mapping
from typing import Any

STATUS = {"error": True, "ok": False}
Microseconds = int | float | None


def nanoseconds(found: Microseconds) -> int:
    """A time or a duration in nanoseconds. Whole numbers are exact, floats lose digits."""
    try:
        return round((found or 0) * 1_000)
    except OverflowError:  # beyond floats: no time
        return 0


def has_error(tags: Mapping[str, Any]) -> bool | None:
    """Whether the span failed, by OpenTelemetry's status, else by the tag `error`, whose value may be a message."""
    status = str(tags.get("otel.status_code", "")).lower().removeprefix("status_code_")
    if status in STATUS:
        return STATUS[status]
    return str(tags["error"]).lower() not in ("false", "0") if "error" in tags else None
