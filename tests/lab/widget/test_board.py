"""Board: its messages to and from the browser, one topic, and what it refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checkout import registry
from checkout.domain import PaymentMethod
from checkout.lab import Lab, LabError
from checkout.lab.widget.board import Board
from checkout.lab.widget.walk import Walk
from checkout.messages import OrderReceived

OpenLab = Callable[..., Lab]
RECEIVED = "order.new-order-received"
MARKUP = "<img src=x onerror=alert(1)>"


class RecordedBoard(Board):
    """A board whose messages to the browser are kept."""

    def send(self, content: Any, buffers: Any = None) -> None:
        """Keeps the message."""
        self.__dict__.setdefault("messages", []).append(content)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages sent to the browser."""
        return self.__dict__.get("messages", [])


@pytest.fixture
def board(lab: Lab) -> RecordedBoard:
    """A board that the browser has opened."""
    board = RecordedBoard(lab)
    board.answer({"do": "hello"})
    return board


def lane(answer: dict[str, Any], topic: str = RECEIVED, number: int = 0) -> dict[str, Any]:
    """A partition in an answer."""
    rows = answer["partitions"]["partitions"]
    found: dict[str, Any] = next(row for row in rows if (row["topic"], row["partition"]) == (topic, number))
    return found


def members(answer: dict[str, Any], group: str = "stock") -> dict[str, str]:
    """The members of a group in an answer, and their states."""
    found = next(each for each in answer["partitions"]["groups"] if each["group"] == group)
    return {member["name"]: member["state"] for member in found["members"]}


def test_hello_is_answered_with_choices_and_the_present_state(lab: Lab) -> None:
    lab.place_order("wooden spoon")
    lab.run()

    answer = Board(lab).answer({"do": "hello", "id": 7})

    assert (answer["answers"], answer["error"], answer["whole"], answer["is_live"]) == (7, "", True, True)
    assert (answer["count"], answer["keep"], answer["partitions"]["number"]) == (17, 0, 17)
    assert answer["topics"] == list(registry.STORE.topics)
    assert (answer["can_place"], answer["max_members"]) == (True, 8)
    assert answer["status"]["next"] == lab.explain()


def test_a_step_keeps_the_states_before(board: RecordedBoard) -> None:
    board.answer({"do": "place"})
    answers = [board.answer({"do": "step"}) for _ in range(3)]

    assert [(answer["keep"], answer["count"]) for answer in answers] == [(0, 1), (1, 2), (2, 3)]
    assert [record["key"] for record in lane(answers[2])["records"]] == ["order-1"]


def test_an_earlier_state_is_looked_up_and_changes_nothing(board: RecordedBoard) -> None:
    board.answer({"do": "place"})
    for _ in range(4):
        board.answer({"do": "step"})

    answer = board.answer({"do": "partitions", "number": 2, "id": 9})

    assert set(answer) == {"answers", "error", "partitions"}
    assert (answer["partitions"]["number"], lane(answer)["end"]) == (2, 0)


def test_the_walk_answers_the_same_state(lab: Lab, board: RecordedBoard) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    request = {"do": "partitions", "number": 5}

    assert Walk(lab).answer(request)["partitions"] == board.answer(request)["partitions"]


def test_a_produced_order_is_handled_whatever_its_key(lab: Lab, board: RecordedBoard) -> None:
    for key in ("a", None):
        answer = board.answer({"do": "send", "topic": RECEIVED, "key": key})
    lab.run()

    assert [record["key"] for record in lane(answer)["records"]] == ["a", None]
    assert [record["order"] for record in lane(answer)["records"]] == ["order-1", "order-2"]
    assert lab.orders["status"].tolist() == ["APPROVED", "APPROVED"] and lab.dead_letters.empty


def test_orders_that_boards_produce_have_ids_of_their_own(lab: Lab, memory_lab: OpenLab) -> None:
    request = {"do": "send", "topic": RECEIVED, "key": None}
    boards, sent = [Board(lab), Board(lab), Board(memory_lab())], list[Any]()
    for _ in range(2):
        for board, of in zip(boards, (lab, lab, boards[2]._run), strict=True):
            board.answer(request)
            sent.append(msgspec.json.decode(of.records(RECEIVED)[-1].value, type=OrderReceived))
        lab.reset()

    assert len({order.id for order in sent}) == 6
    assert sent[0].customer_name == "Ada" and sent[0].payment.payment_method is PaymentMethod.CREDIT


def test_a_record_produced_again_is_a_repeat_that_the_inbox_drops(lab: Lab, board: RecordedBoard) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    board.answer({"do": "send", "topic": "order.process-order-payment", "key": "a"})
    lab.run()

    assert len(lab.ledger) == 1 and lab.dead_letters.empty
    assert [moment.hop.outcome for moment in lab.moments[-1:]] == ["duplicate"]


def test_a_text_in_an_empty_topic_becomes_a_dead_letter_with_a_lane_of_its_own(lab: Lab, board: RecordedBoard) -> None:
    board.answer({"do": "send", "topic": "order.process-order-payment", "key": None})
    lab.run()

    dead = lane(board.answer({"do": "partitions", "number": 99}), "order.process-order-payment.payments.dlt")

    assert (dead["end"], len(lab.dead_letters)) == (1, 1)


def test_another_number_of_partitions_starts_anew(board: RecordedBoard) -> None:
    board.answer({"do": "place"})
    board.answer({"do": "step"})

    answer = board.answer({"do": "partitions_count", "count": 3})

    assert (answer["count"], answer["keep"], lane(answer, number=2)["end"]) == (0, 0, 0)


def test_a_member_is_killed_evicted_after_ten_seconds_and_starts_again(board: RecordedBoard) -> None:
    board.answer({"do": "partitions_count", "count": 2})
    requests: list[dict[str, Any]] = [
        {"do": "scale", "service": "stock", "members": 2}, {"do": "crash", "service": "stock-1"},
        {"do": "wait", "seconds": 10}, {"do": "restart", "service": "stock-1"},
    ]  # fmt: skip

    states = [members(board.answer(request))["stock-1"] for request in requests]

    assert states == ["running", "crashed", "evicted", "running"]


def test_an_error_is_a_sentence_in_the_answer(board: RecordedBoard) -> None:
    answers = [
        board.answer({"do": "crash", "service": "gateway"}), board.answer({"do": "fly"}),
        board.answer({"do": "kill_leader", "topic": RECEIVED, "partition": 0}),
        board.answer({"do": "scale", "service": "stock", "members": 99}),
    ]  # fmt: skip

    assert [answer["error"].partition(":")[0] for answer in answers] == [
        "there is no service 'gateway'", "this widget cannot do 'fly'",
        "a leader can be killed where another broker has a copy", "stock can have 1 to 8 replicas, not 99",
    ]  # fmt: skip


def test_a_change_in_a_cell_is_sent_as_news_and_one_by_the_browser_only_answered(
    lab: Lab, board: RecordedBoard
) -> None:
    lab.place_order("wooden spoon")
    lab.step()
    sent = len(board.messages)
    board.answer({"do": "step"})

    assert sent == len(board.messages) and board.messages[-1]["count"] == 1
    assert board.messages[-1]["answers"] is None


def test_a_closed_board_receives_no_news(lab: Lab) -> None:
    board = RecordedBoard(lab)
    lab.place_order("wooden spoon")
    lab.run()

    assert board.messages == []


def test_a_replay_can_be_looked_at_and_not_changed(lab: Lab, tmp_path: Path) -> None:
    lab.place_order("wooden spoon")
    lab.run()
    lab.journal.save(tmp_path / "run.jsonl", names=True)
    board = Lab.replay(tmp_path / "run.jsonl").board()

    hello, step = board.answer({"do": "hello"}), board.answer({"do": "step"})

    assert (hello["is_live"], hello["status"], hello["partitions"]["assumed"]) == (False, None, True)
    assert step["error"] == "this is a replay: it can be looked at, not changed"
    assert "(commits assumed)" in repr(board)


def test_a_board_of_one_topic_has_its_lanes_and_groups_and_its_dead_letters(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=2)
    lab.send(RECEIVED, "no order", partition=1)
    lab.run()

    state = lab.board(RECEIVED).answer({"do": "hello"})["partitions"]

    assert [(row["topic"], row["partition"]) for row in state["partitions"]] == [
        (RECEIVED, 0), (RECEIVED, 1), (f"{RECEIVED}.stock.dlt", 0),
    ]  # fmt: skip
    assert [group["group"] for group in state["groups"]] == ["stock"] and len(state["groups"][0]["members"]) == 1


def test_a_board_of_an_unknown_topic_is_refused(lab: Lab) -> None:
    with pytest.raises(LabError, match="there is no topic 'orders': lab.topics names them"):
        lab.board("orders")
