"""Kafka rules: reads and changes the access rules of users on a cluster (Kafka calls them ACLs)."""

from collections.abc import Iterable, Sequence
from typing import Any

from kafka import errors
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from checkout.messaging.security.access_rules import AccessRule

ANY_HOST = "*"


def rules_of(admin: Any, user: str) -> set[AccessRule]:
    """Returns the rules of a user, each with one operation."""
    everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    wanted = ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, everything)
    found, _ = admin.describe_acls(wanted)
    return {
        AccessRule(user, acl.resource_pattern.resource_type.name.lower(), acl.resource_pattern.resource_name,
                   (_written(acl.operation),))
        for acl in found
    }  # fmt: skip


def set_rules(admin: Any, rules: Sequence[AccessRule]) -> None:
    """Makes these the only rules of the users that they name."""
    wanted = {rule._replace(operations=(operation,)) for rule in rules for operation in rule.operations}
    present = {rule for user in sorted({rule.user for rule in rules}) for rule in rules_of(admin, user)}
    if missing := wanted - present:
        _raise_first(admin.create_acls(_acls(missing, ACL, ResourcePattern))["failed"])
    if superfluous := present - wanted:
        filters = _acls(superfluous, ACLFilter, ResourcePatternFilter)
        _raise_first(error for _, _, error in admin.delete_acls(filters))


def _acls(rules: Iterable[AccessRule], acl: Any, pattern: Any) -> list[Any]:
    return [
        acl(
            f"User:{rule.user}", ANY_HOST, _operation(rule.operations[0]), ACLPermissionType.ALLOW,
            pattern(ResourceType[rule.kind.upper()], rule.name, ACLResourcePatternType.LITERAL),
        )
        for rule in sorted(rules)
    ]  # fmt: skip


def _raise_first(problems: Iterable[Any]) -> None:
    for error in problems:
        if error is not errors.NoError:
            raise error


def _operation(written: str) -> ACLOperation:
    return next(each for each in ACLOperation if _written(each) == written)


def _written(operation: ACLOperation) -> str:
    return "".join(word.capitalize() for word in operation.name.split("_"))
