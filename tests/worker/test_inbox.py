"""Inbox: handled messages are stored once, and found by an index."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from sample import FIRST, SECOND, order_id
from sqlalchemy import Connection, select
from worker.inbox_rows import RECEIVED, RESERVED, T1, inbox_row
from worker.statements import executed_statements

from checkout.framework.sql import fetch
from checkout.services.orders import Orders
from checkout.worker.database import ServiceDatabase
from checkout.worker.inbox import INBOX, add_to_inbox, find_handled


def test_a_handled_message_is_found_by_source_and_order(database: ServiceDatabase) -> None:
    with database.begin() as db:
        add_to_inbox(db, [inbox_row(), inbox_row(SECOND), inbox_row(source="charge")], "stock-1", T1)

    with database.begin() as db:
        assert find_handled(db, [FIRST, order_id(9)]) .keys() == {(RECEIVED, FIRST), ("charge", FIRST)}
        assert find_handled(db, []) == {}


def test_more_messages_than_a_statement_may_have_parameters_are_found(database: ServiceDatabase) -> None:
    ids = [order_id(number) for number in range(40_000)]
    with database.begin() as db:
        add_to_inbox(db, [inbox_row(ids[0]), inbox_row(ids[-1])], "stock-1", T1)

        assert find_handled(db, ids) .keys() == {(RECEIVED, ids[0]), (RECEIVED, ids[-1])}


def test_a_message_cannot_be_inserted_twice_into_the_inbox(database: ServiceDatabase) -> None:
    with database.begin() as db:
        add_to_inbox(db, [inbox_row()], "stock-1", T1)

    with pytest.raises(Exception, match="UNIQUE"), database.begin() as db:
        add_to_inbox(db, [inbox_row()], "stock-1", T1)

    with database.begin() as db:
        assert len(db.execute(select(INBOX)).all()) == 1


def test_a_lookup_by_order_searches_the_inbox_and_does_not_read_all_of_it(database_url: str) -> None:
    database = ServiceDatabase(database_url, Orders())
    ids = [order_id(number) for number in range(20_000)]  # PostgreSQL reads a smaller table whole
    with database.begin() as db:
        add_to_inbox(db, [inbox_row(id, source) for id in ids for source in (RECEIVED, RESERVED)], "orders-1", T1)

    with database.begin() as db:
        if db.dialect.name == "postgresql":  # with statistics SQLite finds detours when an index is missing
            db.exec_driver_sql("ANALYZE")
        plans = [plan(db, partial(find_handled, db, ids[:count])) for count in (1, 20)]
        plans.append(plan(db, partial(fetch, db, INBOX, INBOX.c.order_id, ids[:20])))
    database.close()

    for steps in plans:
        if database_url.startswith("sqlite"):
            assert "SEARCH inbox USING" in steps and "SCAN inbox" not in steps
        else:
            assert "inbox_pkey" in steps and pages_read(steps) < 100


def plan(db: Connection, query: Callable[[], object]) -> str:
    """How the database executes the statement of a query."""
    with executed_statements(db) as executed:
        query()
    explain = "EXPLAIN QUERY PLAN" if db.dialect.name == "sqlite" else "EXPLAIN (ANALYZE, BUFFERS)"
    return "\n".join(str(row[-1]) for row in db.exec_driver_sql(f"{explain} {executed[0][0]}", executed[0][1]))


def pages_read(steps: str) -> int:
    """The pages that PostgreSQL read for a statement, from memory or from disk; the whole inbox has over 500."""
    counts = re.search(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?", steps)
    assert counts, steps
    return sum(int(count or 0) for count in counts.groups())
