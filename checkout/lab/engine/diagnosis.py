"""Diagnosis: where an order of a lab is, and what it waits for."""

from checkout.diagnosis.diagnosis import UnknownOrder, diagnose
from checkout.diagnosis.waits import RUNS, RunningSystem
from checkout.lab.engine.environment import Environment
from checkout.lab.engine.replica import service_of
from checkout.settings import CALL_SECONDS


def explain(environment: Environment, order: str) -> str:
    """The diagnosis of an order as a sentence, with the names of orders."""
    system = RunningSystem(
        environment.registry,
        {name: database.read for name, database in environment.databases.items()},
        environment.broker,
        lambda service: _states(environment, service),
        [hop for hop in environment.journal if hop.order == order],
        CALL_SECONDS,
    )
    try:
        sentence = diagnose(order, system).sentence
    except UnknownOrder:
        sentence = _request(environment, order)
    return environment.names.text(sentence)


def _states(environment: Environment, service: str) -> dict[str, str]:
    crashed = {name: "has crashed" for name in environment.crashed if service_of(name) == service}
    running = [each.name for each in environment.replicas.values() if each.service.name == service]
    return dict(sorted((dict.fromkeys(running, RUNS) | crashed).items()))


def _request(environment: Environment, order: str) -> str:
    if any(request.message.id == order for request in environment.placed):
        return f"Order {order} waits at step 1: the web app has not sent it yet."
    states = ", ".join(f"{name} {state}" for name, state in _states(environment, "orders").items())
    return f"Order {order} waits at step 2: Orders has not stored it; {states}."
