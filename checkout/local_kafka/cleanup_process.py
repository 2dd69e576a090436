"""Run guard: waits for the end of the process of a run, and takes away what it left on Kafka.

`python -m checkout.local_kafka.cleanup_process SERVERS PREFIX [HOME]`, with standard input held open by that process.
"""

import sys
from contextlib import suppress
from pathlib import Path


def main() -> None:
    """Until the run says that it is done, or its end of the pipe is closed by its death."""
    if sys.stdin.readline():
        return
    from checkout.local_kafka import cluster
    from checkout.messaging.kafka_log import KafkaBroker
    from checkout.messaging.log import LogUnavailable

    servers, prefix, *home = sys.argv[1:]
    broker = KafkaBroker(servers, prefix)
    with suppress(LogUnavailable):
        broker.delete()
    broker.close()
    for folder in home:
        cluster.release(Path(folder))


if __name__ == "__main__":
    main()
