"""Text: outputs of cells as readers see them, in lines of at most 120 characters and with short alternative texts."""

import base64
import textwrap
from collections.abc import Sequence
from html import escape

WIDTH = 120  # characters of a line, beyond which JupyterLab scrolls
ALT_LENGTH = 300  # characters of an alternative text, which screen readers read as one sentence


def wrapped(text: str) -> str:
    """Breaks lines longer than 120 characters between words; the continuation is indented by four more."""
    return "\n".join(part for line in text.split("\n") for part in _wrapped_line(line))


def _wrapped_line(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(line, WIDTH, subsequent_indent=f"{indent}    ", break_on_hyphens=False, expand_tabs=False)


def alternative_text(title: str, facts: Sequence[str], summary: str = "") -> str:
    """The title and all facts as one text, or, if that is longer than 300 characters, the title and a summary.

    `summary`: by default the number of facts.
    """
    whole = f"{title}. {'; '.join(facts)}." if facts else title
    if len(whole) <= ALT_LENGTH:
        return whole
    return textwrap.shorten(f"{title}. {summary or f'{len(facts)} facts'}.", ALT_LENGTH, placeholder=" ...")


def picture_html(svg: bytes, title: str, facts: Sequence[str], summary: str = "", kind: str = "") -> str:
    """An SVG as HTML with its alternative text; facts that are too long for it follow in a list that opens.

    `kind`: the class of the image, if any.
    """
    alt, data = alternative_text(title, facts, summary), base64.b64encode(svg).decode()
    attributes = f'class="{kind}" ' if kind else ""
    image = f'<img {attributes}alt="{escape(alt)}" style="max-width: 100%" src="data:image/svg+xml;base64,{data}">'
    if all(fact in alt for fact in facts):
        return image
    listed = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return f"{image}<details><summary>The picture as text</summary><ul>{listed}</ul></details>"
