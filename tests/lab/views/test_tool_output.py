"""Tool output: what Kafka's own tools say about a lab is what the lab's tables say."""

from collections.abc import Callable

import pytest

from checkout.lab import Lab, LabError
from checkout.lab.views.tool_output import ToolOutput

OpenLab = Callable[..., Lab]
DESCRIBED = """
Consumer group 'stock' has no active members.

GROUP  TOPIC  PARTITION  CURRENT-OFFSET  LAG
stock  a      0          2               1
stock  b      1          -               -

GROUP  TOPIC  PARTITION  CURRENT-OFFSET  LAG
orders c      0          0               0
"""
TOPICS = """Topic: a\tTopicId: x\tPartitionCount: 1\tReplicationFactor: 2\tConfigs: compression.type=none
\tTopic: a\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: \n"""


def test_the_tables_of_several_groups_become_one_with_numbers_as_numbers() -> None:
    table = ToolOutput(DESCRIBED, 0).table

    assert table["GROUP"].tolist() == ["stock", "stock", "orders"]
    assert table["CURRENT-OFFSET"].tolist() == [2, "-", 0]


def test_a_described_topic_becomes_a_table_of_its_partitions() -> None:
    table = ToolOutput(TOPICS, 0).table

    assert table.to_dict("records") == [
        {"Topic": "a", "Partition": 0, "Leader": 1, "Replicas": "1,2", "Isr": "1,2", "Elr": "", "LastKnownElr": ""}
    ]


def test_output_without_a_table_says_so() -> None:
    with pytest.raises(LabError, match="no table: print"):
        _ = ToolOutput("Error: Group nope not found.\n", 0).table


def test_a_lab_in_memory_has_no_tool(memory_lab: OpenLab) -> None:
    with pytest.raises(LabError, match="a lab in memory has no Kafka"):
        memory_lab().kafka_tool("consumer-groups --list")


@pytest.mark.parametrize("line", ["", "producer-perf-test --topic a"])
def test_an_unknown_tool_is_refused_with_the_known_ones(memory_lab: OpenLab, line: str) -> None:
    known = "consumer-groups, topics, get-offsets, console-consumer, acls, dump-log"
    with pytest.raises(LabError, match=f"there are {known}"):
        memory_lab().kafka_tool(line)


@pytest.mark.kafka
def test_the_tool_and_the_table_of_groups_have_the_same_lag(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.place_order("wooden spoon")
    lab.run()
    lab.place_order("wooden spoon")
    for _ in range(5):
        lab.step()

    described = lab.kafka_tool("consumer-groups --describe --group orders").table
    own = lab.groups.query("group == 'orders'")[["topic", "partition", "committed", "end", "lag"]]

    assert described["LAG"].tolist().count(1) == 1
    numbers = described[["TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG"]].values.tolist()
    assert len(numbers) == 2  # the tool lists no partition without a committed offset and without a member
    assert [row for row in own.values.tolist() if row in numbers] == sorted(numbers)


@pytest.mark.kafka
def test_the_printed_text_has_the_names_of_the_lab_in_aligned_columns(kafka_lab: OpenLab) -> None:
    lab = kafka_lab()
    lab.place_order("wooden spoon")
    lab.run()

    output = lab.kafka_tool("consumer-groups --describe --group shipments")

    assert (output.code, "lab-" in output.printed) == (0, False)
    heading, row = output.printed.splitlines()[-2:]
    assert heading.startswith("GROUP      TOPIC                     PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG")
    assert row.startswith("shipments  order.new-order-approved  0          1               1               0")
