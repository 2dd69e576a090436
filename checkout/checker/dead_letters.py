"""Dead letters: the records of dead-letter topics, and which record each is a copy of."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from checkout.messaging.log import DEAD_LETTERS, ReceivedHeaders, Record

NULL_HEADERS = "dlt_null_headers"
PLACE_HEADERS = ("dlt_topic", "dlt_partition", "dlt_offset")


class DeadLetter(NamedTuple):
    """A dead letter, the consumer group that has published it, and topic, partition and offset of the original."""

    record: Record
    group: str
    origin: tuple[str, int, int]

    @property
    def original_headers(self) -> ReceivedHeaders:
        """The headers that the dead letter has from the original."""
        names = [name for name, _ in self.record.headers]
        last = len(names) - 1 - names[::-1].index(PLACE_HEADERS[0])
        return self.record.headers[:last]

    @property
    def null_headers(self) -> set[str]:
        """The names of the headers that have no value in the original, and an empty one here."""
        value = dict(self.record.headers).get(NULL_HEADERS)
        return set((value or b"").decode(errors="replace").split(", "))


def read_dead_letters(records: Iterable[Record]) -> Sequence[DeadLetter]:
    """The dead letters among these records; those of other programs, which lack the headers, are left out."""
    found = (_read(record) for record in records if record.topic.endswith(DEAD_LETTERS))
    return [letter for letter in found if letter]


def _read(record: Record) -> DeadLetter | None:
    about = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    try:
        topic, partition, offset = (about[name] for name in PLACE_HEADERS)
        group = record.topic.removesuffix(DEAD_LETTERS).removeprefix(f"{topic}.")
        return DeadLetter(record, group, (topic, int(partition), int(offset)))
    except (KeyError, ValueError):
        return None
