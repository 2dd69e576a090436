"""Foreign orders: an Orders service of another author, written from docs/contract.md without our code.

`python foreign_orders.py BOOTSTRAP_SERVERS PREFIX` reads one order as JSON per line of standard input and places it.
"""

import json
import select
import sys

from kafka import KafkaConsumer, KafkaProducer

CORRELATION = "kafka_correlationId"
TYPE = b"org.example.orders.Order"
RESERVED, PAID = "stock.order-products-reserved", "payment.order-payment-processed"


class ForeignOrders:
    """Requests payment, twice, and approves; it never rejects an order and keeps its state in memory."""

    def __init__(self, servers: str, prefix: str) -> None:
        self._prefix, self._orders = prefix, dict[str, dict[str, object]]()
        self._producer = KafkaProducer(bootstrap_servers=servers)
        self._consumer = KafkaConsumer(
            prefix + RESERVED, prefix + PAID, bootstrap_servers=servers, group_id=prefix + "foreign-orders",
            auto_offset_reset="earliest", isolation_level="read_uncommitted",
        )

    def run(self) -> None:
        """Places orders and handles messages until standard input ends."""
        orders = sys.stdin.buffer.raw
        while True:
            if select.select([orders], [], [], 0)[0]:
                line = orders.readline()
                if not line:
                    break
                self._place(json.loads(line))
            for records in self._consumer.poll(100).values():
                for record in records:
                    self._handle(record.topic.removeprefix(self._prefix), record.value, dict(record.headers))
        self._consumer.close()
        self._producer.close()

    def _place(self, order: dict[str, object]) -> None:
        self._orders[str(order["id"])] = order
        self._send("order.new-order-received", order, str(order["id"]).encode())

    def _handle(self, topic: str, value: bytes, headers: dict[str, bytes]) -> None:
        message = json.loads(value)
        order = self._orders.get(message["id"])
        if CORRELATION not in headers or order is None:
            return
        if topic == PAID:
            self._send("order.new-order-approved", order, headers[CORRELATION])
            return
        payment = {"paymentMethod": "CREDIT", "total": message["total"]}
        for _ in range(2):
            request = {"id": order["id"], "customerName": order["customerName"], "payment": payment}
            self._send("order.process-order-payment", request, headers[CORRELATION])

    def _send(self, topic: str, value: object, correlation: bytes) -> None:
        headers = [("__TypeId__", TYPE), ("spring_json_header_types", b"{}"), ("b3", b"0"), (CORRELATION, correlation)]
        self._producer.send(self._prefix + topic, json.dumps(value).encode(), headers=headers)
        self._producer.flush()


if __name__ == "__main__":
    ForeignOrders(sys.argv[1], sys.argv[2]).run()
