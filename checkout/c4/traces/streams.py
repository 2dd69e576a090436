"""Streams: the bytes of a trace file, decompressed and limited, and the JSON documents in them."""

import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from checkout.c4.traces.found_spans import FoundSpans, UnreadableTraces

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STDIN = Path("-")
MB = 1_000_000
FILE_LIMIT, DOCUMENT_LIMIT = 1_000 * MB, 200 * MB  # bytes, decompressed
LINE_LIMIT = 2_000_000
REMEDY = "split the file, or export fewer traces"
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


class Document(NamedTuple):
    """A JSON document: a whole file (line 0), or a line of it."""

    line: int
    data: bytes


class LimitedStream(io.RawIOBase):
    """A stream that raises UnreadableTraces after so many bytes, and ends where a file of gzip is cut."""

    def __init__(self, source: Any, limit: int) -> None:
        self._source, self._limit, self._left = source, limit, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Reads up to a buffer of bytes."""
        try:
            # `read` would lose what it has decompressed when the end is missing.
            data = self._source.read1(min(memoryview(buffer).nbytes, self._left + 1))
        except EOFError:
            data = b""
        except (gzip.BadGzipFile, zlib.error) as error:
            raise UnreadableTraces(f"is damaged ({error}): export it again") from error
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableTraces(f"has more than {self._limit // MB:,} MB: {REMEDY}")
        memoryview(buffer)[: len(data)] = data
        return len(data)


@contextmanager
def open_stream(path: Path) -> Iterator["io.BufferedReader[Any]"]:
    """The decompressed bytes of a file, or of standard input for `-`. Raises UnreadableTraces for zstd."""
    with path.open("rb") if path != STDIN else _standard_input() as file:
        magic = file.peek(len(ZSTD))[: len(ZSTD)]
        if magic == ZSTD:
            raise UnreadableTraces("is compressed with zstd: decompress it with `zstd -d`, or pipe `zstd -dc` into -")
        source: Any = gzip.GzipFile(fileobj=file) if magic.startswith(GZIP) else file
        with io.BufferedReader(LimitedStream(source, FILE_LIMIT), buffer_size=1 << 16) as stream:
            yield stream


def _standard_input() -> "io.BufferedReader[Any]":
    return io.BufferedReader(LimitedStream(sys.stdin.buffer, FILE_LIMIT))


def is_json(stream: "io.BufferedReader[Any]") -> bool:
    """Whether the stream begins with an object or an array of JSON."""
    head = stream.peek(1)
    return head.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] in (b"{", b"[") and (head[:1] != b"\n" or is_text(head))


def is_text(data: bytes) -> bool:
    """Whether the first bytes may be JSON. OTLP's binary form may begin with the bytes of a line break and a brace."""
    return not CONTROL.search(data[:512])


def read_all(stream: "io.BufferedReader[Any]", before: bytes = b"") -> bytes:
    """The rest of a stream behind the part already read. Raises UnreadableTraces above 200 MB."""
    data = before + stream.read(DOCUMENT_LIMIT + 1 - len(before))
    _check_size(data)
    return data


def json_documents(stream: "io.BufferedReader[Any]", into: FoundSpans) -> Iterator[Document]:
    """The whole file as one document, or its lines if the first one is complete. Counts a last line that is cut."""
    is_first = True
    for number, line in enumerate(_lines(stream), 1):
        if not line.strip():
            continue
        if is_first and not is_complete(line):
            yield Document(0, read_all(stream, line))
        elif line.endswith(b"\n") or is_complete(line):
            yield Document(number, line)
        else:
            into.left_out["incomplete last lines"] += 1
        is_first = False


def is_complete(data: bytes) -> bool:
    """Whether the bytes are one JSON value."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _lines(stream: "io.BufferedReader[Any]") -> Iterator[bytes]:
    number = 0
    while line := stream.readline(DOCUMENT_LIMIT + 1):
        number += 1
        if number > LINE_LIMIT:
            raise UnreadableTraces(f"has more than {LINE_LIMIT:,} lines: {REMEDY}")
        _check_size(line)
        yield line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line


def _check_size(data: bytes) -> None:
    if len(data) > DOCUMENT_LIMIT:
        raise UnreadableTraces(f"has a JSON document or a line of more than {DOCUMENT_LIMIT // MB} MB: {REMEDY}")
