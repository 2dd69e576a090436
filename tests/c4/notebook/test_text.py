"""Text: long lines are wrapped, and long alternative texts are replaced by a summary."""

import re

import pytest

from checkout.c4.notebook.text import ALT_LENGTH, WIDTH, alternative_text, picture_html, wrapped

LONG = "ordering.puml:42:1: error [code-missing] " + "an arrow is not drawn " * 10
FACTS = [f"step {number}, Kafka to Stock: {number}.0 ms" for number in range(1, 30)]


def test_a_long_line_is_wrapped_between_words_and_indented() -> None:
    lines = wrapped(f"first\n  {LONG}\nlast").split("\n")

    assert max(map(len, lines)) <= WIDTH
    assert [lines[0], lines[1][:10], lines[2][:8], lines[-1]] == ["first", "  ordering", "      no", "last"]
    assert " ".join(" ".join(lines[1:-1]).split()) == " ".join(LONG.split())


@pytest.mark.parametrize("text", ["", "a\n\nb\n", " " * 4 + "x" * 116, "a  b"])
def test_short_lines_stay_as_they_are(text: str) -> None:
    assert wrapped(text) == text


def test_a_word_that_is_too_long_is_broken() -> None:
    assert max(map(len, wrapped("x" * 500).split("\n"))) <= WIDTH


def test_a_short_alternative_text_has_all_facts() -> None:
    assert alternative_text("Lag", ["stock: 1", "orders: 0"]) == "Lag. stock: 1; orders: 0."
    assert alternative_text("ordering", []) == "ordering"


def test_a_long_alternative_text_is_title_and_summary() -> None:
    assert alternative_text("Latency", FACTS, "29 arrows") == "Latency. 29 arrows."
    assert alternative_text("Latency", FACTS) == "Latency. 29 facts."
    assert len(alternative_text("Latency " * 90, FACTS, "29 arrows")) <= ALT_LENGTH


def test_facts_that_are_not_in_the_alternative_text_follow_the_picture() -> None:
    html = picture_html(b"<svg/>", "Latency", [*FACTS, "<b>"], "30 arrows", kind="plot")

    assert html.startswith('<img class="plot" alt="Latency. 30 arrows."')
    assert [fact for fact in FACTS if f"<li>{fact}</li>" not in html] == []
    assert "<li>&lt;b&gt;</li>" in html


def test_a_picture_with_few_facts_is_one_image() -> None:
    assert re.fullmatch(r'<img alt="Lag. stock: 1."[^>]*>', picture_html(b"<svg/>", "Lag", ["stock: 1"]))
