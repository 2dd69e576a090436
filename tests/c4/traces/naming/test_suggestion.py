"""Suggestion: the draft of a map names what the drawing leaves only one choice for, and says ALIAS otherwise."""

import tomllib

import pytest
from c4.traces.mapping.written_spans import GET, mapped, send, span, view

from checkout.c4.traces.naming.suggestion import suggest_map
from checkout.c4.traces.span import Span

LOAN = ("reader desk HTTP, POST /loans", "desk members HTTP", "members post HTTP", "members kafka loans")
ROOT = span("desk/1", kind="server", to=9, http__route="/loans", **GET)
CALL = [span("desk/2", "1", "client", 1, 8), span("library-members/3", "2", "server", 2, 7)]


def draft(*spans: Span, arrows: tuple[str, ...] = LOAN) -> str:
    found = mapped(*spans, drawing=view(*arrows))
    return suggest_map(found.names, "loan", found.entered)


def test_a_draft_for_a_service_a_peer_and_the_caller_needs_no_completion() -> None:
    content = tomllib.loads(draft(ROOT, *CALL, send("library-members/5", "3")))

    assert content["caller"] == "reader"
    assert content["services"] == {"library-members": "members"}


def test_a_peer_is_the_only_drawn_element_that_its_caller_calls_and_that_has_no_spans() -> None:
    letter = span("members/4", "3", "client", 3, 6, http__method="POST", peer__service="letters.example")
    members = [span("members/3", "2", "server", 2, 7), letter]

    one = draft(ROOT, CALL[0], *members)
    two = draft(ROOT, CALL[0], *members, arrows=(*LOAN, "members bank HTTP"))

    assert '"letters.example" = "post"\n' in one
    assert '# "letters.example" = "ALIAS"\n' in two


@pytest.mark.parametrize("more", ["clerk desk HTTP", "robot desk"])
def test_of_two_drawn_callers_none_is_suggested(more: str) -> None:
    assert '\n# caller = "ALIAS"  # sends' in draft(ROOT, *CALL, arrows=(*LOAN, more))


def test_a_service_with_spans_is_not_suggested_as_caller() -> None:
    arrows = ("books desk HTTP", *LOAN[1:])

    assert '# caller = "ALIAS"' in draft(ROOT, *CALL, span("books/9@t2", kind="server"), arrows=arrows)
