"""Board messages: what the browser asks the partition board for and asks it to do, and what it receives."""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from checkout.lab.engine.clock import order_id
from checkout.lab.engine.environment import MAX_REPLICAS
from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.history.sentences import element
from checkout.lab.lab import Lab
from checkout.lab.partitions.partition_state import PartitionState
from checkout.lab.widget.history_pages import JsonObject
from checkout.lab.widget.run_messages import error_sentence
from checkout.messages import OrderReceived
from checkout.messaging.log import DEAD_LETTERS

MAX_PARTITIONS = 6
SENT_ORDERS = 1_000  # number of the first order that the board publishes: place_order counts from 1


class BoardMessages:
    """The messages about one run: a lab, which the browser can move, or a replay.

    `topic`: only this one, or all. `send` receives what is new when a cell has changed the lab. Raises LabError for an
    unknown topic.
    """

    def __init__(self, run: Lab | Replay, topic: str, send: Callable[[JsonObject], object]) -> None:
        self._run, self._lab, self._send, self.topic = run, run if isinstance(run, Lab) else None, send, topic
        self._lock = run.lock if isinstance(run, Lab) else threading.RLock()
        self._is_open, self._is_answering = False, False
        self._projection, self._count, self._sent = run.journal.projection, 0, 0
        if not self.state().partitions and topic:
            raise LabError(f"there is no topic {topic!r}: lab.topics names them")
        if self._lab:
            self._lab.on_change(self._send_news)

    def state(self, number: int | None = None) -> PartitionState:
        """The state as of a hop, by default now."""
        state = self._run.partition_state(number)
        return state.of_topic(self.topic) if self.topic else state

    def _send_news(self) -> None:
        # A cell may change the lab on another thread. Changes that the browser has asked for are in the answer.
        with self._lock:
            if self._is_open and not self._is_answering:
                self._send({"answers": None, "error": ""} | self._news())

    def answer(self, request: Mapping[str, Any]) -> JsonObject:
        """Carries out a request of the browser; returns what is new, and the error as a sentence."""
        with self._lock:
            error, found = "", None
            self._is_answering = True
            try:
                found = self._looked_up(request)
                if found is None:
                    self._carry_out(request)
            except Exception as problem:  # the browser is the only place where a callback's error can be seen
                error = error_sentence(problem)
            finally:
                self._is_answering = False
            return {"answers": request.get("id"), "error": error} | (self._news() if found is None else found)

    def _looked_up(self, request: Mapping[str, Any]) -> JsonObject | None:
        """The answer to a request that changes nothing; None for others."""
        match request["do"]:
            case "hello":
                self._is_open = True
                return self.whole() | self._news() | {"keep": 0}
            case "partitions":
                return {"partitions": msgspec.to_builtins(self.state(request["number"]))}
        return None

    def _carry_out(self, request: Mapping[str, Any]) -> None:
        lab = self._lab
        if lab is None:
            raise LabError("this is a replay: it can be looked at, not changed")
        match request["do"]:
            case "step":
                lab.step()
            case "verb":
                lab.step(verb=request.get("verb", True))
            case "place":
                lab.place_order("wooden spoon")
            case "send":
                lab.send(request["topic"], self._value_for(lab, request["topic"]), request["key"])
            case "partitions_count":
                lab.reset(partitions=request["count"])
            case "reset":
                lab.reset()
            case "wait":
                lab.wait(seconds=request["seconds"])
            case _:
                self._change_members(lab, request)

    def _change_members(self, lab: Lab, request: Mapping[str, Any]) -> None:
        match request["do"]:
            case "scale":
                lab.scale(request["service"], request["members"])
            case "crash":
                lab.crash(request["service"])
            case "restart":
                lab.restart(request["service"])
            case "kill_leader":
                _kill_leader(lab, request["topic"], request["partition"])
            case "start_brokers":
                lab.start_brokers()
            case unknown:
                raise LabError(f"the board cannot do {unknown!r}")

    def _value_for(self, lab: Lab, topic: str) -> str:
        """A value that the readers of a topic accept: a new order, or the last record again, which is a repeat.

        A topic without either gets a text, which ends as a dead letter.
        """
        if topic == OrderReceived.topic:
            id = order_id(SENT_ORDERS + self._sent)
            self._sent += 1
            lines, payment = [{"sku": 1, "quantity": 1}], {"paymentMethod": "CREDIT"}
            return json.dumps({"id": id, "customerName": "Ada", "products": lines, "payment": payment})
        records = lab.records(topic)
        return (records[-1].value or b"").decode("utf-8", "replace") if records else "a text"

    def whole(self) -> JsonObject:
        """What the browser is told first, besides the state."""
        state, lab = self.state(), self._lab
        topics = dict.fromkeys(row.topic for row in state.partitions if not row.topic.endswith(DEAD_LETTERS))
        names = {group.group: element(group.group) for group in state.groups}
        return {"whole": True, "is_live": lab is not None, "names": names, "topics": list(topics),
                "max_members": MAX_REPLICAS, "max_partitions": MAX_PARTITIONS, "brokers": len(state.brokers),
                "can_place": lab is not None and lab.is_store}  # fmt: skip

    def _news(self) -> JsonObject:
        projection, count = self._run.journal.projection, len(self._run.moments)
        status = msgspec.to_builtins(self._lab.status()) if self._lab else None
        # The state of the last hop follows later commits: the browser asks for it again once there are more hops.
        keep = min(self._count, count) if projection is self._projection else 0
        self._projection, self._count = projection, len(self._run.moments)
        return {"count": self._count, "keep": keep, "status": status,
                "partitions": msgspec.to_builtins(self.state())}  # fmt: skip

def _kill_leader(lab: Lab, topic: str, partition: int) -> None:
    if len(lab.brokers) < 2:
        raise LabError("a leader can be killed where another broker has a copy: Lab(brokers=3) has three brokers")
    leader = lab.leader(topic, partition)
    if leader is None:
        raise LabError(f"{topic}[{partition}] has no leader now: start the brokers first")
    lab.kill_broker(leader)
