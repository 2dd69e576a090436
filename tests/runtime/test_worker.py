"""The worker's four verbs: stories told to their end, repeats, crashes, faults, and databases that are away."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from runtime.shop import Shop, turn
from sample import FIRST, SECOND, approved, order_id, received, reserved, to_pay, wait_until, wanted
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, func, select
from sqlalchemy.exc import OperationalError

from checkout.domain import DomainError
from checkout.messages import TOPICS, Message, OrderApproved, OrderReceived, PaymentFailed, PaymentProcessed, encode
from checkout.runtime import hops, journal
from checkout.runtime.courier import Courier
from checkout.runtime.journal import Journal
from checkout.runtime.log import LogUnavailable, Outgoing
from checkout.runtime.memory_log import MemoryBroker
from checkout.runtime.store import INBOX, OUTBOX, Store
from checkout.runtime.worker import LEASE, PAUSE_BETWEEN_TRIES, TRIES, Worker
from checkout.service import Service, Tick, every, on
from checkout.tables import fetch, put

RECEIVED, RESERVED, TO_PAY = "order.new-order-received", "stock.order-products-reserved", "order.process-order-payment"
PAID, APPROVED = "payment.order-payment-processed", "order.new-order-approved"
STEPS = {
    "happy": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 13, 14, 14],  # all but the first, which the gateway tells
    "sold out": [2, 3, 4, 5, 6, 6, 7],
    "denied": [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11, 11, 12],
}
ORDERS = {"happy": wanted(), "sold out": wanted(sku=3, quantity=1), "denied": wanted(sku=4, quantity=2)}
ENDS = {  # status, reason, on hand and reserved of its product, amounts charged, parcels, kinds of mail
    "happy": ("APPROVED", None, (98, 0), [10.0], 1, "Your order is on its way"),
    "sold out": ("REJECTED", "Garden gnome is sold out", (0, 0), [], 0, "We are sorry: we cannot deliver your order"),
    "denied": ("REJECTED", "above the limit", (5, 0), [], 0, "We are sorry: your payment was denied"),
}


def applied_steps(told: Sequence[hops.Hop]) -> list[int | None]:
    return sorted(hop.step for hop in journal.applied(told))


def end_of(shop: Shop, story: str) -> tuple[Any, ...]:
    order = shop.state("orders", reserved())[FIRST]
    product = shop.product(ORDERS[story].products[0].sku)
    charged = [float(e["amount"]) for e in shop.outside.payment_broker.ledger.entries() if e["status"] == "charged"]
    parcels = len(shop.outside.shipment_company.ledger.entries())
    (mail,) = shop.outside.mailbox.mails()
    return (order.status, order.reason, (product.on_hand, product.reserved), charged, parcels, mail["subject"])


# -- stories ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", STEPS)
def test_a_story_goes_its_steps_and_ends_as_told(shop: Shop, story: str) -> None:
    outcomes = shop.place(ORDERS[story])
    shop.run()

    told = shop.hops()
    assert outcomes == ["applied"]
    assert [hop.step for hop in journal.applied(told)] == STEPS[story]
    assert {hop.outcome for hop in told} == {"applied"}
    assert end_of(shop, story) == ENDS[story]


def test_when_a_story_has_ended_nothing_is_left_to_do(shop: Shop) -> None:
    shop.place(wanted())
    shop.run()

    turn(shop.workers["orders"])
    assert all(lag.records == 0 for worker in shop.workers.values() for lag in worker.log.lag().values())
    for name, worker in shop.workers.items():
        wait = worker._mark_now()
        assert wait is None and not worker.courier.open
        with shop.stores[name].read() as db:
            assert db.execute(select(OUTBOX).where(OUTBOX.c.done_at.is_(None))).all() == []


@pytest.mark.parametrize("story", STEPS)
def test_a_message_delivered_twice_changes_nothing(shop: Shop, story: str) -> None:
    shop.place(ORDERS[story])
    shop.run()
    before = len(shop.hops())
    records = list(shop.broker.read(list(TOPICS)))

    for record in records:
        shop.put(record.topic, record.value, key=record.key, headers=record.headers)
    shop.run()

    repeats = shop.hops()[before:] and [hop for hop in shop.hops() if hop.outcome == "duplicate"]
    deliveries = sum(step in (4, 6, 8, 11, 13) for step in STEPS[story])
    assert len(repeats) == deliveries > 0
    assert applied_steps(shop.hops()) == STEPS[story]
    assert end_of(shop, story) == ENDS[story]
    assert len(list(shop.broker.read(list(TOPICS)))) == 2 * len(records)


def test_an_order_handed_in_twice_is_a_duplicate(shop: Shop) -> None:
    outcomes = shop.place(wanted(), wanted())
    outcomes += shop.place(wanted())

    assert outcomes == ["applied", "duplicate", "duplicate"]
    assert len(shop.records(RECEIVED)) == 1


def test_many_orders_in_one_batch_end_each_for_itself(shop: Shop) -> None:
    shop.place(*[wanted(order_id(n), quantity=1) for n in range(1, 41)])
    shop.run()

    assert len(journal.applied(shop.hops())) == 40 * 16
    assert (shop.product().on_hand, shop.product().reserved) == (60, 0)
    assert len(shop.outside.mailbox.mails()) == 40


# -- what a record looks like -----------------------------------------------------------------------------------------


def test_every_record_carries_its_orders_key_and_the_correlation_and_nothing_else(shop: Shop) -> None:
    shop.place(wanted())
    shop.run()

    records = list(shop.broker.read(list(TOPICS)))
    assert len(records) == 5
    assert {record.key for record in records} == {FIRST.encode()}
    assert {tuple(record.headers) for record in records} == {(("kafka_correlationId", b"c-1"),)}


def test_an_answer_copies_the_questions_correlation_or_takes_the_orders_id(shop: Shop) -> None:
    shop.put(RECEIVED, encode(received()), headers=[("kafka_correlationId", b"theirs"), ("__TypeId__", b"Order")])
    shop.put(RECEIVED, encode(received(id=SECOND)))

    turn(shop.workers["stock"])

    assert [record.headers for record in shop.records(RESERVED)] == [
        [("kafka_correlationId", b"theirs")], [("kafka_correlationId", SECOND.encode())],
    ]


def test_an_answer_goes_to_its_questions_partition(open_shop: Any) -> None:
    shop = open_shop(partitions=3)
    log = shop.workers["orders"].log
    log.send([Outgoing(RECEIVED, None, encode(received(id=order_id(n))), (), n % 3) for n in range(9)])

    shop.run()

    for topic in (RESERVED, TO_PAY, PAID, APPROVED):  # the last two answer a call, which answered a record
        assert {int(record.key[-1:]) % 3: record.partition for record in shop.records(topic)} == {0: 0, 1: 1, 2: 2}
        assert all(int(record.key[-1:]) % 3 == record.partition for record in shop.records(topic))


def test_an_answer_to_http_goes_where_its_key_belongs(open_shop: Any) -> None:
    shop = open_shop(partitions=3)
    shop.place(*[wanted(order_id(n)) for n in range(12)])

    assert {record.partition for record in shop.records(RECEIVED)} == {0, 1, 2}


# -- crashes ----------------------------------------------------------------------------------------------------------


def run_with_crashes(shop: Shop, name: str, verb: str) -> int:
    """Runs the shop; one service's process dies before a verb, once for each batch that it ever has in hand."""
    died: set[Any] = set()
    deadline, moved = time.monotonic() + 10, True
    while moved:
        assert time.monotonic() < deadline, "the shop still moves after 10 s"
        moved = False
        for service in list(shop.workers):
            worker = shop.workers[service]
            moved |= bool(worker.poll())
            for step in ("handle", "publish", "commit"):
                hand = (*(d.identity for d in worker.batch), *(row.identity for row in worker.outgoing))
                if service == name and step == verb and hand and hand not in died:
                    died.add(hand)
                    shop.crash(name)
                    moved = True
                    break
                moved |= bool(worker.outgoing or worker.courier.open)
                getattr(worker, step)()
    return len(died)


@pytest.mark.parametrize("verb", ["handle", "publish", "commit"])
@pytest.mark.parametrize("name", ["orders", "stock", "payments", "shipments", "notifications"])
@pytest.mark.parametrize("story", ["happy", "denied"])
def test_a_crash_between_any_two_verbs_has_the_same_effects_once(shop: Shop, story: str, name: str, verb: str) -> None:
    shop.place(ORDERS[story])

    crashes = run_with_crashes(shop, name, verb)

    assert crashes >= 1 or (name, story) == ("shipments", "denied")
    assert end_of(shop, story) == ENDS[story]
    assert applied_steps(shop.hops()) == STEPS[story]
    assert all(entry["conflicts"] == 0 for entry in shop.outside.payment_broker.ledger.entries())


@pytest.mark.parametrize("verb", ["handle", "publish", "commit"])
def test_a_crash_with_many_orders_in_flight_charges_and_ships_each_once(shop: Shop, verb: str) -> None:
    shop.place(*[wanted(order_id(n), quantity=1) for n in range(1, 11)])

    for name in list(shop.workers):
        run_with_crashes(shop, name, verb)

    assert len(journal.applied(shop.hops())) == 10 * 16
    assert len(shop.outside.payment_broker.ledger.entries()) == 10
    assert (shop.product().on_hand, shop.product().reserved) == (90, 0)


def test_a_money_answer_lost_in_a_crash_is_asked_again_with_the_same_key(shop: Shop) -> None:
    shop.put(TO_PAY, encode(to_pay()))
    payments = shop.workers["payments"]
    turn(payments)
    before = shop.outside.payment_broker.ledger.entries()

    shop.crash("payments")
    shop.run()

    (before_crash,), (after,) = before, shop.outside.payment_broker.ledger.entries()
    assert (before_crash["attempts"], after["attempts"], after["key"]) == (1, 2, before_crash["key"])
    assert len(shop.records(PAID)) == 1


def test_a_batch_is_kept_until_it_is_committed(shop: Shop) -> None:
    shop.put(RECEIVED, encode(received()))
    stock = shop.workers["stock"]
    batch = stock.poll()

    again = stock.poll()
    stock.handle()
    stock.handle()
    stock.publish()
    stock.publish()
    stock.commit()

    assert again is batch
    assert len(shop.records(RESERVED)) == 1
    assert stock.poll() == []


def test_nothing_is_committed_before_it_is_handled(shop: Shop) -> None:
    shop.put(RECEIVED, encode(received()))
    stock = shop.workers["stock"]
    stock.poll()

    stock.commit()

    assert len(stock.batch) == 1
    assert stock.log.lag()[RECEIVED, 0].records == 1


def test_a_commit_refused_by_a_rebalance_is_no_error_and_changes_nothing(shop: Shop) -> None:
    shop.put(RECEIVED, encode(received()))
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()
    shop.broker.evict("stock", "stock-1")

    stock.publish()
    stock.commit()
    shop.run()

    assert len(shop.records(RESERVED)) == 1
    assert [hop.outcome for hop in shop.hops() if hop.to == "stock"] == ["applied", "duplicate"]


def test_the_rows_of_a_dead_owner_are_claimed_after_the_lease_and_not_before(shop: Shop, tmp_path: Path) -> None:
    shop.put(RECEIVED, encode(received()))
    stock, service = shop.workers["stock"], shop.services["stock"]
    stock.poll()
    stock.handle()
    with shop.stores["stock"].begin() as db:
        claimed = db.execute(select(OUTBOX.c.claimed_at)).scalar_one()

    found = {}
    for early, name in ((hops.timedelta(seconds=1), "too early"), (-hops.timedelta(seconds=1), "in time")):
        at = hops.earlier(claimed, early - LEASE)
        log = shop.broker.join("stock", list(service.topics()), "stock-2")
        other = Worker(service, log, shop.stores["stock"], Journal(None), Courier({}, 0), replica="stock-2", now=lambda at=at: at)
        other.poll()
        found[name] = [row.identity for row in other.outgoing]
        shop.broker.evict("stock", "stock-2")

    assert found == {"too early": [], "in time": [(FIRST, RESERVED)]}


def test_tickets_and_answers_are_kept_while_the_log_is_away(shop: Shop) -> None:
    import asyncio

    async def placing() -> str:
        orders = shop.workers["orders"]
        task = asyncio.create_task(shop.intake.hand_in(wanted(), "c-1"))
        await asyncio.sleep(0)
        shop.broker.join("orders", list(orders.service.topics()), "orders-1")
        with pytest.raises(LogUnavailable, match="another process is orders-1"):
            orders.poll()
        shop.broker.evict("orders", "orders-1")
        turn(orders)
        return await asyncio.wait_for(task, 2)

    assert asyncio.run(placing()) == "applied"


# -- faults -----------------------------------------------------------------------------------------------------------


class Till(Service):
    """Counts what was paid; breaks on the orders it is told to break on."""

    name = "till"
    tables = MetaData()
    PAID = Table("paid", tables, Column("order_id", String(36), primary_key=True), Column("times", Integer))

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.away: Exception | None = None
        self.calls: list[str] = []
        self.ticks: list[Tick] = []

    def load(self, db: Connection, messages: Sequence[Any]) -> dict[str, int]:
        if self.away:
            raise self.away
        rows = fetch(db, self.PAID, self.PAID.c.order_id, (message.id for message in messages))
        return {row.order_id: row.times for row in rows}

    def save(self, db: Connection, state: dict[str, int]) -> None:
        put(db, self.PAID, [{"order_id": id, "times": times} for id, times in state.items()])

    @on(PaymentProcessed)
    def count(self, state: dict[str, int], paid: PaymentProcessed) -> Iterator[Message]:
        self.calls.append(paid.id)
        state[paid.id] = state.get(paid.id, 0) + 1
        yield PaymentFailed(paid.id, "to be seen")
        if paid.id in self.broken:
            raise self.broken[paid.id]

    @on(OrderApproved)
    def look(self, state: dict[str, int], order: OrderApproved) -> None:
        self.calls.append(order.id)

    @every(0.05)
    def tick(self, state: dict[str, int], tick: Tick) -> None:
        self.ticks.append(tick)


class Stand:
    """The till with its worker, its topics, its database and its journal."""

    def __init__(self, folder: Path) -> None:
        self.till, self.folder, self.pauses = Till(), folder, list[float]()
        self.broker, self.store = MemoryBroker(), Store("sqlite://", self.till)
        self.broker.create({topic: 1 for topic in TOPICS})
        log = self.broker.join("till", list(self.till.topics()), "till-1")
        book = Journal(folder / "till-1.jsonl")
        self.worker = Worker(self.till, log, self.store, book, Courier({}, 0), pause=self.pauses.append)

    def put(self, *values: bytes | None, topic: str = PAID, **others: Any) -> None:
        self.worker.log.send([Outgoing(topic, others.get("key"), value, others.get("headers", ())) for value in values])

    def paid(self) -> dict[str, int]:
        with self.store.begin() as db:
            return {row.order_id: row.times for row in db.execute(select(Till.PAID))}

    def dead(self, topic: str = PAID) -> list[Any]:
        return list(self.broker.read([f"{topic}.till.dlt"]))

    def outcomes(self) -> list[str]:
        return [hop.outcome for hop in journal.read_file(self.folder / "till-1.jsonl")]

    def inbox(self) -> int:
        with self.store.begin() as db:
            taken = select(func.count()).select_from(INBOX).where(INBOX.c.source != "tick")
            return db.execute(taken).scalar_one()

    def lag(self, topic: str = PAID) -> int:
        return self.worker.log.lag()[topic, 0].records


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.worker.close()


def test_a_broken_handler_is_tried_three_times_then_dead_lettered(stand: Stand) -> None:
    stand.till.broken[FIRST] = ZeroDivisionError("the till jams")
    headers = [("kafka_correlationId", b"c-1"), ("theirs", b"\xff\x00")]
    stand.put(encode(PaymentProcessed(FIRST)), key=b"their key", headers=headers)

    turn(stand.worker)

    (dead,) = stand.dead()
    added = dict(dead.headers[2:])
    assert stand.till.calls == [FIRST] * TRIES == [FIRST] * 3
    assert stand.pauses == [PAUSE_BETWEEN_TRIES] * 2 and sum(stand.pauses) < 2
    assert (dead.key, dead.value, dead.headers[:2]) == (b"their key", encode(PaymentProcessed(FIRST)), headers)
    assert added.pop("dlt_at").decode().endswith("Z")
    assert added == {
        "dlt_topic": PAID.encode(), "dlt_partition": b"0", "dlt_offset": b"0", "dlt_error": b"the till jams",
    }
    assert stand.outcomes() == ["failed", "failed", "dead-lettered"]


def test_a_dead_letter_leaves_no_trace_but_its_record_so_that_a_replay_counts(stand: Stand) -> None:
    stand.till.broken[FIRST] = ZeroDivisionError()
    stand.put(encode(PaymentProcessed(FIRST)))
    turn(stand.worker)
    before = (stand.paid(), stand.inbox(), stand.lag(), len(list(stand.broker.read(["payment.order-payment-failed"]))))

    stand.till.broken.clear()
    stand.put(stand.dead()[0].value)
    turn(stand.worker)

    assert before == ({}, 0, 0, 0)
    assert (stand.paid(), stand.inbox()) == ({FIRST: 1}, 1)


def test_a_broken_rule_is_dead_lettered_at_once(stand: Stand) -> None:
    stand.till.broken[FIRST] = DomainError("order 1 has no products")
    stand.put(encode(PaymentProcessed(FIRST)))

    turn(stand.worker)

    assert (stand.till.calls, stand.pauses) == ([FIRST], [])
    assert dict(stand.dead()[0].headers)["dlt_error"] == b"order 1 has no products"


def test_a_fault_that_passes_is_tried_again_and_applied(stand: Stand) -> None:
    stand.till.broken[FIRST] = ZeroDivisionError()
    stand.worker._pause = lambda seconds: stand.till.broken.clear()
    stand.put(encode(PaymentProcessed(FIRST)))

    turn(stand.worker)

    assert (stand.paid(), stand.outcomes()) == ({FIRST: 1}, ["failed", "applied"])


@pytest.mark.parametrize("where", [0, 1, 49, 98, 99])
def test_one_bad_message_among_many_does_not_stop_the_others(stand: Stand, where: int) -> None:
    stand.till.broken[order_id(where)] = ZeroDivisionError()
    stand.put(*[encode(PaymentProcessed(order_id(number))) for number in range(100)])

    turn(stand.worker)

    assert stand.paid() == {order_id(number): 1 for number in range(100) if number != where}
    assert [json.loads(dead.value)["id"] for dead in stand.dead()] == [order_id(where)]
    assert stand.lag() == 0
    assert sorted(stand.outcomes()) == ["applied"] * 99 + ["dead-lettered"] + ["failed"] * 2
    assert len(list(stand.broker.read(["payment.order-payment-failed"]))) == 99


UNREADABLE = {
    "no JSON": b"hello",
    "half a JSON": b'{"id":',
    "nothing": b"",
    "null": None,
    "null in JSON": b"null",
    "a list": b"[]",
    "no id": b"{}",
    "an id that is none": b'{"id":"order-1"}',
    "a line feed after the id": b'{"id":"%s\\n"}' % FIRST.encode(),
    "missing fields": b'{"id":"%s"}' % FIRST.encode(),
    "not UTF-8": encode(approved()).replace(b"Ada", b"\xff\xfe"),
    "half a surrogate": encode(approved()).replace(b"Ada", b"\\ud800"),
    "a huge total": encode(approved()).replace(b"10.00", b"1e999999999"),
    "a total beyond decimals": encode(approved()).replace(b"10.00", b'"1e999999999999999999999"'),
    "a signalling NaN": encode(approved()).replace(b"10.00", b'"sNaN"'),
    "a name that breaks a header": encode(approved()).replace(b"Ada", b"Ada\\nBcc: eve@example.org"),
    "an encoded word": encode(approved()).replace(b"Ada", b"=?utf-8?q?eve?="),
    "nested deeply": b"[" * 200_000,
    "nested deeply in a field": b'{"id":' + b'{"a":' * 100_000,
    "1 MB": b"x" * 1024 * 1024,
    "zero bytes": b"\x00" * 100,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_record_is_dead_lettered_and_the_partition_moves_on(stand: Stand, name: str) -> None:
    poison = UNREADABLE[name]
    stand.put(encode(approved()), poison, encode(approved(SECOND)), topic=APPROVED, key=b"k", headers=[("theirs", b"1")])

    turn(stand.worker)
    turn(stand.worker)

    (dead,) = stand.dead(APPROVED)
    assert (dead.key, dead.value, dead.headers[0]) == (b"k", poison, ("theirs", b"1"))
    assert dict(dead.headers)["dlt_offset"] == b"1" and dict(dead.headers)["dlt_error"]
    assert stand.till.calls == [FIRST, SECOND]
    assert (stand.inbox(), stand.lag(APPROVED), stand.pauses) == (2, 0, [])
    assert sorted(stand.outcomes()) == ["applied", "applied", "dead-lettered"]


def test_a_dead_letter_after_a_crash_is_the_same_dead_letter(shop: Shop) -> None:
    shop.put(RECEIVED, b"hello")
    stock = shop.workers["stock"]
    stock.poll()
    stock.handle()

    shop.crash("stock")
    shop.run()

    with shop.stores["stock"].read() as db:
        assert db.execute(select(func.count()).select_from(OUTBOX)).scalar_one() == 1
    assert {(r.value, dict(r.headers)["dlt_offset"]) for r in shop.records(f"{RECEIVED}.stock.dlt")} == {(b"hello", b"0")}


@pytest.mark.parametrize("count", [1, 5])
def test_a_database_that_is_away_keeps_the_batch_and_dead_letters_nothing(stand: Stand, count: int) -> None:
    stand.till.away = OperationalError("select", {}, Exception("the database is away"))
    stand.put(*[encode(PaymentProcessed(order_id(number))) for number in range(count)])
    stand.worker.poll()

    for _ in range(TRIES + 1):
        with pytest.raises(OperationalError):
            stand.worker.handle()

    assert (stand.pauses, stand.outcomes(), "payment.order-payment-processed.till.dlt" in stand.broker.topics()) == (
        [], [], False,
    )
    stand.till.away = None
    turn(stand.worker)
    assert (len(stand.paid()), stand.lag()) == (count, 0)


def test_a_timer_delivers_its_ticks_and_they_are_no_hops(stand: Stand) -> None:
    wait_until(lambda: turn(stand.worker) and len(stand.till.ticks) >= 3, "three ticks", seconds=5)

    assert len({tick.id for tick in stand.till.ticks}) == len(stand.till.ticks)
    assert stand.outcomes() == []


def test_a_message_that_a_refused_order_leaves_behind_reaches_nobody_twice(shop: Shop) -> None:
    shop.put(PAID, encode(PaymentProcessed(FIRST)))

    shop.run()

    (dead,) = shop.records(f"{PAID}.orders.dlt")
    assert dict(dead.headers)["dlt_error"] == f"there is no order {FIRST}".encode()
    assert shop.records(APPROVED) == []


# -- outside systems that do not answer -------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["fail", "drop_after_charging"])
def test_a_broker_that_does_not_answer_is_asked_again_and_charges_once(shop: Shop, switch: str) -> None:
    setattr(shop.outside.payment_broker.switches, switch, 1)
    shop.place(wanted())

    shop.run()

    calls = [hop for hop in shop.hops() if hop.to == "payment_broker"]
    assert sorted(hop.outcome for hop in calls) == ["applied", "failed"]
    assert end_of(shop, "happy") == ENDS["happy"]
    assert applied_steps(shop.hops()) == STEPS["happy"]


def test_a_mailbox_that_took_the_letter_and_hung_up_has_it_once(shop: Shop) -> None:
    shop.outside.mailbox.switches.drop_after_receiving = 1
    shop.place(wanted())

    shop.run()

    (mail,) = shop.outside.mailbox.mails()
    assert mail["copies"] == 2
    assert applied_steps(shop.hops()) == STEPS["happy"]


def test_a_stand_in_for_orders_is_served_by_the_others(shop: Shop) -> None:
    theirs = b'{"id":"%s","customerName":"Ada","products":[{"sku":1,"name":null,"price":null}],' % FIRST.encode()
    theirs += b'"payment":{"paymentMethod":"CREDIT"},"colour":"red"}'

    shop.put(RECEIVED, theirs, theirs)
    shop.put(APPROVED, theirs)
    shop.workers["stock"].poll()
    shop.run()

    assert dict(shop.outside.shipment_company.ledger.entries()[0])["order"] == FIRST
    assert msgspec.json.decode(shop.records(RESERVED)[0].value)["total"] == 5.0
    assert shop.broker.topics().keys() == TOPICS.keys()
    assert isinstance(msgspec.json.decode(theirs, type=OrderReceived), OrderReceived)
