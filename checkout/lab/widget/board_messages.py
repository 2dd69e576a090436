"""Board messages: what the browser asks the partition board for and asks it to do, and what it receives."""

import itertools
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from checkout.domain import PaymentMethod
from checkout.fields import OrderLine, Payment
from checkout.framework.message import encode
from checkout.lab.engine.clock import ORDERS
from checkout.lab.engine.environment import MAX_REPLICAS
from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.partitions.partition_state import PartitionState
from checkout.lab.widget.history_pages import JsonObject
from checkout.lab.widget.messages import WidgetMessages, locked
from checkout.messages import OrderReceived
from checkout.messaging.log import DEAD_LETTERS

MAX_PARTITIONS = 6
# Of the orders that boards publish: one count for all of them, so that no two orders have the same id.
PUBLISHED = itertools.count(1)


class BoardMessages(WidgetMessages):
    """The messages about one run of a board.

    `topic`: only this one, or all. `send` receives news after a cell has changed the lab. Raises LabError for an
    unknown topic.
    """

    def __init__(self, run: Lab | Replay, topic: str, send: Callable[[JsonObject], object]) -> None:
        if topic and not run.partition_state().of_topic(topic).partitions:
            raise LabError(f"there is no topic {topic!r}: lab.topics names them")
        super().__init__(run, send, lambda: locked(lambda: [run]))
        self.topic, self._projection, self._count = topic, run.journal.projection, 0

    def state(self, number: int | None = None) -> PartitionState:
        """The state as of a hop, by default now."""
        state = self.run.partition_state(number)
        return state.of_topic(self.topic) if self.topic else state

    def _look_up(self, request: Mapping[str, Any]) -> JsonObject | None:
        match request["do"]:
            case "hello":
                self._is_open = True
                return self.whole() | self._news() | {"keep": 0}
            case "partitions":
                return {"partitions": msgspec.to_builtins(self.state(request["number"]))}
        return None

    def _change(self, lab: Lab, request: Mapping[str, Any]) -> bool:
        match request["do"]:
            case "place":
                lab.place_order("wooden spoon")
            case "send":
                lab.send(request["topic"], _value_for(lab, request["topic"]), request.get("key"))
            case "partitions_count":
                lab.reset(partitions=request["count"])
            case "wait":
                lab.wait(seconds=request["seconds"])
            case "scale":
                lab.scale(request["service"], request["members"])
            case "kill_leader":
                _kill_leader(lab, request["topic"], request["partition"])
            case "start_brokers":
                lab.start_brokers()
            case _:
                return False
        return True

    def whole(self) -> JsonObject:
        """Returns the static part of the first message: topics, and the limits of the controls."""
        state, lab = self.state(), self._lab
        topics = dict.fromkeys(row.topic for row in state.partitions if not row.topic.endswith(DEAD_LETTERS))
        return {"whole": True, "is_live": lab is not None, "topics": list(topics),
                "max_members": MAX_REPLICAS, "max_partitions": MAX_PARTITIONS,
                "can_place": lab is not None and lab.is_store}  # fmt: skip

    def _news(self) -> JsonObject:
        projection, count = self.run.journal.projection, len(self.run.moments)
        # The state of the last hop follows later commits: the browser asks for it again once there are more hops.
        keep = min(self._count, count) if projection is self._projection else 0
        news = {"count": count, "keep": keep, "status": self._status(),
                "partitions": msgspec.to_builtins(self.state())}  # fmt: skip
        self._projection, self._count = projection, count
        return news


def _value_for(lab: Lab, topic: str) -> str:
    """A value that the readers of a topic accept: a new order, or the last record again, which is a repeat.

    A topic without either gets a text, which ends as a dead letter.
    """
    if topic == OrderReceived.topic:
        id = str(uuid.uuid5(ORDERS, f"published {next(PUBLISHED)}"))
        payment = Payment(payment_method=PaymentMethod.CREDIT)
        return encode(OrderReceived(id, "Ada", [OrderLine(sku=1, quantity=1)], payment)).decode()
    records = lab.records(topic)
    return (records[-1].value or b"").decode("utf-8", "replace") if records else "a text"


def _kill_leader(lab: Lab, topic: str, partition: int) -> None:
    if len(lab.brokers) < 2:
        raise LabError("a leader can be killed where another broker has a copy: Lab(brokers=3) has three brokers")
    leader = lab.leader(topic, partition)
    if leader is None:
        raise LabError(f"{topic}[{partition}] has no leader now: start the brokers first")
    lab.kill_broker(leader)
