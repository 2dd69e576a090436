"""Arrow texts: an arrow is printed without control characters, which would reach the terminal."""

from c4.traced_runs import arrow


def test_an_arrow_is_printed_without_control_characters() -> None:
    printed = str(arrow(1, "or\x1b[2Jders", "stock", "order\x1b]0;title\x07"))

    assert printed.isprintable()
    assert printed.startswith("1 or") and "→ stock [order" in printed
