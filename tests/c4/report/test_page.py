"""Page: everything from traces and diagrams is text in it, ids are unique, and no script or address is in it."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from c4.report.story_spans import SELL, repeated, without
from c4.report.test_changes import FRAUD, report

from checkout.c4.render.paint import Stroke
from checkout.c4.report.changes import with_changes
from checkout.c4.report.data import ReportData
from checkout.c4.report.page.markup import Html, tag, text
from checkout.c4.report.page.pictures import HEAT, HeatClass, Pictures, fit_in_page, heat_classes, heat_of
from checkout.c4.report.page.whole import render_page

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m" + "x" * 10_000
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" aria-labelledby="sell-title"><title id="sell-title">A</title></svg>'
PICTURES = Pictures(PICTURE, ((Stroke("#123456", 1.0), "a key"),), latency=PICTURE.replace("sell", "other"))
VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """The elements, ids and texts of a page. Fails if an element is not closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names, self.ids, self.texts = Counter[str](), Counter[str](), list[str]()
        self.references, self.open = list[str](), list[str]()
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.names[name] += 1
        self.ids.update([found["id"] or ""] if "id" in found else [])
        self.references += [found.get("href") or "", *(found.get("aria-labelledby") or "").split()]
        assert not [key for key in found if key.startswith("on")]
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names[name] += 1

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page(data: ReportData, pictures: Pictures = PICTURES) -> str:
    """The page of a report whose views all have the same pictures."""
    return render_page(data, [pictures for _ in data.views], True)


def hostile(data: Any) -> Any:
    """The data with every text replaced."""
    if isinstance(data, str):
        return HOSTILE
    if isinstance(data, msgspec.Struct):
        return type(data)(**{name: hostile(getattr(data, name)) for name in data.__struct_fields__})
    return tuple(map(hostile, data)) if isinstance(data, tuple) else data


def test_hostile_texts_stay_texts() -> None:
    listing = repeated(1, [("web", "orders", "HTTP, GET /orders")], 30)
    earlier, later = report(*repeated(2, SELL)), report(*repeated(2, FRAUD), *listing)
    data = hostile(with_changes(later, earlier))

    outline = Outline(page(data, PICTURES))

    assert outline.names["script"] == outline.names["img"] == 0
    assert any("<script>alert(1)" in each for each in outline.texts)
    assert max(map(len, outline.texts)) < 5_000  # the style sheet is the longest
    assert not any("\x1b" in each for each in outline.texts)


def test_the_page_needs_no_network_and_allows_no_scripts() -> None:
    content = page(report(*repeated(2, SELL)))

    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', content)
    assert policy and "default-src 'none'" in policy[1] and "script-src" not in policy[1]
    assert re.findall(r"(?:https?:)?//[a-z0-9.]+/", content.replace("http://www.w3.org/", "")) == []


def test_ids_are_unique_and_links_lead_to_them() -> None:
    data = report(*repeated(1, SELL), views=(("sell", SELL), ("sell", without(SELL, "mail"))))
    pictures = [Pictures(fit_in_page(PICTURE, f"view-{number}", "A view")) for number in (1, 2)]

    outline = Outline(render_page(data, pictures, False))

    assert {name: count for name, count in outline.ids.items() if count > 1} == {}
    assert {each.removeprefix("#") for each in outline.references if each} <= outline.ids.keys()


def test_tables_have_headers_and_everything_that_deviates() -> None:
    data = report(*repeated(3, FRAUD), *repeated(1, without(SELL, "warehouse"), 10))

    outline = Outline(page(data))

    assert outline.names["table"] == outline.names["caption"] == outline.names["thead"] >= 3
    words = " ".join(outline.texts)
    for fact in ("not drawn", "orders → fraud", "HTTP, POST /scores", "never happened", "stock → warehouse", "3 of 4"):
        assert fact in words
    assert "10.0 ms" in words and "a key" in words


def test_a_view_without_stories_says_so_and_has_no_list_of_uncovered_arrows() -> None:
    data = report(*repeated(1, SELL), views=(("sell", SELL), ("refund", [("till", "bank", "HTTP, POST /refunds")])))

    words = " ".join(Outline(page(data)).texts)

    assert "No story belongs to this drawing." in words
    assert "Not covered: How we refund" not in words


def test_long_tables_are_cut_with_a_note() -> None:
    more = [("orders", f"system{number}", "HTTP, GET /x") for number in range(130)]

    outline = Outline(page(report(*repeated(1, [*SELL, *more]))))

    assert "30 more are in the JSON report." in outline.texts


@pytest.mark.parametrize(("value", "shown"), [("<b>", "&lt;b&gt;"), (Html("<b>"), "<b>"), (7, "7"), ("a\x1bb", "a�b")])
def test_only_markup_is_markup(value: object, shown: str) -> None:
    assert text(value) == shown
    assert tag("p", value, class_='"') == f'<p class="&quot;">{shown}</p>'


def test_heat_has_five_classes_of_equal_factors() -> None:
    arrows = report(*repeated(1, SELL)).views[0].arrows
    timed = [msgspec.structs.replace(arrow, p99=10.0**at) for at, arrow in enumerate(arrows)]

    classes = heat_classes(timed)

    assert [each.stroke for each in classes] == list(HEAT)
    assert [round(each.most / each.least, 6) for each in classes] == [round(10 ** (4 / 5), 6)] * 5
    assert [heat_of(arrow, classes) for arrow in timed] == [0, 1, 2, 3, 4]
    assert heat_classes(timed[:1]) == (HeatClass(HEAT[0], 1.0, 1.0),)
    assert heat_classes([msgspec.structs.replace(timed[0], p99=None)]) == ()
