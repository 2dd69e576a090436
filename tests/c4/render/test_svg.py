"""SVG: pictures hold no active content, unique ids, and descriptions for screen readers."""

import re

import pytest
from c4.conftest import DIAGRAMS, Draw

from checkout.c4.render.svg import parse, sanitise, serialise

pytestmark = pytest.mark.slow  # draws with PlantUML

HOSTILE = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="act()">
<script>act()</script><foreignObject><body/></foreignObject><g onclick="act()" style="fill:url(http://x)"><text>kept</text>
<a xlink:href="javascript:act()"><text>one</text></a><a href="data:text/html,x"><text>two</text></a>
<a href="java&#10;script:act()"><text>three</text></a><a href="//host/x"><text>four</text></a>
<a xlink:href="https://example.org/x"><text>five</text></a><a href="../page.html#x"><text>six</text></a></g>
<image xlink:href="data:image/svg+xml;base64,AAAA"/><image xlink:href="data:image/png;base64,AAAA"/>
<use href="http://host/x#y"/><style>@import url(x)</style><animate attributeName="href"/></svg>"""


def test_nothing_that_acts_survives_and_plain_links_do() -> None:
    text = serialise(sanitise(parse(HOSTILE)))

    for word in (
        "script",
        "onload",
        "onclick",
        "foreignObject",
        "url(",
        "data:text",
        "svg+xml",
        "//host",
        "@import",
        "animate",
    ):
        assert word not in text
    assert re.findall(r'href="([^"]*)"', text) == [
        "https://example.org/x",
        "../page.html#x",
        "data:image/png;base64,AAAA",
    ]
    assert all(word in text for word in ("kept", "one", "two", "three", "four"))


def test_links_in_a_drawn_diagram_are_kept_or_dropped_likewise(draw: Draw) -> None:
    boxes = ['Container(a, "A", $link="https://example.org/a")', 'Container(b, "B", $link="data:text/html,hello")']

    text = draw(*boxes, 'Rel(a, b, "asks", $index=1)').svg

    assert "https://example.org/a" in text
    assert "data:text" not in text
    assert 'rel="noopener"' in text


def test_two_pictures_on_one_page_share_no_id(draw: Draw) -> None:
    pictures = [draw(file=DIAGRAMS / f"{name}.puml").svg for name in ("ordering", "containers")]

    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in pictures]

    assert min(map(len, ids)) > 20
    assert not ids[0] & ids[1]


def test_every_reference_of_a_picture_leads_to_an_id_in_it(draw: Draw) -> None:
    text = draw(file=DIAGRAMS / "ordering.puml").svg

    ids = set(re.findall(r'\bid="([^"]+)"', text))
    references = re.findall(r'(?:data-entity-\d|aria-labelledby)="([^"]+)"', text)

    assert len(references) == 17 * 2 + 1
    assert {each for reference in references for each in reference.split()} <= ids


def test_picture_is_described_in_words(draw: Draw) -> None:
    text = draw(file=DIAGRAMS / "ordering.puml").svg

    assert '<title id="ordering-title">Ordering: the products are in stock and the payment succeeds</title>' in text
    assert "14. Notifications to Customer: sends an e-mail to (SMTP)." in text
    assert 'role="img"' in text


def test_italics_are_drawn_with_the_same_family(draw: Draw) -> None:
    text = draw('Container(a, "A", "iiii")', 'Container(b, "B", "mmmm")', 'Rel(a, b, "x", $index=1)').svg

    widths = {word: float(width) for width, word in re.findall(r'textLength="([\d.]+)"[^>]*>\[(iiii|mmmm)\]<', text)}

    # Widths of DejaVu Sans Oblique at 12 points; a serif face, or another font, has others.
    assert {word: round(width, 1) for word, width in widths.items()} == {"iiii": 22.7, "mmmm": 56.1}


def test_no_committed_picture_shows_a_mark_that_looks_like_a_missing_glyph() -> None:
    pictures = sorted(DIAGRAMS.glob("*.svg"))

    assert {file.stem for file in pictures} == {file.stem for file in DIAGRAMS.glob("*.puml")} - {"model"}
    assert [file.name for file in pictures if "\u25af" in file.read_text()] == []
