"""Groups: the checker's own table of consumer groups is that of the store."""

from checkout.checker.facts import GROUPS
from checkout.registry import STORE


def test_the_groups_of_the_checker_read_the_topics_of_the_services() -> None:
    assert {name: set(topics) for name, topics in GROUPS.items()} == {
        service.name: set(service.topics()) for service in STORE.services
    }
