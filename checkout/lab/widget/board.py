"""Board: the widget that shows the partitions of a lab or a replay, and its still picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import anywidget

from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.views.board_picture import board_picture
from checkout.lab.views.pictures import Picture
from checkout.lab.widget.assets import LANES, SHARED, script, style
from checkout.lab.widget.board_messages import BoardMessages
from checkout.lab.widget.history_pages import JsonObject
from checkout.lab.widget.saved_page import Content, SavedPage, check_target, recording_of, save_page

HOP_FIELDS = frozenset({"sentence", "order", "place", "to", "after", "handled", "changes"})


class Board(anywidget.AnyWidget):
    """What `lab.board()` shows: one lane per partition, with the committed offset and the owner of each group.

    `run`: a lab, which the browser can move, or a replay. `topic`: only this one and its dead letters; empty shows all.
    Without a browser the board is a picture and its text. Raises LabError for an unknown topic.
    """

    _esm: ClassVar[str] = script(*SHARED, *LANES, "board/controls", "board/widget")
    _css: ClassVar[str] = style("theme", "controls", "walk", "board")

    def __init__(self, run: Lab | Replay, topic: str = "") -> None:
        self._run, self._messages = run, BoardMessages(run, topic, self.send)  # raises before there is a widget
        super().__init__()
        self.on_msg(lambda _, content, __: self.send(self.answer(content)))

    def answer(self, request: Mapping[str, Any]) -> JsonObject:
        """Carries out a request of the browser.

        `request`: what is to be done in `do`, its arguments, and its number in `id`. Returns what is new, and in
        `error` why the request cannot be carried out, as a sentence; it raises nothing.
        """
        return self._messages.answer(request)

    def close(self) -> None:
        """Removes the widget from the page; what happens in the lab is not sent any more."""
        if hasattr(self, "_messages"):  # not of an unknown topic
            self._messages.close()
        super().close()

    def save(self, path: str | Path) -> SavedPage:
        """Writes the board as one HTML page, which opens from disk and in an iframe, without a kernel or a network.

        `path`: of the file, in an existing folder; an existing file is replaced. A reader of the page can choose verbs
        and crash a service where one or two orders were placed last. Of a longer run the page has one path, to its
        end, and of a replay its hops. The buttons that need the lab are hidden. The lab is not moved. Returns the page
        with its path and size. Raises LabError if the path is a folder or in none, and if the file cannot be written.
        """
        target, topic = check_target(path), self._messages.topic
        content = Content("board", self._run, self._esm, self._css, HOP_FIELDS, topic)
        with self._messages.locked():
            found = recording_of(content)
            whole = self._messages.whole() | {"is_live": found.has_choices, "can_place": False}
            state = found.run.journal.projection.partitions.at()
        still = board_picture(state.of_topic(topic) if topic else state, topic)
        return save_page(target, content, found, whole, still)

    @property
    def picture(self) -> Picture:
        """The board as a still picture with a text alternative."""
        return board_picture(self._messages.state(), self._messages.topic)

    def __repr__(self) -> str:
        return repr(self.picture)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle: Any = super()._repr_mimebundle_(**options)
        return bundle[0] | {"text/html": f"<figure>{self.picture._repr_html_()}</figure>"}, bundle[1]
