"""Start: begins the tracing of a process when the variables of OpenTelemetry ask for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from checkout.errors import CheckoutError
from checkout.settings import Settings, read_trace_exporters

if TYPE_CHECKING:  # OpenTelemetry is imported only when tracing is on
    from checkout.tracing.provider import Tracing


class TracingUnavailable(CheckoutError):
    """Tracing is asked for, and OpenTelemetry is not installed; the message names the remedy."""

    exit_code = 2


def check_tracing() -> None:
    """Raises WrongSetting or TracingUnavailable where `start_tracing` would."""
    if read_trace_exporters():
        _import()


def start_tracing(settings: Settings, service: str, replica: str) -> Tracing | None:
    """The tracing of one process; None when it is off. Raises WrongSetting or TracingUnavailable."""
    exporters = read_trace_exporters()
    if not exporters:
        return None
    folder = Path(settings.traces_folder) if settings.traces_folder else settings.home / "traces"
    return _import()(exporters, service, replica, folder / f"{replica}.jsonl", settings.retention_seconds)


def _import() -> type[Tracing]:
    try:
        from checkout.tracing.provider import Tracing
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        message = f"OTEL_TRACES_EXPORTER asks for traces, and {error.name} is not installed"
        raise TracingUnavailable(
            f"{message}: run `pip install 'checkout[otel]'`, or set OTEL_TRACES_EXPORTER=none"
        ) from error
    return Tracing
