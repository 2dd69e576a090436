"""Bench report: time and memory of the report of the store's dynamic views from generated spans.

The spans are those of whole stories with faults in some, in shuffled order, with clocks that differ by up to 5 s.
"""

import multiprocessing
import os
import random
import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scripts.bench_traces import (  # noqa: E402
    CLIENT,
    CONSUMER,
    MB,
    MILLISECOND,
    PRODUCER,
    SERVER,
    SPANS,
    START,
    key_values,
    write_lines,
)

FAULTY, SKEW = 0.05, 5_000 * MILLISECOND  # share of stories with a fault; nanoseconds
CALLER = "web"  # has no spans
OUTSIDE = ("payment_broker", "shipment_company", "customer")
ROW = re.compile(r'^Rel\((\w+), (\w+), "[^"]*", "([^"]*)", \$index=\d+\)', re.M)
Rows = list[tuple[str, str, str]]  # from, to, technology


def read_rows() -> list[Rows]:
    """The arrows of each dynamic view of the store, as they are written."""
    files = sorted((ROOT / "diagrams").glob("ordering*.puml"))
    return [ROW.findall(file.read_text()) for file in files]


def with_fault(rows: Rows, dice: random.Random) -> Rows:
    """A story that lacks an arrow, has one with another topic, or one that is not drawn."""
    rows, at, kind = list(rows), dice.randrange(2, len(rows)), dice.randrange(3)
    source, target, technology = rows[at]
    if kind == 0:
        del rows[at]
    elif kind == 1:
        rows[at] = (source, target, f"{technology}.v2")
    else:
        rows.insert(at, ("orders", "shipment_company", "HTTP, GET /parcels/7"))
    return rows


@dataclass
class Story:
    """The spans of one story, by service, while they are made."""

    number: int
    dice: random.Random
    spans: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    clock: int = 0
    skews: dict[str, int] = field(default_factory=dict)

    def add(self, service: str, kind: int, name: str, parent: str, attributes: dict[str, Any]) -> str:
        """Adds a span that begins now; returns its id."""
        skew = self.skews.setdefault(service, self.dice.randint(-SKEW, SKEW))
        start = START + self.number * 1_000 * MILLISECOND + self.clock + skew
        length = int(self.dice.lognormvariate(1.5, 0.8) * MILLISECOND)
        self.clock += length // 2 + 1
        identifier = f"{self.number:010x}{len(self.spans) + 1:06x}"
        self.spans.append((service, {
            "traceId": f"{(self.number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}",
            "spanId": identifier, "parentSpanId": parent, "name": name, "kind": kind,
            "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + length),
            "attributes": key_values(attributes), "status": {},
        }))  # fmt: skip
        return identifier


def story_of(rows: Rows, number: int, dice: random.Random) -> Story:
    """The spans of one story: calls have two, one if they enter or leave the store; messages one for each end."""
    story, entries = Story(number, dice), {CALLER: CALLER}
    for source, target, technology in rows:
        parent = entries.get(technology if source == "kafka" else source, "")
        if not parent:  # a fault before: what leads to this arrow did not happen
            continue
        if target == "kafka":
            attributes = {"messaging.system": "kafka", "messaging.destination.name": technology}
            attributes["messaging.operation.type"] = "send"
            entries[technology] = story.add(source, PRODUCER, f"send {technology}", parent, attributes)
        elif source == "kafka":
            attributes = {"messaging.system": "kafka", "messaging.destination.name": technology}
            attributes |= {"messaging.operation.type": "process", "messaging.consumer.group.name": target}
            entries[target] = story.add(target, CONSUMER, f"process {technology}", parent, attributes)
        else:
            entries[target] = _call(story, source, target, technology, parent)
    return story


def _call(story: Story, source: str, target: str, technology: str, parent: str) -> str:
    method, _, route = technology.removeprefix("HTTP, ").partition(" ")
    if not route:
        return story.add(source, CLIENT, "send mail", parent, {"peer.service": target, "network.protocol.name": "smtp"})
    attributes = {"http.request.method": method, "http.response.status_code": 201}
    client = {**attributes, "server.address": target.replace("_", "-"), "url.full": f"http://{target}{route}"}
    called = "" if source == CALLER else story.add(source, CLIENT, method, parent, client)
    if target in OUTSIDE:
        return called
    return story.add(target, SERVER, f"{method} {route}", called, {**attributes, "http.route": route})


def generate(path: Path, spans: int, seed: int = 1) -> None:
    """Writes spans of whole stories in shuffled order, as the file exporter of a collector does."""
    dice, views = random.Random(seed), read_rows()
    made = list[tuple[str, dict[str, Any]]]()
    number = 0
    while len(made) < spans:
        rows = dice.choice(views)
        made += story_of(with_fault(rows, dice) if dice.random() < FAULTY else rows, number, dice).spans
        number += 1
    dice.shuffle(made)
    write_lines(path, made, host="node-{service}")


def main() -> None:
    """Prints the size of the file, the time of the command with an empty and a filled cache of pictures, and memory."""
    spans = int(sys.argv[1]) if len(sys.argv) > 1 else SPANS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "traces.jsonl")
        generating = multiprocessing.get_context("spawn").Process(target=generate, args=(path, spans))
        generating.start()
        generating.join()
        print(f"{spans:,} spans, {path.stat().st_size / MB:,.0f} MB")
        for cache in ("empty", "filled"):
            _run(path, Path(folder), cache)


def _run(path: Path, folder: Path, cache: str) -> None:
    command = ["diagrams", "report", str(ROOT / "diagrams"), "--traces", str(path), "--html", str(folder / "out.html")]
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    started = time.perf_counter()
    process = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-m", "checkout", *command])
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - started
    size = (folder / "out.html").stat().st_size
    print(
        f"{cache} cache: {seconds:.1f} s, {usage.ru_utime + usage.ru_stime:.1f} s of CPU, at most "
        f"{usage.ru_maxrss * 1024 / MB:,.0f} MB of memory, page of {size / MB:.1f} MB, "
        f"exit code {os.waitstatus_to_exitcode(status)}"
    )


if __name__ == "__main__":
    main()
