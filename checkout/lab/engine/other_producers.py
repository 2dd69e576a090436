"""Other producers: the records that programs outside of a lab publish to its topics."""

from contextlib import suppress

from checkout.framework.message import KAFKA
from checkout.journal.hop import coordinates
from checkout.lab.engine.environment import Environment
from checkout.messaging.log import LogUnavailable


def find_records(environment: Environment) -> bool:
    """Finds the records that others have published since the last call, and notes them in the journal.

    Returns whether there are any; False also while no broker answers.
    """
    with suppress(LogUnavailable):
        found = environment.sent.add_unknown(environment.broker.ends(environment.registry.topics))
        for topic, partition, offset in found:
            action = f"another program has published {coordinates(topic, partition, offset)}"
            environment.note(KAFKA, "Send", action, topic=topic, partition=partition, offset=offset)
        return bool(found)
    return False
