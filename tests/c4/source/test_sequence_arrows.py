"""Sequence arrows: every form of arrow that PlantUML draws has the ends that it draws, or is an error."""

import pytest
from c4.source.test_sequence import ends, read

from checkout.c4.findings import DiagramError

# Checked by hand against the pictures of PlantUML 1.2026.8: which end of the line has the head.
FORWARD = (
    "a -> b", "a->b",
    "a ->> b", "a -\\ b", "a -\\\\ b", "a -/ b", "a --\\ b", "a ->x b", "a ->o b", "a x-> b", "a o-> b",
    "a -x b", "a x- b", "a --> b", "a -->> b", "a -[#red]> b", "a -[#red,dashed]> b", "a -[bold]> b", "a ---> b",
    "a ->(10) b : x", "a -> b ++ #gold : x", "a -> b --++ : x", "a -> b **", "a -> b !! : x", "a -> b <<x>> : y",
    "{s} a -> b : x -> y", "a -> b:x", "a -> b : [[https://example.org x]]",
)  # fmt: skip
BACKWARD = (
    "a <- b", "a <-- b", "a <<- b", "a x<- b", "a <-x b", "a //-- b", "a /- b", "a \\- b", "a \\\\- b", "a o/-- b",
    "a o\\\\-- b", "a <-[#red]- b",
)  # fmt: skip
OUTSIDE = {
    "[-> a": "[>a", "[<- a": "a>[", "[x<- a": "a>[", "[o-> a": "[>a", "a ->] : x": "a>]", "a <-]": "]>a",
    "?-> a": "?>a", "a ->?": "a>?", "a -> : x": "a>]", "a <- : x": "]>a", "a ->": "a>]",
}  # fmt: skip
NO_ARROW = ("{one} <-> {two} : 5 s", "a -[hidden]> b", "destroy b", "autonumber 10 \"<b>\"", "||45||", "hide footbox")


@pytest.mark.parametrize(
    ("text", "expected"),
    [(text, "a>b") for text in FORWARD] + [(text, "b>a") for text in BACKWARD] + [*OUTSIDE.items()],
)
def test_arrow_runs_as_it_is_drawn(text: str, expected: str) -> None:
    assert ends(read(text)) == [f"1 {expected}"]


def test_arrow_with_two_heads_runs_both_ways() -> None:
    assert [arrow.both_ways for arrow in read("a <-> b", "a <->o b", "a -> b")] == [True, True, False]


@pytest.mark.parametrize("text", NO_ARROW)
def test_other_statements_are_no_arrows(text: str) -> None:
    assert [arrow for arrow in read(text) if not arrow.hidden] == []


def test_arrow_to_several_receivers_is_an_error() -> None:
    with pytest.raises(DiagramError, match="cannot be read: a -> b & c"):
        read("a -> b & c : x")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["a " + "-" * 20_000 + "!", "a " + "-" * 20_000 + " b", "a " + "-[x]" * 5_000 + "> b"])
def test_long_line_is_read_in_time_or_refused(text: str) -> None:
    try:
        arrows = read(text)
    except DiagramError as refused:
        assert "cannot be read" in str(refused)
    else:
        assert ends(arrows) == ["1 a>b"]
