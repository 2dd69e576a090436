"""Plans: what a run of a view does, as a tree of calls and messages; valid ones, and ones with one fault."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from checkout.c4.checks.conformance.results import OrderResult
from checkout.c4.source.arrows import Drawing


class Call(NamedTuple):
    """An arrow of a view; `kind` is http, mail, publication or delivery."""

    step: int
    source: str
    target: str
    technology: str
    kind: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.source, self.target, self.technology


@dataclass(eq=False)
class Planned:
    """A call that a run makes, and what the called service or the consumers of its message do next, in order."""

    call: Call
    effects: list["Planned"] = field(default_factory=list)

    def walk(self) -> Iterator["Planned"]:
        yield self
        for effect in self.effects:
            yield from effect.walk()


class Expected(NamedTuple):
    """The deviation that a fault must give; `technology` is empty where it depends on the spans."""

    kind: str
    source: str
    target: str
    technology: str = ""

    def is_in(self, result: OrderResult) -> bool:
        """Whether the result has this deviation, and none but those that follow from it."""
        keys = [deviation.key for deviation in result.deviations]
        found = [key for key in keys if (key.kind, key.source, key.target) == self[:3]]
        is_found = any(self.technology in ("", key.technology) for key in found)
        return is_found and {key.kind for key in keys} == {self.kind}


def calls_of(drawing: Drawing) -> list[Call]:
    """The numbered arrows of a drawing, in step order."""
    queues = {alias for alias, element in drawing.aliases.items() if element.shape == "queue"}
    calls = [
        Call(
            arrow.step, arrow.source, arrow.target, arrow.technology,
            "publication" if arrow.target in queues else "delivery" if arrow.source in queues
            else "mail" if arrow.technology == "SMTP" else "http",
        )
        for arrow in drawing.visible_arrows if arrow.step is not None
    ]  # fmt: skip
    return sorted(calls, key=lambda call: call.step)


def services_of(calls: Sequence[Call]) -> set[str]:
    """The elements that do something, which therefore have spans."""
    return {call.source for call in calls if call.kind != "delivery"} | {
        call.target for call in calls if call.kind == "delivery"
    }


def plan(calls: Sequence[Call]) -> list[Planned]:
    """A valid run: each arrow follows from the last earlier one that its source received, a delivery from its topic."""
    planned, roots = list[Planned](), list[Planned]()
    for call in calls:
        new = Planned(call)
        causes = [each for each in planned if each.call.target == call.source and each.call.step < call.step]
        if call.kind == "delivery":
            causes = [each for each in causes if each.call.technology == call.technology]
        (causes[-1].effects if causes else roots).append(new)
        planned.append(new)
    return roots


def all_of(roots: Sequence[Planned]) -> list[Planned]:
    return [each for root in roots for each in root.walk()]


def break_plan(kind: str, calls: Sequence[Call], random: Random) -> tuple[list[Planned], Expected] | None:
    """A run with one fault, and the deviation that must be found; None if the view has no place for it."""
    roots = plan(calls)
    expected = FAULTS[kind](roots, calls, random)
    return (roots, expected) if expected else None


def _leave_out(roots: list[Planned], calls: Sequence[Call], random: Random) -> Expected | None:
    parent = random.choice([each for each in all_of(roots) if each.effects])
    lost = parent.effects.pop(random.randrange(len(parent.effects)))
    return Expected("missing", *lost.call.key)


def _add_call(roots: list[Planned], calls: Sequence[Call], random: Random) -> Expected | None:
    services, drawn = services_of(calls), {call.key[:2] for call in calls}
    queues = {call.target for call in calls if call.kind == "publication"}
    at = random.choice([each for each in all_of(roots) if each.call.target in services])
    targets = {end for call in calls for end in call.key[:2]} - queues - {at.call.target}
    free = sorted(target for target in targets if (at.call.target, target) not in drawn)
    new = Call(0, at.call.target, random.choice(free), "HTTP, GET /undrawn", "http")
    at.effects.insert(random.randint(0, len(at.effects)), Planned(new))
    return Expected("extra", *new.key[:2])


def _swap(roots: list[Planned], calls: Sequence[Call], random: Random) -> Expected | None:
    """What a service does for one message, in the wrong order; or something before the message that leads to it."""
    choices = list[tuple[list[Planned], int, list[Planned], int]]()
    lists = [roots, *(each.effects for each in all_of(roots))]
    for effects in lists:
        for at in range(1, len(effects)):
            before, late = effects[at - 1].call, effects[at].call
            if before.source == late.source and before.step < late.step and late.kind != "delivery":
                choices.append((effects, at, effects, at - 1))
    for first in all_of(roots):
        for place, step in enumerate(first.effects):
            for later in step.walk():
                for at, late in enumerate(later.effects[:1]):
                    if late.call.source == first.call.target == later.call.target and late.call.kind != "delivery":
                        choices.append((later.effects, at, first.effects, place))
    if not choices:
        return None
    source, at, target, place = random.choice(choices)
    moved = source.pop(at)
    target.insert(place, moved)
    return Expected("too early", *moved.call.key)


def _rename_topic(roots: list[Planned], calls: Sequence[Call], random: Random) -> Expected | None:
    sent = [each for each in all_of(roots) if each.call.kind == "publication"]
    chosen = random.choice(sent)
    expected = Expected("wrong technology", *chosen.call.key)
    for each in (chosen, *chosen.effects):
        each.call = each.call._replace(technology="another.topic")
    return expected


def _add_consumer(roots: list[Planned], calls: Sequence[Call], random: Random) -> Expected | None:
    chosen = random.choice([each for each in all_of(roots) if each.call.kind == "publication"])
    drawn = {call.target for call in calls if call.kind == "delivery" and call.technology == chosen.call.technology}
    consumer = random.choice(sorted(services_of(calls) - drawn))
    new = Call(0, chosen.call.target, consumer, chosen.call.technology, "delivery")
    chosen.effects.append(Planned(new))
    return Expected("extra", *new.key)


FAULTS = {
    "missing call": _leave_out,
    "new call": _add_call,
    "wrong order": _swap,
    "wrong topic": _rename_topic,
    "extra consumer": _add_consumer,
}
