"""Rubbish: files with parts replaced, cut or flipped end with spans or with a sentence, never with another error."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from c4.traces.test_formats import FORMATS, WRITTEN
from c4.traces.trace_files import otlp, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.errors import CheckoutError

JSON = ["collector.json", "jaeger.json", "zipkin_python.json", "zipkin_shared.json"]
LEAVES = st.sampled_from(
    ["null", "true", "0", "-1", f"{2**70}", "1e300", '""', '"x"', f'"{"9" * 5_000}"', '"\\u001b[31m"', '"٣"', "[]",
     "{}", "[[]]", '{"a": 1}', "[1]"]
)  # fmt: skip
quietly = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def nodes(data: Any) -> list[tuple[Any, Any]]:
    """All containers with the keys in them."""
    if not isinstance(data, dict | list):
        return []
    keys = list(data) if isinstance(data, dict) else list(range(len(data)))
    return [found for key in keys for found in [(data, key), *nodes(data[key])]]


def read_or_refuse(folder: Path, content: bytes) -> None:
    try:
        found = read(folder, content)
    except CheckoutError as error:
        assert error.exit_code == 3
        assert str(error).isprintable()
        return
    assert len({(span.trace, span.id) for span in found.spans}) == len(found.spans)
    assert all(0 <= span.start < 2**63 for span in found.spans)


@quietly
@given(name=st.sampled_from(JSON), where=st.lists(st.integers(0, 10_000), min_size=1, max_size=3), value=LEAVES)
def test_a_field_with_any_value(tmp_path: Path, name: str, where: list[int], value: str) -> None:
    data = json.loads((WRITTEN / name).read_bytes())
    for index in where:
        found = nodes(data)
        if found:
            container, key = found[index % len(found)]
            container[key] = json.loads(value)

    read_or_refuse(tmp_path, json.dumps(data).encode())


@quietly
@given(format_name=st.sampled_from(sorted(FORMATS)), where=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_flipped_byte_and_a_cut(tmp_path: Path, format_name: str, where: int, byte: int) -> None:
    content = FORMATS[format_name]()
    index = where % len(content)

    for broken in (content[:index] + bytes([byte]) + content[index + 1 :], content[:index]):
        read_or_refuse(tmp_path, broken)


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: content])
@quietly
@given(content=st.binary(max_size=200))
def test_any_bytes(tmp_path: Path, pack: Callable[[bytes], bytes], content: bytes) -> None:
    read_or_refuse(tmp_path, pack(content))
    read_or_refuse(tmp_path, pack(b"\x0a" + content))


LONG = 10**400  # no number of floating point


@pytest.mark.parametrize(
    "document",
    [
        [{"traceId": "1", "id": "1", "timestamp": 1e308}],
        {"data": [{"traceID": "1", "spans": [{"traceID": "1", "spanID": "1", "startTime": 1e307}], "processes": {}}]},
        otlp({"attributes": [{"key": "http.request.method", "value": {"doubleValue": LONG}}]}),
    ],
)
def test_numbers_beyond_floating_point_are_left_out(tmp_path: Path, document: object) -> None:
    (span,) = read(tmp_path, document).spans

    assert (span.start, span.attributes.get("http.request.method")) == (0, None)
