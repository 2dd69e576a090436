"""Function platform: calls a function for each record of a topic and publishes its answer, as a cloud platform does."""

import argparse
import importlib.util
import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

Function = Callable[[dict[str, Any], str], tuple[str, dict[str, Any]]]


def load(path: str) -> Function:
    """Loads the function at `FILE:NAME`."""
    file, _, name = path.rpartition(":")
    spec = importlib.util.spec_from_file_location("function", file)
    assert spec and spec.loader, f"{file} is no Python file"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)  # type: ignore[no-any-return]


def call(function: Function, request: dict[str, Any], provider: str) -> tuple[str, dict[str, Any]]:
    """Calls the function until it returns."""
    while True:
        try:
            return function(request, provider)
        except Exception as error:
            print(f"the function failed and is called again: {error!r}", file=sys.stderr)
            time.sleep(1)


def main() -> None:
    """Calls the function for each record, publishes what it returns, and commits the offset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("function", help="FILE:NAME")
    parser.add_argument("topic", help="whose records are passed to the function")
    for option in ("--bootstrap-servers", "--prefix", "--group", "--payment-provider"):
        parser.add_argument(option, required=True)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    function, servers = load(given.function), given.bootstrap_servers
    consumer = KafkaConsumer(
        given.prefix + given.topic, bootstrap_servers=servers, group_id=given.group, enable_auto_commit=False,
        auto_offset_reset="earliest",
    )  # fmt: skip
    producer = KafkaProducer(bootstrap_servers=servers, acks="all")
    with closing(consumer), closing(producer):
        for record in consumer:
            topic, answer = call(function, json.loads(record.value), given.payment_provider)
            headers = [header for header in record.headers if header[0] == "kafka_correlationId"]
            value = json.dumps(answer).encode()
            producer.send(given.prefix + topic, value, record.key, headers, record.partition).get(timeout=30)
            consumer.commit()


if __name__ == "__main__":
    main()
