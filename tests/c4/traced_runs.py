"""Traced runs: drawings without PlantUML, and generated hops with ids whose clocks differ."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from c4.runs import START, Arrow
from checkout.c4.source import arrows as drawn
from checkout.c4.source.arrows import Drawing, Fragment
from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.journal.hop import Hop

FILE = Path("view.puml")


def arrow(index: int, source: str, target: str, technology: str = "HTTP", *fragments: Fragment) -> drawn.Arrow:
    """An arrow on the line that has its step as number."""
    line = SourceLine(f'Rel({source}, {target}, "calls", "{technology}", $index={index})', FILE, index + 2)
    return drawn.Arrow(str(index), source, target, "calls", technology, line, fragments=fragments)


def drawing(*arrows: drawn.Arrow) -> Drawing:
    """A dynamic view of arrows, whose title is in line 2 of its file."""
    lines = (SourceLine("@startuml", FILE, 1), SourceLine("title A view", FILE, 2), *(each.line for each in arrows))
    return Drawing(DiagramSource(FILE, "view", "uml", lines), arrows=arrows, title="A view")


def drawing_of(rows: Sequence[Arrow]) -> Drawing:
    """The view of rows such as those of c4.runs.VIEWS."""
    made = [arrow(step, source, target, technology) for step, source, target, _, technology, _ in rows]
    lines = [replace(each.line, number=number + 3) for number, each in enumerate(made)]
    return drawing(*(replace(each, line=line) for each, line in zip(made, lines, strict=True)))


def hop(name: str | None, sender: str, to: str, technology: str = "HTTP", cause: str | None = None, **more: Any) -> Hop:
    """A hop with an id, a second after the hop before it if its id is a number."""
    second = int(name) if name and name.isdigit() else 0
    fields = {"id": name, "cause_id": cause, "order": "t1", "message": "POST", "at": START + timedelta(seconds=second)}
    return Hop(sender=sender, to=to, technology=technology, **fields | more)


def traced_run(rows: Sequence[Arrow], random: Random, order: str = "t1") -> list[Hop]:
    """A run of a view as traces have it, shuffled: every message is called POST, and clocks differ by up to 5 s."""
    hops, seconds, replicas = list[Hop](), list[float](), list[str]()
    skew: dict[str, float] = {}
    for number, (step, source, target, _, technology, _) in enumerate(rows):
        ends = [at for at, each in enumerate(hops) if each.to == source]
        entries = [at for at in ends if source != "kafka" or hops[at].technology == technology]
        entry = entries[-1] if entries else None
        earlier = [at for at in range(number) if hops[at].sender == source and (hops[at].step or 0) < step]
        replica = f"{target if source == 'kafka' else source}-{random.choice((1, 2))}"
        if entry is not None and source != "kafka":
            replica = replicas[entry]
        seconds.append(max([seconds[at] for at in [*earlier, *entries[-1:]]], default=0.0) + random.uniform(0.001, 0.1))
        replicas.append(replica if source == "kafka" else f"{target}-{random.choice((1, 2))}")
        at = START + timedelta(seconds=seconds[-1] + skew.setdefault(replica, random.uniform(-5, 5)))
        topic, group = (technology, target) if source == "kafka" else (technology, None)
        cause = None if entry is None else hops[entry].id
        place = {"topic": topic, "group": group, "partition": 0, "offset": 7} if "kafka" in (source, target) else {}
        fields = {"order": order, "step": step, "replica": replica, "at": at, **place}
        hops.append(hop(f"{order}-{number}", source, target, technology, cause, **fields))
    return random.sample(hops, len(hops))


def with_fault(run: Sequence[Hop], kind: str, random: Random) -> list[Hop]:
    """The run with one fault of a kind of deviation."""
    hops = sorted(run, key=lambda each: int((each.id or "").rpartition("-")[2]))
    at = random.randrange(1, len(hops))
    chosen = hops[at]
    if kind == "missing":
        hops = [each for each in hops if each is not chosen]
    elif kind == "extra":
        hops.append(msgspec.structs.replace(chosen, id="stray", cause_id=chosen.id, sender=chosen.to, to="stamps"))
    elif kind == "redelivered":
        delivery = random.choice([each for each in hops if each.sender == "kafka"])
        hops.append(msgspec.structs.replace(delivery, id="again"))
    elif kind == "wrong technology":
        hops[at] = msgspec.structs.replace(chosen, technology=f"{chosen.technology}.v2")
    else:
        hops = _out_of_order(hops, random)
    return random.sample(hops, len(hops))


def _out_of_order(hops: list[Hop], random: Random) -> list[Hop]:
    """An arrow that happens before what leads to it: the hop that should be its cause is an effect of it."""
    pairs = [(each, cause) for each in hops for cause in hops if each.cause_id == cause.id]
    effect, cause = random.choice(pairs)
    swapped = {effect.id: cause.cause_id, cause.id: effect.id}
    return [msgspec.structs.replace(each, cause_id=swapped.get(each.id, each.cause_id)) for each in hops]
