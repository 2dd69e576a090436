"""Access rules: what a user may do with a topic or a group, and the commands of Kafka's own tool that allow it."""

import shlex
from collections.abc import Iterable, Iterator
from typing import NamedTuple

TOPIC, GROUP = "topic", "group"  # kinds of resource
READ, WRITE, DESCRIBE, CREATE = "Read", "Write", "Describe", "Create"  # operations, as Kafka's tool writes them
DESCRIBE_CONFIGS = "DescribeConfigs"


class AccessRule(NamedTuple):
    """Allows a user operations on one topic or one group, from any host. Names are those on the broker."""

    user: str
    kind: str
    name: str
    operations: tuple[str, ...]


def commands(rules: Iterable[AccessRule], options: str) -> Iterator[str]:
    """The commands with which Kafka's own tool adds these rules, one for all resources with the same operations.

    `options` say where the cluster is, and who asks.
    """
    groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for user, kind, name, operations in rules:
        groups.setdefault((user, kind, operations), []).append(shlex.quote(name))
    for (user, kind, operations), names in groups.items():
        allowed = " ".join(f"--operation {operation}" for operation in operations)
        resources = " ".join(f"--{kind} {name}" for name in names)
        yield f"kafka-acls.sh {options} --add --allow-principal {shlex.quote(f'User:{user}')} {allowed} {resources}"
