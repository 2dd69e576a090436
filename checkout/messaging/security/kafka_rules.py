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
    """Returns the rules of a user, each with one operation.

    What denies, is for one host only, or for all names with a prefix, is no `AccessRule`, and is not among them.
    """
    return {_rule(acl) for acl in _acls_of(admin, user) if _is_rule(acl)}


def set_rules(admin: Any, users: Iterable[str], rules: Sequence[AccessRule]) -> None:
    """Makes these the only rules of these users; all else that the cluster has of them is deleted."""
    wanted = {rule._replace(operations=(operation,)) for rule in rules for operation in rule.operations}
    found = [acl for user in sorted(users) for acl in _acls_of(admin, user)]
    present = [acl for acl in found if _is_rule(acl) and _rule(acl) in wanted]
    if missing := wanted - {_rule(acl) for acl in present}:
        _raise_first(admin.create_acls([_acl(rule) for rule in sorted(missing)])["failed"])
    if superfluous := [acl for acl in found if acl not in present]:
        deleted = admin.delete_acls([_only(acl) for acl in superfluous])
        _raise_first(error for _, _, error in deleted)


def _acls_of(admin: Any, user: str) -> Sequence[ACL]:
    everything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    wanted = ACLFilter(f"User:{user}", None, ACLOperation.ANY, ACLPermissionType.ANY, everything)
    found: Sequence[ACL] = admin.describe_acls(wanted)[0]
    return found


def _is_rule(acl: ACL) -> bool:
    kind = acl.permission_type, acl.resource_pattern.pattern_type, acl.host
    return kind == (ACLPermissionType.ALLOW, ACLResourcePatternType.LITERAL, ANY_HOST)


def _rule(acl: ACL) -> AccessRule:
    resource, user = acl.resource_pattern, acl.principal.removeprefix("User:")
    return AccessRule(user, resource.resource_type.name.lower(), resource.resource_name, (_written(acl.operation),))


def _acl(rule: AccessRule) -> ACL:
    resource = ResourcePattern(ResourceType[rule.kind.upper()], rule.name, ACLResourcePatternType.LITERAL)
    operation = next(each for each in ACLOperation if _written(each) == rule.operations[0])
    return ACL(f"User:{rule.user}", ANY_HOST, operation, ACLPermissionType.ALLOW, resource)


def _only(acl: ACL) -> ACLFilter:
    # A filter of its own type, host and pattern: one made from a rule would miss what is no rule.
    of = acl.resource_pattern
    resource = ResourcePatternFilter(of.resource_type, of.resource_name, of.pattern_type)
    return ACLFilter(acl.principal, acl.host, acl.operation, acl.permission_type, resource)


def _raise_first(problems: Iterable[Any]) -> None:
    for error in problems:
        if error is not errors.NoError:
            raise error


def _written(operation: ACLOperation) -> str:
    return "".join(word.capitalize() for word in operation.name.split("_"))
