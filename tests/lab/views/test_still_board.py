"""Still picture of the board: what it and its text show without a kernel."""

import re
from collections.abc import Callable

from checkout.lab import Lab
from checkout.lab.views.board_picture import board_picture

OpenLab = Callable[..., Lab]
RECEIVED = "order.new-order-received"
MARKUP = "<img src=x onerror=alert(1)>"


def test_a_key_with_markup_stays_text_in_the_picture(lab: Lab) -> None:
    lab.send(RECEIVED, "{}", key=MARKUP)

    picture = board_picture(lab.partition_state())

    assert b"<img" not in picture.svg and MARKUP not in lab.board().picture._repr_html_()


def test_the_still_picture_says_the_same_as_the_state(memory_lab: OpenLab) -> None:
    lab = memory_lab(partitions=2)
    lab.place_order("wooden spoon")
    lab.run()

    board = lab.board()
    html = board._repr_mimebundle_()[0]["text/html"]

    assert f"{RECEIVED}[0] offsets 0 to 0: stock (stock-1) committed 1, next 1, lag 0" in repr(board).replace("\n", "")
    assert re.search('alt="partitions at hop 17: .*records in', html) and "<li>" in html


def test_the_still_picture_is_the_same_in_every_run(memory_lab: OpenLab) -> None:
    pictures = []
    for _ in range(2):
        lab = memory_lab(partitions=2)
        lab.place_order("wooden spoon")
        lab.run()
        pictures.append(lab.board().picture.svg)

    assert pictures[0] == pictures[1]


def test_an_empty_lab_has_a_picture_too(lab: Lab) -> None:
    assert repr(lab.board()).splitlines() == ["partitions at hop 0", "  13 partitions of topics without records"]
