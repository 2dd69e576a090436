"""Pictures: arrows are found in the committed views, highlighted or coloured by latency, with text alternatives."""

import base64
import re
from dataclasses import dataclass
from html import unescape
from xml.etree import ElementTree

import msgspec
import pytest

from checkout import registry
from checkout.c4.render import svg
from checkout.lab import Lab, LabError
from checkout.lab.history.metrics import latencies
from checkout.lab.history.moment import Moment
from checkout.lab.views import pictures
from checkout.lab.views.pictures import CURRENT, LATENCY_SCALE, PAST, UNSUCCESSFUL, VIEWS

MARKUP = "<img src=x onerror=alert(1)>"


@dataclass
class Parsed:
    """A picture read back: strokes of arrows and elements by the ids of their groups, and the lines at the arrow."""

    text: str

    def stroke(self, id: str) -> str:
        """The style of a group's first line."""
        group = next(each for each in self.root.iter(svg.tag("g")) if each.get("id") == id)
        line = next(node for node in group if node.tag in (svg.tag("path"), svg.tag("rect")))
        return line.get("style") or ""

    @property
    def root(self) -> ElementTree.Element:
        """The picture as a tree."""
        return svg.parse(self.text)

    @property
    def places(self) -> list[str | None]:
        """The lines at arrows."""
        return [node.text for node in self.root.iter(svg.tag("text")) if node.get("class") == "place"]

    def drawn(self, colour: str | None) -> list[str]:
        """The arrows of this colour."""
        links = [group for group in self.root.iter(svg.tag("g")) if group.get("class") == "link"]
        return [id for id in (group.get("id") or "" for group in links) if f"stroke:{colour}" in self.stroke(id)]


@pytest.fixture
def moments(lab: Lab) -> list[Moment]:
    """An order of two wooden spoons, run to the end."""
    lab.place_order("wooden spoon", quantity=2)
    lab.run()
    return lab.moments


def arrow(moment: Moment) -> str:
    """The id of a moment's arrow in the ordering view."""
    found = pictures.view("ordering").find(moment.hop)
    assert found
    return found.id


def drawn(moments: list[Moment]) -> Parsed:
    """The ordering view after these moments."""
    return Parsed(pictures.static_picture("ordering", moments).svg.decode())


@pytest.mark.parametrize(("name", "count"), list(zip(VIEWS, (17, 8, 14, 14, 14, 24, 22, 30), strict=True)))
def test_a_view_draws_every_arrow_of_its_story_with_its_step(name: str, count: int) -> None:
    story = registry.arrows(name)

    arrows = pictures.view(name).arrows

    implied = {(*arrow[:3], re.sub(r"\s", "", arrow[4])) for arrow in story}
    assert (set(arrows), len(arrows)) == (implied, count)


def test_a_view_is_slim() -> None:
    text = pictures.view("ordering").svg

    assert "Legend" not in text and "<title" not in text
    assert len(text) < 40_000 and ' width="1568' not in text


def test_past_arrows_the_current_one_and_both_elements_are_highlighted(moments: list[Moment]) -> None:
    picture = drawn(moments[:8])

    assert picture.drawn(PAST.colour) == [arrow(moment) for moment in moments[:7]]
    assert picture.drawn(CURRENT.colour) == [arrow(moments[7])]
    boxes = pictures.view("ordering").boxes
    assert [alias for alias, id in boxes.items() if f"{CURRENT.colour}" in picture.stroke(id)] == ["kafka", "payments"]
    assert picture.places == ["order.process-order-payment[0]@0", "key order-1, lag 1"]


def test_without_a_hop_nothing_is_highlighted() -> None:
    picture = drawn([])

    assert (picture.drawn(PAST.colour), picture.drawn(CURRENT.colour), picture.places) == ([], [], [])


def test_only_the_arrows_of_the_current_order_are_highlighted(lab: Lab, moments: list[Moment]) -> None:
    lab.place_order("enamel mug")
    lab.step()

    picture = drawn(lab.moments)

    assert (picture.drawn(PAST.colour), picture.drawn(CURRENT.colour)) == ([], [arrow(moments[0])])


def test_an_unsuccessful_hop_has_another_colour(moments: list[Moment]) -> None:
    crashed = msgspec.structs.replace(moments[7], hop=msgspec.structs.replace(moments[7].hop, outcome="crashed"))

    picture = drawn([*moments[:7], crashed])

    assert picture.drawn(UNSUCCESSFUL.colour) == [arrow(crashed)]
    assert "stroke-dasharray" in picture.stroke(arrow(crashed)) and "crashed" in (picture.places[-1] or "")


def test_a_consumer_outside_the_view_is_not_highlighted(moments: list[Moment]) -> None:
    delivered = msgspec.structs.replace(moments[12], hop=msgspec.structs.replace(moments[12].hop, to="loyalty"))

    picture = drawn([*moments[:12], delivered])

    assert (len(picture.drawn(PAST.colour)), picture.drawn(CURRENT.colour), picture.places) == (12, [], [])


def test_a_static_picture_names_both_elements_the_message_and_the_coordinates(moments: list[Moment]) -> None:
    html = pictures.static_picture("ordering", moments[:8])._repr_html_()

    alt, data = re.findall(r'alt="(.*?)".*base64,(.*?)"', html)[0]
    words = ("hop 8 of 8", "Step 8", "Kafka", "Payments", "ProcessPayment", "order.process-order-payment[0]@0")
    assert [word for word in words if word not in alt] == []
    assert base64.b64decode(data).startswith(b"<svg")


def test_markup_in_a_message_stays_text(moments: list[Moment]) -> None:
    hop = msgspec.structs.replace(moments[7].hop, key=MARKUP, message=f'"{MARKUP}')
    with_markup = msgspec.structs.replace(moments[7], hop=hop)

    picture = pictures.static_picture("ordering", [with_markup])

    assert MARKUP not in picture._repr_html_() and f'"{MARKUP}' in unescape(picture._repr_html_())
    assert Parsed(picture.svg.decode()).places[-1] == f"key {MARKUP}, lag 1"


def test_the_longest_arrow_is_the_darkest_and_thickest(moments: list[Moment]) -> None:
    took = dict.fromkeys(latencies(moments), 1.0)
    slow = (9, "payments", "payment_broker", "HTTP, POST /charges")

    heatmap = pictures.latency_heatmap("ordering", took | {slow: 25.0})

    picture = Parsed(heatmap.svg.decode())
    assert picture.drawn(LATENCY_SCALE[-1].colour) == [arrow(moments[8])]
    assert f"stroke-width:{LATENCY_SCALE[-1].width}" in picture.stroke(arrow(moments[8]))
    assert "step 9, Payments to the payment broker: 25.0 ms" in heatmap.facts and "25.0 ms" in picture.places


def test_a_heatmap_without_a_drawn_arrow_is_refused() -> None:
    with pytest.raises(LabError, match="none of these arrows is drawn in ordering"):
        pictures.latency_heatmap("ordering", {("kafka", "loyalty", "order.new-order-approved"): 1.0})


def test_the_error_about_a_missing_view_names_the_remedy() -> None:
    with pytest.raises(LabError, match="checkout diagrams render"):
        pictures.view("no-such-view")
