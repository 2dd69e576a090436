"""The door between HTTP and a worker: bounded, and answered when the message is committed."""

import asyncio

import pytest
from sample import FIRST, place_order

from checkout.domain import DomainError
from checkout.framework.intake import Intake, IntakeFull, PendingRequest


async def handed_in(intake: Intake, **others: str) -> "asyncio.Task[str]":
    task = asyncio.create_task(intake.submit(place_order(), "c-1", **others))
    await asyncio.sleep(0)
    return task


def test_a_ticket_holds_what_was_handed_in() -> None:
    async def story() -> PendingRequest:
        intake = Intake()
        task = await handed_in(intake, client="curl", url="http://store/orders")
        (request,) = intake.take(10)
        task.cancel()
        return request

    request = asyncio.run(story())

    assert (request.message.id, request.correlation, request.client, request.url) == (
        FIRST, "c-1", "curl", "http://store/orders",
    )


@pytest.mark.parametrize("outcome", ["applied", "duplicate"])
def test_the_request_waits_for_the_outcome(outcome: str) -> None:
    async def story() -> tuple[bool, str]:
        intake = Intake()
        task = await handed_in(intake)
        waited = not task.done()
        intake.take(1)[0].settle(outcome)
        return waited, await task

    assert asyncio.run(story()) == (True, outcome)


def test_the_request_gets_the_error_of_its_message() -> None:
    async def story() -> None:
        intake = Intake()
        task = await handed_in(intake)
        intake.take(1)[0].fail(DomainError("no"))
        await task

    with pytest.raises(DomainError, match="^no$"):
        asyncio.run(story())


def test_a_full_intake_refuses_at_once_and_has_room_again_when_some_are_taken() -> None:
    async def story() -> list[str]:
        intake = Intake(limit=2)
        waiting = [await handed_in(intake) for _ in range(2)]
        with pytest.raises(IntakeFull, match="try again in a second"):
            await intake.submit(place_order(), "c-1")
        taken = intake.take(1)
        waiting.append(await handed_in(intake))
        for request in taken + intake.take(10):
            request.settle("applied")
        return [await task for task in waiting]

    assert asyncio.run(story()) == ["applied"] * 3


def test_a_client_that_has_gone_away_bothers_nobody() -> None:
    async def story() -> bool:
        intake = Intake()
        task = await handed_in(intake)
        (request,) = intake.take(1)
        task.cancel()
        await asyncio.sleep(0)
        request.settle("applied")
        await asyncio.sleep(0)
        return task.cancelled()

    assert asyncio.run(story())


def test_no_more_than_the_limit_are_taken_in_the_order_they_came() -> None:
    async def story() -> list[list[PendingRequest]]:
        intake = Intake()
        tasks = [await handed_in(intake) for _ in range(3)]
        batches = [intake.take(2), intake.take(2), intake.take(2)]
        for task in tasks:
            task.cancel()
        return batches

    assert [len(batch) for batch in asyncio.run(story())] == [2, 1, 0]
