"""Dead letters: `checkout dlt`, lists, shows and replays the records that a consumer group could not handle."""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from checkout.cli import output
from checkout.cli.orders.journeys import connect_to_kafka
from checkout.journal.hop import coordinates, text
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import DEAD_LETTERS
from checkout.processes.shop_file import ShopError, ShopNotRunning
from checkout.settings import read_settings
from checkout.worker.dead_letters import DeadLetter, first_offsets, read_dead_letter, replays

MEMBER = "dlt-replay"


class Letter(NamedTuple):
    """A dead letter, and the coordinates of its last replay, if there is one."""

    letter: DeadLetter
    replay: str

    def row(self) -> dict[str, Any]:
        """The cells of a table, and the fields of JSON."""
        letter = self.letter
        return {"place": letter.place, "group": letter.group, "record": letter.origin, "key": text(letter.record.key),
                "at": letter.at, "error": letter.error, "replay": self.replay}  # fmt: skip


def list_letters(as_json: bool) -> None:
    """Prints all dead letters, oldest first. Raises ShopNotRunning, LogUnavailable."""
    found = [letter.row() for letter in _with_broker(_read)]
    if as_json:
        output.print_json(found)
    elif found:
        rows = [[cell or "" for cell in row.values()] for row in found]
        output.out.print(output.table(f"{len(rows)} dead letters", list(found[0]), rows))
    else:
        output.out.print("no dead letters")


def show_letter(place: str, as_json: bool) -> None:
    """Prints one dead letter with its headers and its value. Raises ShopError for unknown coordinates."""
    (found,) = _with_broker(lambda broker: _chosen(_read(broker), [place]))
    record = found.letter.record
    headers = [[name, text(value)] for name, value in record.headers]
    if as_json:
        output.print_json(found.row() | {"headers": headers, "value": text(record.value)})
        return
    rows = [*((name, cell or "") for name, cell in found.row().items()), ("value", text(record.value) or "")]
    output.out.print(output.table(place, ("field", ""), rows))
    output.out.print(output.table("headers", ("name", "value"), headers))


def replay_letters(places: Sequence[str], every: bool, again: bool) -> None:
    """Sends the original records to their topics again, each to its partition, with their bytes and headers.

    Dead letters that were replayed already are skipped unless `again`. Raises ShopError for unknown coordinates.
    """
    if bool(places) == every:
        raise ShopError("name the dead letters to replay, as `checkout dlt ls` shows them, or --all")
    for line in _with_broker(lambda broker: _replay(broker, places, again)):
        output.out.print(line, markup=False, highlight=False, soft_wrap=True)


def _replay(broker: KafkaBroker, places: Sequence[str], again: bool) -> list[str]:
    letters = _read(broker)
    chosen = _chosen(letters, places) if places else letters
    due = [each for each in chosen if again or not each.replay]
    lines = [f"{each.letter.place}: replayed already as {each.replay}" for each in chosen if each not in due]
    if due:
        topics = sorted({each.letter.topic for each in due})
        with closing(broker.join(MEMBER, topics, f"{MEMBER}-1", assign=True)) as log:
            sent = log.send([each.letter.replay() for each in due])
        lines += [
            f"{each.letter.place}: replayed as {coordinates(each.letter.topic, *metadata)}"
            for each, metadata in zip(due, sent, strict=True)
        ]
    return lines or ["no dead letters"]


def _with_broker(action: Callable[[KafkaBroker], list[Any]]) -> list[Any]:
    broker = connect_to_kafka(read_settings().home)
    if broker is None:
        remedy = "start one with `checkout up`, or name another Kafka in CHECKOUT_BOOTSTRAP_SERVERS"
        raise ShopNotRunning(f"no store is running here: {remedy}")
    with closing(broker):
        return action(broker)


def _read(broker: KafkaBroker) -> list[Letter]:
    topics = [topic for topic in broker.topics() if topic.endswith(DEAD_LETTERS)]
    records = sorted(broker.read(topics), key=lambda record: record.timestamp)
    letters = [letter for record in records if (letter := read_dead_letter(record))]
    offsets = first_offsets(letters)
    originals = sorted({topic for topic, _ in offsets})
    found = replays(broker.read(originals, broker.ends(originals) | offsets)) if originals else {}
    return [Letter(letter, found.get(letter.place, "")) for letter in letters]


def _chosen(letters: Sequence[Letter], places: Sequence[str]) -> list[Letter]:
    by_place = {each.letter.place: each for each in letters}
    for place in places:
        if place not in by_place:
            raise ShopError(f"there is no dead letter {place}: `checkout dlt ls` lists them")
    return [by_place[place] for place in dict.fromkeys(places)]
