"""AsyncAPI: the store's document is valid by the official schema, and its payloads are those of the records.

asyncapi-3.0.0.json.gz is the file schemas/3.0.0-without-$id.json of the npm package @asyncapi/specs 6.11.1, unchanged
(Apache License 2.0, copyright AsyncAPI Initiative, https://github.com/asyncapi/spec-json-schemas).
"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from typer.testing import CliRunner

from checkout.cli.app import app
from checkout.cli.messages.asyncapi import asyncapi_document, store_asyncapi
from checkout.registry import STORE, code_arrows

SCHEMA = json.loads(gzip.decompress(Path(__file__).with_name("asyncapi-3.0.0.json.gz").read_bytes()))
RECORDS = [
    json.loads(line)
    for file in sorted((Path(__file__).parents[1] / "corpus").glob("*.jsonl"))
    for line in file.read_text().splitlines()
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncapi_document(STORE)


def test_command_prints_the_document(document: dict[str, Any]) -> None:
    done = CliRunner().invoke(app, ["asyncapi"])

    assert (done.exit_code, json.loads(done.stdout)) == (0, document)


def test_document_is_valid_by_the_schema_of_asyncapi(document: dict[str, Any]) -> None:
    validator = Draft7Validator(SCHEMA)
    broken = document | {"operations": {"x": {"action": "shout", "channel": {"$ref": "#/channels/x"}}}}

    assert [error.message for error in validator.iter_errors(document)] == []
    assert not validator.is_valid(broken)


def test_every_reference_of_the_document_is_to_a_part_of_it(document: dict[str, Any]) -> None:
    for reference in references(document):
        part: Any = document
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]


def references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for each in part for found in references(each)]
    own = [part["$ref"]] if isinstance(part, dict) and "$ref" in part else []
    return own + [found for each in part.values() for found in references(each)] if isinstance(part, dict) else []


def test_payloads_allow_the_records_of_the_corpus_and_not_any_value(document: dict[str, Any]) -> None:
    for record in RECORDS:
        [message] = document["channels"][record["topic"]]["messages"]
        payload = document["components"]["messages"][message]["payload"]
        validator = Draft7Validator(payload | {"components": document["components"]})
        assert [error.message for error in validator.iter_errors(record["value"])] == [], record
        assert not validator.is_valid({"id": 5})


def test_operations_are_the_kafka_arrows_of_the_code() -> None:
    drawn = {(arrow["from"], arrow["to"], arrow["technology"]) for arrow in code_arrows()}

    operations = {
        (each.service, "kafka", each.address) if each.action == "send" else ("kafka", each.service, each.address)
        for each in store_asyncapi().operations
    }

    assert {arrow for arrow in drawn if "kafka" in arrow[:2]} <= operations
    assert len(store_asyncapi().channels) == len(STORE.topics)
