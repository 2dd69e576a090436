"""Checks before the start: settings that do not fit together, and stores that are running already."""

from collections.abc import Mapping, Sequence

from checkout.messaging.kafka_log import KafkaBroker
from checkout.processes.shop_file import ShopError, find_shop
from checkout.settings import Settings, WrongSetting
from checkout.system.deadline import wait_until

MEMBERS_LEAVE_WITHIN = 12.0  # seconds: longer than the session timeout of a member that was killed


def check_groups(broker: KafkaBroker, services: Sequence[str]) -> None:
    """Raises ShopError when a consumer group of these services keeps members for MEMBERS_LEAVE_WITHIN seconds."""
    # A second store with the same groups would get some of the first one's records, and neither would say so.
    members: dict[str, list[str]] = {}

    def have_left() -> bool:
        members.clear()
        members.update(broker.members(services))
        return not members

    try:
        wait_until(have_left, MEMBERS_LEAVE_WITHIN, pause=0.5)
    except TimeoutError:
        group, replicas = next(iter(members.items()))
        servers, prefix = broker.connection.bootstrap_servers, broker.connection.prefix
        raise ShopError(
            f"the consumer group {prefix}{group} at Kafka {servers} has the member {replicas[0]} already: stop the "
            f"other store, or set CHECKOUT_PREFIX to another name, such as second--"
        ) from None


def check_settings(settings: Settings, scale: Mapping[str, int]) -> None:
    """Raises WrongSetting for settings that do not fit together, and ShopError when the home has a running store."""
    for name, count in scale.items():
        if count > 1 and not settings.database_url:
            raise WrongSetting(f"{name} cannot have {count} replicas on SQLite, which serves one: add --postgres")
    if settings.secured and settings.bootstrap_servers and not settings.kafka_security.has_tls:
        servers, remedy = settings.bootstrap_servers, "leave out --secured, or unset it to start a local one"
        raise WrongSetting(f"CHECKOUT_BOOTSTRAP_SERVERS names the Kafka at {servers}: {remedy}")
    path = settings.home / "store.json"
    if path.exists() and any(process.pid.is_alive() for process in find_shop(settings.home).processes):
        raise ShopError(f"a store is already running below {settings.home}: stop it, or set CHECKOUT_HOME")
