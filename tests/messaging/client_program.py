"""Client program: a process with one group member that prints the results of its calls while tests stop its Kafka.

It is a process of its own because kafka-python leaves sockets unclosed that it cannot connect.
"""

import json
import sys
import time
from collections.abc import Callable

from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord

TOPIC = "order.new-order-received"
ORDER = [ProducerRecord(TOPIC, b"order-1", b"wooden spoon")]


def main(servers: str, client: str) -> None:
    """Joins, then makes every call each time it reads a line."""
    broker = KafkaBroker(servers, client=client)
    broker.create({TOPIC: 1})
    member = broker.join("stock", [TOPIC], "stock-1")
    member.send(ORDER)
    while not member.poll(1, 0.1):
        pass
    print("ready", flush=True)
    for _ in sys.stdin:
        verbs: dict[str, Callable[[], object]] = {
            "send": lambda: member.send(ORDER),
            "send again": lambda: member.send(ORDER),
            "commit": lambda: member.commit({(TOPIC, 0): 1}),
            "poll": lambda: member.poll(100, 0.01),
            "lag": member.lag,
        }
        print(json.dumps({name: attempt(verb) for name, verb in verbs.items()}), flush=True)
    member.close()
    broker.close()


def attempt(verb: Callable[[], object]) -> tuple[str, float]:
    """The error of a call, and its duration in seconds."""
    started = time.monotonic()
    try:
        verb()
    except Exception as error:
        return f"{type(error).__name__}: {error}", time.monotonic() - started
    return "", time.monotonic() - started


if __name__ == "__main__":
    main(*sys.argv[1:])
