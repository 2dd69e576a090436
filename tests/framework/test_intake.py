"""Intake: a bounded queue of requests, each answered when its message is committed."""

import asyncio

import pytest
from sample import FIRST, place_order

from checkout.domain import DomainError
from checkout.framework.intake import Intake, IntakeFull, PendingRequest


async def submitted(intake: Intake, **others: str) -> "asyncio.Task[str]":
    task = asyncio.create_task(intake.submit(place_order(), "c-1", **others))
    await asyncio.sleep(0)
    return task


def test_a_pending_request_has_what_was_submitted() -> None:
    async def run() -> PendingRequest:
        intake = Intake()
        task = await submitted(intake, client="curl", url="http://store/orders")
        (request,) = intake.take(10)
        task.cancel()
        return request

    request = asyncio.run(run())

    assert (request.message.id, request.correlation, request.client, request.url) == (
        FIRST, "c-1", "curl", "http://store/orders",
    )


@pytest.mark.parametrize("outcome", ["applied", "duplicate"])
def test_the_request_waits_for_the_outcome(outcome: str) -> None:
    async def run() -> tuple[bool, str]:
        intake = Intake()
        task = await submitted(intake)
        was_pending = not task.done()
        intake.take(1)[0].settle(outcome)
        return was_pending, await task

    assert asyncio.run(run()) == (True, outcome)


def test_the_request_raises_the_error_of_its_message() -> None:
    async def run() -> None:
        intake = Intake()
        task = await submitted(intake)
        intake.take(1)[0].fail(DomainError("no"))
        await task

    with pytest.raises(DomainError, match="^no$"):
        asyncio.run(run())


def test_a_full_intake_refuses_at_once_until_requests_are_taken() -> None:
    async def run() -> list[str]:
        intake = Intake(limit=2)
        tasks = [await submitted(intake) for _ in range(2)]
        with pytest.raises(IntakeFull, match="try again in a second"):
            await intake.submit(place_order(), "c-1")
        taken = intake.take(1)
        tasks.append(await submitted(intake))
        for request in taken + intake.take(10):
            request.settle("applied")
        return [await task for task in tasks]

    assert asyncio.run(run()) == ["applied"] * 3


def test_a_disconnected_client_is_ignored() -> None:
    async def run() -> bool:
        intake = Intake()
        task = await submitted(intake)
        (request,) = intake.take(1)
        task.cancel()
        await asyncio.sleep(0)
        request.settle("applied")
        await asyncio.sleep(0)
        return task.cancelled()

    assert asyncio.run(run())


def test_take_returns_at_most_limit_requests_in_their_order() -> None:
    async def run() -> list[list[PendingRequest]]:
        intake = Intake()
        tasks = [await submitted(intake) for _ in range(3)]
        batches = [intake.take(2), intake.take(2), intake.take(2)]
        for task in tasks:
            task.cancel()
        return batches

    assert [len(batch) for batch in asyncio.run(run())] == [2, 1, 0]
