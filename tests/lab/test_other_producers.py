"""Other producers: a program of one's own publishes to the topics of a lab, and the lab goes on with its records."""

from collections.abc import Callable

import pytest
from kafka import KafkaProducer
from sample import FIRST, SECOND, order_received

from checkout.framework.message import encode
from checkout.lab import Lab, LabError
from checkout.messaging.log import ProducerRecord

OpenLab = Callable[..., Lab]
RECEIVED = "order.new-order-received"


def publish(lab: Lab, *values: bytes) -> None:
    """Publishes records past the lab, as another program does."""
    member = lab._environment.broker.join("another-program", [RECEIVED], "another-program-1", assign=True)
    member.send([ProducerRecord(RECEIVED, FIRST.encode(), value) for value in values])
    member.close()


def test_an_order_of_another_program_is_handled_to_its_end(open_lab: OpenLab) -> None:
    lab = open_lab()
    lab.place_order("enamel mug")
    lab.run()

    publish(lab, encode(order_received()))

    assert lab.explain() == "Next: stock-1 polls order.new-order-received[0]@1."
    moments = lab.run()
    assert {moment.order for moment in moments} == {"order-2"} and moments[0].hop.step == 4
    assert lab.orders["status"].tolist().count("APPROVED") == 2
    noted = [moment.sentence for moment in lab.moments if moment.hop.sender == "lab"]
    assert noted == ["The lab: another program has published order.new-order-received[0]@1."]


def test_records_of_another_program_and_of_the_lab_alternate(open_lab: OpenLab) -> None:
    lab = open_lab()
    publish(lab, b"not JSON")
    lab.place_order("enamel mug")
    publish(lab, encode(order_received()), encode(order_received()))

    lab.run()

    assert lab.messages["topic"].tolist().count(RECEIVED) == 4
    assert len(lab.dead_letters) == 1 and lab.orders["status"].tolist() == ["APPROVED", "APPROVED"]
    hops = [moment.hop for moment in lab.moments]
    outcomes = [hop.outcome for hop in hops if (hop.to, hop.topic) == ("stock", RECEIVED)]
    assert sorted(outcomes) == ["applied", "applied", "dead-lettered", "duplicate"]


@pytest.mark.kafka
def test_a_client_of_ones_own_finds_the_topics_of_the_lab(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    producer = KafkaProducer(bootstrap_servers=lab.bootstrap_servers)

    producer.send(lab.topic(RECEIVED), value=encode(order_received())).get(timeout=10)
    producer.close()
    lab.run()

    assert lab.orders["status"].tolist() == ["APPROVED"]


def test_a_lab_in_memory_has_no_address(lab: Lab) -> None:
    for read in (lambda: lab.bootstrap_servers, lambda: lab.topic(RECEIVED)):
        with pytest.raises(LabError, match=r'a lab in memory has no Kafka: Lab\(log="kafka"\) has one'):
            read()


@pytest.mark.kafka
def test_an_aborted_transaction_and_its_markers_are_skipped(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    topic = lab.topic(RECEIVED)
    producer = KafkaProducer(bootstrap_servers=lab.bootstrap_servers, transactional_id=lab.topic("writer"))
    producer.init_transactions()
    for id, end in ((FIRST, producer.commit_transaction), (SECOND, producer.abort_transaction)):
        producer.begin_transaction()
        producer.send(topic, encode(order_received(id=id)), id.encode()).get(timeout=10)
        end()
    producer.close()

    lab.run()
    lab.place_order("enamel mug")
    moments = lab.run()

    assert lab.orders["status"].tolist() == ["APPROVED", "APPROVED"]
    assert "order.new-order-received[0]@4" in {moment.place for moment in moments}
