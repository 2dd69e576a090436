"""Secured store: the logins of a store on a secured Kafka, and how one of its replicas is started again."""

import msgspec

from checkout.local_kafka import security
from checkout.processes.supervisor import Supervisor
from checkout.settings import KafkaSecurity


def restart(store: Supervisor, replica: str, **settings: str) -> None:
    """Stops a replica and starts it with other settings."""
    store.processes[replica].pid.stop(10)
    store.launch(replica, **settings)
    store.wait_until_ready([replica])


def login_of(store: Supervisor, user: str = security.OPERATOR, **changes: str) -> KafkaSecurity:
    """The login of a user, by default the operator, with changes."""
    return msgspec.structs.replace(security.client_security(store.settings.home, user), **changes)
