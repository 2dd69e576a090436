"""Journal: hops are read as data, from any system; other lines are errors that name their place."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import jsonschema
import pytest

from c4.runs import VIEWS, valid_run
from checkout.c4.findings import PreconditionError
from checkout.c4.journal import group_by_order, read_journal
from checkout.journal import hop as hop_module

Journal = Callable[..., Path]
SCHEMA = json.loads(Path(hop_module.__file__).with_name("journal.schema.json").read_text())
VALIDATOR = jsonschema.validators.validator_for(SCHEMA)(SCHEMA)
CONTRACT = (
    '{"id": "order.new-order-received[0]@12/stock", "cause_id": "order.new-order-received[0]@12", '
    '"order": "6f9c", "step": 4, "from": "kafka", "to": "stock", "message": "OrderReceived", '
    '"technology": "order.new-order-received", "topic": "order.new-order-received", "partition": 0, "offset": 12, '
    '"key": "6f9c", "group": "stock", "replica": "stock-1", "cause": "PlaceOrder", "correlation": "c-1", '
    '"at": "2026-01-01T10:00:00.000001Z", "outcome": "applied", "payload": {"id": "6f9c"}}'
)


def test_line_of_the_contract_is_a_hop_of_the_published_schema(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text(CONTRACT + "\n")

    hop = read_journal([tmp_path / "run.jsonl"])[0]

    VALIDATOR.validate(json.loads(CONTRACT))
    assert hop.id == f"{hop.cause_id}/stock" == f"{hop.position}/stock"
    assert hop.arrow == ("kafka", "stock", "order.new-order-received")
    assert (hop.step, hop.position, hop.at.microsecond) == (4, "order.new-order-received[0]@12", 1)


@pytest.mark.parametrize("view", VIEWS)
def test_runs_of_the_tests_follow_the_schema(view: str) -> None:
    for hop in valid_run(view, Random(1)):
        VALIDATOR.validate(hop)


def test_files_of_a_folder_are_one_run_and_repeats_are_dropped(tmp_path: Path, journal: Journal) -> None:
    run = valid_run("ordering", Random(1))
    journal(run[:10], "orders-1.jsonl")
    journal(run[5:], "stock-1.jsonl")

    hops = read_journal([tmp_path])

    assert len(hops) == 17


def test_incomplete_last_line_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text(f'{CONTRACT}\n{{"order": "6f')

    assert len(read_journal([tmp_path])) == 1


def test_line_without_an_order_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text(CONTRACT + "\n" + CONTRACT.replace('"order": "6f9c"', '"order": null') + "\n")

    assert list(group_by_order(read_journal([tmp_path]))) == ["6f9c"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no hops"),
        ("\n\n", "has no hops"),
        ("not a hop\n{}\n", r"run.jsonl:1 is not a hop"),
        (CONTRACT + '\n{"order": "x"}\n', r"run.jsonl:2 is not a hop \(from, to, message, at missing\)"),
        (CONTRACT.replace("2026-01-01T", "yesterday ") + "\n", "run.jsonl:1 is not a hop"),
        ("[1, 2]\n", "run.jsonl:1 is not a hop"),
    ],
)
def test_error_in_a_journal_is_named_by_file_and_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "run.jsonl").write_text(content)

    with pytest.raises(PreconditionError, match=message):
        read_journal([tmp_path / "run.jsonl"])


def test_unknown_order_is_an_error_that_names_the_known_ones(journal: Journal) -> None:
    hops = read_journal([journal()])

    with pytest.raises(PreconditionError, match="no order order-7: it has order-1"):
        group_by_order(hops, "order-7")
