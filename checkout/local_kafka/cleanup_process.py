"""Cleanup process: deletes a run's topics and groups when the process of the run has ended, even if it was killed.

`python -m checkout.local_kafka.cleanup_process SERVERS PREFIX [HOME]`; the run holds the other end of standard input.
"""

import sys
from contextlib import suppress
from pathlib import Path


def main() -> None:
    """Waits for a line on standard input, after which nothing is left to do, or for its end: then cleans up."""
    if sys.stdin.readline():
        return
    from checkout.local_kafka import cluster
    from checkout.messaging.kafka_log import KafkaBroker
    from checkout.messaging.log import LogUnavailable
    from checkout.settings import read_settings

    servers, prefix, *home = sys.argv[1:]
    broker = KafkaBroker(servers, prefix, security=read_settings().kafka_security)
    with suppress(LogUnavailable):
        broker.delete()
    broker.close()
    for folder in home:
        cluster.release(Path(folder))


if __name__ == "__main__":
    main()
