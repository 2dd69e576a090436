"""Kafka access: the rules that each service of a system needs on a cluster which denies everything else."""

from collections.abc import Iterator

from checkout.framework.service import Service
from checkout.messaging.log import DEAD_LETTERS
from checkout.messaging.security.access_rules import (
    CREATE,
    DESCRIBE,
    DESCRIBE_CONFIGS,
    GROUP,
    READ,
    TOPIC,
    WRITE,
    AccessRule,
)
from checkout.registry import Registry


def user_of(service: str, prefix: str = "") -> str:
    """The user as which a service logs in: the name of its consumer group."""
    return prefix + service


def access_rules(registry: Registry, prefix: str = "") -> list[AccessRule]:
    """The rules of every service: read what it handles, write what it sends, commit in its own group.

    A service creates the topics of its dead letters, each when it is first needed. Needs no rule for replicas, which
    share user and group, nor for transactions, which the services do not use.
    """
    return [rule for service in registry.services for rule in _rules(registry, service, prefix)]


def _rules(registry: Registry, service: type[Service], prefix: str) -> Iterator[AccessRule]:
    user = user_of(service.name, prefix)
    for topic in sorted(service.topics()):
        yield AccessRule(user, TOPIC, prefix + topic, (READ, DESCRIBE))
    for topic, message in sorted(registry.message_types.by_topic.items()):
        if message.sender == service.name:
            yield AccessRule(user, TOPIC, prefix + topic, (WRITE, DESCRIBE))
    for topic in sorted(service.topics()):
        dead_letters = f"{prefix}{topic}.{service.name}{DEAD_LETTERS}"
        yield AccessRule(user, TOPIC, dead_letters, (CREATE, DESCRIBE, DESCRIBE_CONFIGS, WRITE))
    yield AccessRule(user, GROUP, user, (READ,))
