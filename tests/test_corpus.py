"""Corpus: records of every message version are read by this version of the code, with all their fields."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from checkout.framework.message import encode
from checkout.messages import TOPICS

CORPUS = Path(__file__).parent / "corpus"
VERSIONS = sorted(path.stem for path in CORPUS.glob("*.jsonl"))


class Example(NamedTuple):
    """A record's value in one version of its message. A file is never changed: a new version is a new file."""

    version: str
    topic: str
    value: Any


EXAMPLES = [
    Example(version, line["topic"], line["value"])
    for version in VERSIONS
    for line in map(json.loads, (CORPUS / f"{version}.jsonl").read_text().splitlines())
]
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.topic} {example.version}")


def decode(example: Example, value: Any) -> Any:
    return msgspec.json.decode(json.dumps(value), type=TOPICS[example.topic])


def without_nulls(value: Any) -> Any:
    """The value without fields that are null: they say the same as none."""
    if isinstance(value, dict):
        return {name: without_nulls(field) for name, field in value.items() if field is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def contains(whole: Any, part: Any) -> bool:
    """Whether a JSON value has at least the fields of another one, with the same values."""
    if isinstance(part, dict):
        return all(name in whole and contains(whole[name], field) for name, field in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(contains(*pair) for pair in zip(whole, part, strict=True))
    return bool(whole == part)


def with_unknown_fields(value: Any) -> Any:
    """The value with a field that no version has, in every object."""
    if isinstance(value, dict):
        return {name: with_unknown_fields(field) for name, field in value.items()} | {"addedIn": {"version": [1, 9]}}
    return [with_unknown_fields(each) for each in value] if isinstance(value, list) else value


@each_example
def test_every_version_is_read_with_all_its_fields(example: Example) -> None:
    message = decode(example, example.value)

    assert contains(json.loads(encode(message)), without_nulls(example.value))


@each_example
def test_fields_of_later_minor_versions_are_ignored(example: Example) -> None:
    assert decode(example, with_unknown_fields(example.value)) == decode(example, example.value)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_field_of_a_message_is_in_the_corpus(topic: str) -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(TOPICS[topic])}

    known = {name for example in EXAMPLES if example.topic == topic for name in example.value}

    assert fields <= known, f"add a new version to tests/corpus with {fields - known}"
