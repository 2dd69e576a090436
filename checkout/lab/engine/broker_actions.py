"""Broker actions: a learner kills a Kafka broker of a lab, and starts those that were killed."""

from checkout.framework.message import KAFKA
from checkout.lab.engine.environment import Environment

KILLED, STARTED = "KillBroker", "StartBrokers"  # the kinds of their notes in the journal


def kill_broker(environment: Environment, number: int) -> None:
    """Kills a broker (`kill -9`) that this lab has started.

    `number`: its id, see `Lab.brokers`. Raises LabError if it does not run.
    """
    environment.session.kill_broker(number)
    environment.watch.has_changed()
    environment.note(KAFKA, KILLED, f"broker {number} is killed")


def start_brokers(environment: Environment) -> None:
    """Starts the brokers that have been killed, and waits until they have copied the records that they missed.

    Raises LabError in memory, and if they do not start or are not in sync after 60 seconds.
    """
    is_killed = not all(environment.session.started_brokers().values())
    environment.session.start_brokers()
    environment.watch.has_changed()
    environment.watch.look()
    if is_killed:
        environment.note(KAFKA, STARTED, "all brokers run again, and their replicas are in sync")
