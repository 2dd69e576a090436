"""Reading: the spans of trace files, folders and standard input, whatever their formats are."""

from collections.abc import Collection, Iterable, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple

from checkout.c4.findings import PreconditionError, display_path, printable
from checkout.c4.traces.formats.otlp_protobuf import is_protobuf, read_protobuf
from checkout.c4.traces.formats.recognition import REMEDY, broken_document, read_document
from checkout.c4.traces.found_spans import FoundSpans, NotTraces, UnreadableTraces
from checkout.c4.traces.span import TraceFiles
from checkout.c4.traces.streams import STDIN, Document, is_json, json_documents, open_stream, read_all
from checkout.c4.traces.tidy import tidy

ENDINGS = (".json", ".jsonl", ".pb")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
OTHER_LINES = 10_000  # so many lines without a span, and of other kinds, are enough to refuse a file
OTHER_FILES, EMPTY_FILES = "files of other kinds", "empty files"


class TraceFile(NamedTuple):
    """A file to read; one that the caller did not name itself may be something else than traces."""

    path: Path
    is_named: bool

    def place(self, line: int = 0) -> str:
        """The file as messages show it, with a line."""
        name = "standard input" if self.path == STDIN else display_path(self.path)
        return printable(name) + (f":{line}" if line else "")


def read_traces(paths: Sequence[Path], keep: Collection[str] = ()) -> TraceFiles:
    """The spans of files, of the trace files in folders, and of standard input for `-`. Spans have unique ids.

    `keep` names further attributes to keep. Raises PreconditionError, with the place and the remedy, for paths without
    spans and for files that cannot be read; PackageMissing for OTLP protobuf without its extra.
    """
    files = [file for path in paths for file in _files(path)]
    found = FoundSpans(keep)
    for file in files:
        _read_file(file, found)
    if not found.spans:
        raise PreconditionError(_describe_nothing(files, found))
    tidy(found)
    read = len(files) - found.left_out[OTHER_FILES] - found.left_out[EMPTY_FILES]
    return TraceFiles(files=read, spans=found.spans, left_out=found.left_out, partial=found.partial)


def _files(path: Path) -> list[TraceFile]:
    if path.is_dir():
        inside = sorted(each for each in path.rglob("*") if _has_ending(each) and each.is_file())
        if not inside:
            endings = ", ".join(f"*{ending}" for ending in ENDINGS)
            raise PreconditionError(f"{TraceFile(path, True).place()} has no trace files ({endings}, also with .gz)")
        return [TraceFile(each, False) for each in inside]
    if path != STDIN and not path.exists():
        raise PreconditionError(f"{TraceFile(path, True).place()}: there is no such file or folder of traces")
    return [TraceFile(path, True)]


def _has_ending(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(ENDINGS)


def _read_file(file: TraceFile, found: FoundSpans) -> None:
    try:
        with open_stream(file.path) as stream:
            _read_stream(stream, found)
    except NotTraces as error:
        if file.is_named:
            raise PreconditionError(f"{file.place(error.line)} {error}") from error
        found.left_out[OTHER_FILES] += 1
    except UnreadableTraces as error:
        raise PreconditionError(f"{file.place(error.line)} {error}") from error
    except OSError as error:
        raise PreconditionError(f"{file.place()} cannot be read: {error.strerror or error}") from error


def _read_stream(stream: "BufferedReader[Any]", found: FoundSpans) -> None:
    if is_json(stream):
        _read_documents(json_documents(stream, found), found)
        return
    data = read_all(stream)
    if not data.strip():
        found.left_out[EMPTY_FILES] += 1
    elif is_protobuf(data):
        read_protobuf(data, found)
    elif data.startswith(UTF_16):
        raise UnreadableTraces("is text in UTF-16: convert it to UTF-8")
    elif data.lstrip()[:1] == b"<":
        raise NotTraces(f"is HTML or XML, such as the page of a login or an error: {REMEDY}")
    else:
        raise NotTraces(f"is neither JSON nor OTLP protobuf: {REMEDY}")


def _read_documents(documents: Iterable[Document], found: FoundSpans) -> None:
    """Reads all lines, and counts those of other kinds. Raises NotTraces if no line, or none of many, has spans."""
    before, others = len(found.spans), 0
    first: NotTraces | None = None
    for document in documents:
        try:
            _read_document(document, found)
        except NotTraces as error:
            first, others = first or error, others + 1
            if others == OTHER_LINES and len(found.spans) == before:
                break
    if first and len(found.spans) == before:
        raise first
    found.left_out.update({"lines of other kinds": others} if others else {})


def _read_document(document: Document, found: FoundSpans) -> None:
    try:
        read_document(document.data, found)
    except UnreadableTraces as error:
        error.line = document.line
        raise
    except (RecursionError, ValueError) as error:  # of msgspec, and of bytes that are not UTF-8
        raise broken_document(document, error) from error


def _describe_nothing(files: Sequence[TraceFile], found: FoundSpans) -> str:
    names = ", ".join(file.place() for file in files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
    left_out = ", ".join(f"{count:,} {what}" for what, count in found.left_out.items())
    return f"there are no spans in {names}" + (f" ({left_out})" if left_out else "") + f": {REMEDY}"
