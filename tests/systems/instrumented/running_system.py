"""Running system: the services of one system in one process, started, ended and recorded together."""

from random import Random
from types import TracebackType
from typing import Protocol, Self, TypeVar

from opentelemetry.sdk.trace import ReadableSpan
from systems.instrumented.service_telemetry import ServiceTelemetry


class Part(Protocol):
    """A server or a consumer."""

    def start(self) -> None:
        """Starts its threads."""

    def stop(self) -> None:
        """Ends its threads and waits for them."""


AnyPart = TypeVar("AnyPart", bound=Part)


class RunningSystem:
    """A system whose parts run inside the `with` block; `ports` is its name server: the port by host name.

    The clocks of its services are up to `clock_skew` seconds fast or slow, each by what `clocks` chooses.
    """

    clock_skew, clocks = 0.0, Random(13)

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self._parts = list[Part]()
        self._telemetry = list[ServiceTelemetry]()

    def telemetry_of(self, service: str) -> ServiceTelemetry:
        """The telemetry of a new service, recorded with this system."""
        self._telemetry.append(ServiceTelemetry(service, self.clocks.uniform(-self.clock_skew, self.clock_skew)))
        return self._telemetry[-1]

    def add(self, part: AnyPart) -> AnyPart:
        """Adds a part, which starts after and ends before the ones added so far."""
        self._parts.append(part)
        return part

    def spans(self) -> list[ReadableSpan]:
        """The spans of all services that have ended, by service."""
        return [span for telemetry in self._telemetry for span in telemetry.spans()]

    def __enter__(self) -> Self:
        for part in self._parts:
            part.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for part in [*reversed(self._parts), *self._telemetry]:
            part.stop()
