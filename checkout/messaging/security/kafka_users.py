"""Kafka users: creates and deletes the users of a cluster that log in with SCRAM, as its administrator."""

from collections.abc import Mapping
from typing import Any

from kafka import errors
from kafka.admin import UserScramCredentialDeletion, UserScramCredentialUpsertion

from checkout.messaging.security.kafka_rules import set_rules


def set_passwords(admin: Any, mechanism: str, passwords: Mapping[str, str]) -> None:
    """Creates users with these passwords, or changes theirs."""
    _change(admin, [UserScramCredentialUpsertion(user, mechanism, each) for user, each in passwords.items()])


def delete_users(admin: Any, prefix: str) -> None:
    """Deletes the users with this prefix, and all rules about them."""
    known: Mapping[str, Any] = admin.describe_user_scram_credentials()
    found = {user: known[user]["credential_infos"] for user in known if user.startswith(prefix)}
    set_rules(admin, found, [])
    _change(admin, [UserScramCredentialDeletion(user, each["mechanism"]) for user in found for each in found[user]])


def _change(admin: Any, changes: list[Any]) -> None:
    refused = admin.alter_user_scram_credentials(changes) if changes else {}
    if problems := [problem for problem in refused.values() if problem]:
        reason = problems[0].rpartition(") ")[2]  # after the request as Java prints it
        raise errors.ClusterAuthorizationFailedError(f"to change a user {reason}")
