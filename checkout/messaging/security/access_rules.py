"""Access rules: what a user may do with a topic or a group, as one line of Kafka's own tool for ACLs."""

import shlex
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

    def command(self, options: str) -> str:
        """Returns the command with which Kafka's tool adds this rule; `options` say where the cluster is."""
        operations = " ".join(f"--operation {operation}" for operation in self.operations)
        who, what = shlex.quote(f"User:{self.user}"), shlex.quote(self.name)
        return f"kafka-acls.sh {options} --add --allow-principal {who} {operations} --{self.kind} {what}"
