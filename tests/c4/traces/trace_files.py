"""Trace files: small documents for tests, and the reading of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from checkout.c4.findings import PreconditionError
from checkout.c4.traces.reading import read_traces
from checkout.c4.traces.span import Span, TraceFiles

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def read(folder: Path, content: bytes | str | Any, name: str = "traces") -> TraceFiles:
    """The spans of a file with these bytes, or with this JSON."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_traces([folder / name])


def refusal(folder: Path, content: bytes | Any, name: str = "traces") -> str:
    """The message for a file that cannot be read, without the folder."""
    with pytest.raises(PreconditionError) as raised:
        read(folder, content, name)
    assert raised.value.exit_code == 3
    return str(raised.value).replace(f"{folder}/", "")


def otlp(*spans: dict[str, Any], service: str = "web") -> dict[str, Any]:
    """OTLP/JSON of one service; spans without ids get some."""
    found = [{"traceId": TRACE, "spanId": f"{number:016x}", **span} for number, span in enumerate(spans, 1)]
    attributes = [{"key": "service.name", "value": {"stringValue": service}}] if service else []
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": found}]}]}


def read_span(folder: Path, **fields: Any) -> Span:
    """One span of OTLP/JSON, as it is read."""
    (span,) = read(folder, otlp(fields)).spans
    return span


def lines(*documents: Any) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)
