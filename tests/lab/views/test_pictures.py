"""Pictures: every arrow is found in the committed views, what happened is lit, and every picture has its words."""

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
from checkout.lab.history.projection import Moment
from checkout.lab.views import pictures
from checkout.lab.views.pictures import NOW, ODD, PAST, VIEWS, WARMTH

NAUGHTY = "<img src=x onerror=alert(1)>"


@dataclass
class Lit:
    """A lit picture, read back: the strokes of arrows and boxes by their groups' ids, and the words at the arrow."""

    text: str

    def stroke(self, id: str) -> str:
        """How a group's first line is drawn."""
        group = next(each for each in self.root.iter(svg.tag("g")) if each.get("id") == id)
        line = next(node for node in group if node.tag in (svg.tag("path"), svg.tag("rect")))
        return line.get("style") or ""

    @property
    def root(self) -> ElementTree.Element:
        """The picture as a tree."""
        return svg.parse(self.text)

    @property
    def places(self) -> list[str | None]:
        """The lines that stand at arrows."""
        return [node.text for node in self.root.iter(svg.tag("text")) if node.get("class") == "place"]

    def drawn(self, colour: str | None) -> list[str]:
        """The arrows of this colour."""
        links = [group for group in self.root.iter(svg.tag("g")) if group.get("class") == "link"]
        return [id for id in (group.get("id") or "" for group in links) if f"stroke:{colour}" in self.stroke(id)]


@pytest.fixture
def moments(lab: Lab) -> list[Moment]:
    """An order of two wooden spoons, come to its end."""
    lab.place_order("wooden spoon", quantity=2)
    lab.run()
    return lab.moments


def arrow(moment: Moment) -> str:
    """The id of a moment's arrow in the ordering view."""
    drawn = pictures.view("ordering").find(moment.hop)
    assert drawn
    return drawn.id


@pytest.mark.parametrize(("name", "count"), list(zip(VIEWS, (17, 8, 14), strict=True)))
def test_a_view_draws_every_arrow_of_its_story_with_its_step(name: str, count: int) -> None:
    story = registry.arrows(name)

    arrows = pictures.view(name).arrows

    drawn = {key: drawn.step for key, drawn in arrows.items()}
    told = {(arrow[1], arrow[2], re.sub(r"\s", "", arrow[4])): arrow.step for arrow in story}
    assert (drawn, len(drawn)) == (told, count)


def test_a_view_is_slim() -> None:
    text = pictures.view("ordering").svg

    assert "Legend" not in text and "<title" not in text
    assert len(text) < 40_000 and ' width="1568' not in text


def test_the_past_the_present_and_both_ends_are_lit(moments: list[Moment]) -> None:
    lit = Lit(pictures.lit("ordering", moments, 8))

    assert lit.drawn(PAST.colour) == [arrow(moment) for moment in moments[:7]]
    assert lit.drawn(NOW.colour) == [arrow(moments[7])]
    boxes = pictures.view("ordering").boxes
    assert [alias for alias, id in boxes.items() if f"{NOW.colour}" in lit.stroke(id)] == ["kafka", "payments"]
    assert lit.places == ["order.process-order-payment[0]@0", "key order-1, lag 0"]


def test_before_anything_has_happened_nothing_is_lit() -> None:
    lit = Lit(pictures.lit("ordering", [], 0))

    assert (lit.drawn(PAST.colour), lit.drawn(NOW.colour), lit.places) == ([], [], [])


def test_only_the_arrows_of_the_order_on_its_way_are_lit(lab: Lab, moments: list[Moment]) -> None:
    lab.place_order("enamel mug")
    lab.step()

    lit = Lit(pictures.lit("ordering", lab.moments, 18))

    assert (lit.drawn(PAST.colour), lit.drawn(NOW.colour)) == ([], [arrow(moments[0])])


def test_what_came_to_nothing_is_marked_otherwise(moments: list[Moment]) -> None:
    crashed = msgspec.structs.replace(moments[7], hop=msgspec.structs.replace(moments[7].hop, outcome="crashed"))

    lit = Lit(pictures.lit("ordering", [*moments[:7], crashed], 8))

    assert lit.drawn(ODD.colour) == [arrow(crashed)]
    assert "stroke-dasharray" in lit.stroke(arrow(crashed)) and "crashed" in (lit.places[-1] or "")


def test_a_listener_that_no_view_draws_is_not_lit(moments: list[Moment]) -> None:
    heard = msgspec.structs.replace(moments[12], hop=msgspec.structs.replace(moments[12].hop, to="loyalty"))

    lit = Lit(pictures.lit("ordering", [*moments[:12], heard], 13))

    assert (len(lit.drawn(PAST.colour)), lit.drawn(NOW.colour), lit.places) == (12, [], [])


def test_a_still_names_both_ends_the_message_and_the_place(moments: list[Moment]) -> None:
    html = pictures.still("ordering", moments, 8)._repr_html_()

    alt, data = re.findall(r'alt="(.*?)".*base64,(.*?)"', html)[0]
    words = ("hop 8 of 17", "Step 8", "Kafka", "Payments", "ProcessPayment", "order.process-order-payment[0]@0")
    assert [word for word in words if word not in alt] == []
    assert base64.b64decode(data).startswith(b"<svg")


def test_markup_in_a_message_stays_text(moments: list[Moment]) -> None:
    hop = msgspec.structs.replace(moments[7].hop, key=NAUGHTY)
    naughty = msgspec.structs.replace(moments[7], hop=hop, sentence=f'"{NAUGHTY}')

    still = pictures.still("ordering", [naughty])

    assert NAUGHTY not in still._repr_html_() and f'"{NAUGHTY}' in unescape(still._repr_html_())
    assert Lit(still.svg.decode()).places[-1] == f"key {NAUGHTY}, lag 0"


def test_the_longest_arrow_is_the_darkest_and_thickest(moments: list[Moment]) -> None:
    took = dict.fromkeys(latencies(moments), 1.0)
    slow = ("payments", "payment_broker", "HTTP, POST /charges")

    heat = pictures.heat("ordering", took | {slow: 25.0})

    lit = Lit(heat.svg.decode())
    assert lit.drawn(WARMTH[-1].colour) == [arrow(moments[8])]
    assert f"stroke-width:{WARMTH[-1].width}" in lit.stroke(arrow(moments[8]))
    assert "step 9, Payments to the payment broker: 25.0 ms" in heat.facts and "25.0 ms" in lit.places


def test_heat_without_a_drawn_arrow_is_refused() -> None:
    with pytest.raises(LabError, match="none of these arrows is drawn in ordering"):
        pictures.heat("ordering", {("kafka", "loyalty", "order.new-order-approved"): 1.0})


def test_a_missing_picture_is_said_with_the_remedy() -> None:
    with pytest.raises(LabError, match="checkout diagrams render"):
        pictures.view("no-such-view")
