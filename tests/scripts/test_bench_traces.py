"""Bench traces: what it generates are whole traces in shuffled order."""

from pathlib import Path

from bench_traces import STORY, generate

from checkout.c4.traces.reading import read_traces


def test_generated_spans_are_whole_traces_in_shuffled_order(tmp_path: Path) -> None:
    generate(tmp_path / "traces.jsonl", 50 * len(STORY))

    spans = read_traces([tmp_path / "traces.jsonl"]).spans

    ids = {(span.trace, span.id) for span in spans}
    assert len(ids) == len(spans) == 50 * len(STORY)
    assert len({span.trace for span in spans}) == 50
    assert [span for span in spans if span.parent and (span.trace, span.parent) not in ids] == []
    assert [span.trace for span in spans] != sorted(span.trace for span in spans)
    assert {span.service for span in spans} == {service for service, *_ in STORY}
