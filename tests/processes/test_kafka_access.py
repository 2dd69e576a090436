"""Kafka access: each service may do what its messages need, and nothing else."""

import pytest
from restaurant import RESTAURANT

from checkout.messages import TOPICS
from checkout.messaging.security.access_rules import CREATE, DESCRIBE, GROUP, READ, TOPIC, WRITE, AccessRule
from checkout.processes.kafka_access import access_rules
from checkout.registry import STORE, Registry


def allowed(rules: list[AccessRule], operation: str) -> dict[str, set[str]]:
    """Topics by user on which an operation is allowed, without those of dead letters."""
    users = {rule.user for rule in rules}
    return {
        user: {rule.name for rule in rules if rule[:2] == (user, TOPIC) and operation in rule.operations}
        - {rule.name for rule in rules if rule.name.endswith(".dlt")}
        for user in users
    }


def test_each_topic_has_one_writer_and_the_readers_that_the_diagram_draws() -> None:
    rules = access_rules(STORE)

    writers, readers = allowed(rules, WRITE), allowed(rules, READ)

    assert {topic: [user for user in writers if topic in writers[user]] for topic in TOPICS} == {
        topic: [message.sender] for topic, message in TOPICS.items()
    }
    assert {user for user in readers if "order.new-order-approved" in readers[user]} == {
        "stock", "shipments", "notifications",
    }  # fmt: skip
    assert readers["payments"] == {"order.process-order-payment", "order.refund-order-payment"}


@pytest.mark.parametrize(("registry", "prefix"), [(STORE, ""), (STORE, "second--"), (RESTAURANT, "r--")])
def test_the_rules_cover_every_topic_and_group_with_the_prefix(registry: Registry, prefix: str) -> None:
    rules = access_rules(registry, prefix)

    assert {rule.user for rule in rules} == {prefix + name for name in registry.by_name}
    assert all(rule.name.startswith(prefix) for rule in rules)
    assert {rule[0]: rule.name for rule in rules if rule.kind == GROUP} == {
        prefix + name: prefix + name for name in registry.by_name
    }
    for service in registry.services:
        own = {rule.name for rule in rules if rule.user == prefix + service.name}
        assert own >= {prefix + topic for topic in service.topics()}
        assert own >= {f"{prefix}{topic}.{service.name}.dlt" for topic in service.topics()}


def test_a_service_creates_only_topics_of_its_own_dead_letters() -> None:
    created = [rule for rule in access_rules(STORE) if CREATE in rule.operations]

    assert created and all(rule.name.endswith(f".{rule.user}.dlt") for rule in created)
    assert {operation for rule in access_rules(STORE) for operation in rule.operations} == {
        READ, WRITE, DESCRIBE, CREATE, "DescribeConfigs",
    }  # fmt: skip
