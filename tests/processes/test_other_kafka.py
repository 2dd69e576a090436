"""Other Kafka: a service whose sent records are not in Kafka refuses to start, instead of waiting for ever."""

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sample import order_id
from sqlalchemy import select
from worker.outbox_rows import add, outbox_row

from checkout.framework.sql import utc_text
from checkout.journal.hop import utc_now
from checkout.messaging.kafka_log import KafkaBroker
from checkout.messaging.log import ProducerRecord
from checkout.processes.service_process import OtherKafka, check_kafka
from checkout.services.stock import Stock
from checkout.worker.database import ServiceDatabase
from checkout.worker.outbox import OUTBOX, OutboxResult, mark_done

pytestmark = pytest.mark.kafka
RESERVED = "stock.order-products-reserved"


@pytest.fixture
def broker(kafka: str) -> Iterator[KafkaBroker]:
    """A Kafka in which partition 1 of a topic ends at offset 3."""
    with closing(KafkaBroker(kafka, f"test-{uuid.uuid4().hex[:8]}--")) as broker:
        broker.create({RESERVED: 2})
        with closing(broker.join("stock", [], "stock-1", assign=True)) as log:
            log.send([ProducerRecord(RESERVED, None, b"{}", (), 1)] * 3)
        yield broker
        broker.delete()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[ServiceDatabase]:
    database = ServiceDatabase(f"sqlite:///{tmp_path / 'stock.db'}", Stock())
    yield database
    database.close()


def store_as_sent(database: ServiceDatabase, partition: int, *offsets: int) -> None:
    with database.begin() as db:
        rows = add(db, [outbox_row(order_id(n), RESERVED) for n in range(len(offsets))], "stock-1")
        at = utc_text(utc_now())
        mark_done(db, [OutboxResult(row.number, at, partition, n) for row, n in zip(rows, offsets, strict=True)])


def test_a_database_without_sent_records_fits_any_kafka(broker: KafkaBroker, database: ServiceDatabase) -> None:
    check_kafka(database, broker, "stock-1")


def test_a_database_whose_records_are_in_kafka_fits_it(broker: KafkaBroker, database: ServiceDatabase) -> None:
    store_as_sent(database, 1, 2, 1, 0)

    check_kafka(database, broker, "stock-1")


@pytest.mark.parametrize(("partition", "offset", "end"), [(1, 3, 3), (0, 0, 0), (7, 0, 0)])
def test_a_record_that_is_not_in_kafka_is_named(
    broker: KafkaBroker, database: ServiceDatabase, partition: int, offset: int, end: int
) -> None:
    store_as_sent(database, partition, offset)

    expected = f"stock-1 has sent offset {offset} of {RESERVED}, partition {partition}, which ends at {end} in Kafka"
    with pytest.raises(OtherKafka, match=expected + ".*move the databases away, too"):
        check_kafka(database, broker, "stock-1")


def test_a_topic_that_does_not_exist_is_named(broker: KafkaBroker, database: ServiceDatabase) -> None:
    store_as_sent(database, 0, 0)
    with database.begin() as db:
        db.execute(OUTBOX.update().values(destination="stock.gone"))
        assert db.execute(select(OUTBOX.c.destination)).scalars().all() == ["stock.gone"]

    with pytest.raises(OtherKafka, match="of stock.gone, partition 0, which ends at 0"):
        check_kafka(database, broker, "stock-1")
