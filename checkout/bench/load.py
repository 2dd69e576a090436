"""Load: puts orders on their topic, at once or at a constant rate, and receives the approvals."""

import time
from collections.abc import Callable

from checkout.domain import PaymentMethod
from checkout.errors import PackageMissing
from checkout.fields import OrderLine, Payment
from checkout.framework.message import encode
from checkout.ids import new_id
from checkout.messages import OrderReceived
from checkout.processes.shop_file import ShopError

try:
    from confluent_kafka import Consumer, Producer, TopicPartition
except ImportError as error:
    raise PackageMissing("checkout bench", "confluent-kafka", "fast") from error

RECEIVED, APPROVED = "order.new-order-received", "order.new-order-approved"
WITHIN = 120.0  # seconds in which all orders must be approved
LONGEST_POLL = 0.2  # seconds


class Load:
    """A producer of orders and a consumer of approvals, on librdkafka: it takes little of the CPU being measured.

    `check` is called while it waits, and may raise.
    """

    def __init__(self, servers: str, prefix: str, partitions: int, lines: int, check: Callable[[], None]) -> None:
        self._check, self._lines, self._prefix = check, lines, prefix
        common = {"bootstrap.servers": servers, "log_level": 0}
        self._producer = Producer(common | {"linger.ms": 0, "queue.buffering.max.messages": 1_000_000, "acks": "all"})
        reading = {"group.id": f"{prefix}load", "enable.auto.commit": False, "fetch.wait.max.ms": 500}
        self._consumer = Consumer(common | reading)
        self._consumer.assign([TopicPartition(prefix + APPROVED, n, 0) for n in range(partitions)])
        self._sent: dict[str, float] = {}  # when each order that is not approved was due

    def burst(self, orders: int) -> None:
        """Sends all orders at once and waits until they are approved. Raises ShopError."""
        for id, value in [self._order() for _ in range(orders)]:
            self._send(id, value, time.monotonic())
        self._producer.flush()
        self._receive_all()

    def constant(self, rate: float, seconds: float) -> list[float]:
        """Sends `rate` orders per second; returns for each the seconds from when it was due until its approval.

        An order that is sent late counts from when it was due, so that a slow system is not asked less.
        """
        count, latencies = int(rate * seconds), list[float]()
        orders, started = [self._order() for _ in range(count)], time.monotonic() + 0.1
        for number, (id, value) in enumerate(orders):
            due = started + number / rate
            while (remaining := due - time.monotonic()) > 0:
                latencies += self._receive(remaining)
            self._send(id, value, due)
        return latencies + self._receive_all()

    def close(self) -> None:
        """Closes both clients."""
        self._consumer.close()

    def _order(self) -> tuple[str, bytes]:
        id, per_line = new_id(), [1] * self._lines
        lines = [OrderLine(sku=1, name="Wooden spoon", quantity=quantity) for quantity in per_line]
        payment = Payment(payment_method=PaymentMethod.CREDIT)
        return id, encode(OrderReceived(id, "Ada", lines, payment, "ada@example.org"))

    def _send(self, id: str, value: bytes, due: float) -> None:
        self._sent[id] = due
        self._producer.produce(self._prefix + RECEIVED, value, id)
        self._producer.poll(0)

    def _receive(self, timeout: float) -> list[float]:
        messages = [self._consumer.poll(min(timeout, LONGEST_POLL)), *self._consumer.consume(1_000, 0)]
        now = time.monotonic()
        ids = [(message.key() or b"").decode() for message in messages if message and not message.error()]
        return [now - self._sent.pop(id) for id in ids if id in self._sent]

    def _receive_all(self) -> list[float]:
        latencies, deadline = list[float](), time.monotonic() + WITHIN
        while self._sent:
            latencies += self._receive(LONGEST_POLL)
            self._check()
            if time.monotonic() > deadline:
                raise ShopError(f"after {WITHIN:.0f} s {len(self._sent):,} orders are not approved")
        return latencies
