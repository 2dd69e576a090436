"""Walk: the widget that steps through a lab or a replay, with its side of the messages to the browser."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget

from checkout.c4.notebook.text import wrapped
from checkout.lab.course.step_notes import NOTES
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.views.pictures import VIEWS, arrow_lines, static_picture
from checkout.lab.widget.assets import LANES, SHARED, script, style
from checkout.lab.widget.history_pages import JsonObject
from checkout.lab.widget.run_messages import whole_message
from checkout.lab.widget.saved_page import Content, SavedPage, check_target, recording_of, save_page
from checkout.lab.widget.sides import Sides

SUMMARY_ROWS = 20
SUMMARY_COLUMNS = ("order", "status", "reason", "total")


class Walk(anywidget.AnyWidget):
    """What `lab.walk()` shows: the browser asks for the last page of hops, receives what is new, and asks for others.

    `run`: a lab, which the browser can move, or a replay.
    """

    _esm: ClassVar[str] = script(
        *SHARED, "walk/history", "walk/free_place", "walk/picture", "walk/run_lanes", "walk/sequence", "walk/timeline",
        *LANES, "walk/tabs", "walk/tables", "walk/panels", "walk/walk", "walk/pair"
    )
    _css: ClassVar[str] = style("theme", "controls", "walk", "picture", "views", "compare", "board")

    def __init__(self, run: Lab | Replay) -> None:
        self._run, self._lab = run, run if isinstance(run, Lab) else None
        self._sides = Sides(run, self.send)
        super().__init__()
        self.on_msg(lambda _, content, __: self.send(self.answer(content)))

    def answer(self, request: Mapping[str, Any]) -> JsonObject:
        """Carries out a request of the browser.

        `request`: what is to be done in `do`, its arguments, and its number in `id`. Returns what is new, and in
        `error` why the request cannot be carried out, as a sentence; it raises nothing.
        """
        return self._sides.answer(request)

    def close(self) -> None:
        """Removes the widget from the page; what happens in the lab is not sent any more."""
        self._sides.close()
        super().close()

    def save(self, path: str | Path) -> SavedPage:
        """Writes the walk as one HTML page, which opens from disk and in an iframe, without a kernel or a network.

        `path`: of the file, in an existing folder; an existing file is replaced. A reader of the page can choose verbs
        and crash a service where one or two orders were placed last. Of a longer run the page has one path, to its
        end, and of a replay its hops. The lab is not moved. Returns the page with its path and size. Raises LabError
        if the path is a folder or in none, and if the file cannot be written.
        """
        target = check_target(path)
        content = Content("walk", self._run, self._esm, self._css)
        with self._sides.locked():
            found = recording_of(content)
            still = static_picture(found.run.view, found.run.moments)
        used = [name for name in VIEWS if name in found.views]
        whole = whole_message(found.has_choices, used) | {"notes": {name: NOTES[name] for name in used}}
        return save_page(target, content, found, whole, still)

    @property
    def fork(self) -> Lab | Replay | None:
        """The lab that "Fork here" has made last; None before, and after "Close the fork"."""
        return self._sides.second

    def __repr__(self) -> str:
        with self._sides.locked():
            moments, name = self._run.moments, self._run.view
            lines = [f"walk through {name}, hop {len(moments)} of {len(moments)}"]
            if moments:
                lines += [moments[-1].sentence, *arrow_lines(moments[-1])]
            return wrapped("\n  ".join([*lines, *([self._lab.status().next] if self._lab else [])]))

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle: Any = super()._repr_mimebundle_(**options)
        with self._sides.locked():
            return bundle[0] | {"text/html": self._html()}, bundle[1]

    def _html(self) -> str:
        return _html(self._run, repr(self))


def _html(run: Lab | Replay, words: str) -> str:
    orders = run.moments[-1].state.orders if run.moments else []
    shown = orders[-SUMMARY_ROWS:]
    rows = [[str(row.get(name) or "") for name in SUMMARY_COLUMNS] for row in shown]
    count = f"<caption>the last {len(shown)} of {len(orders)} orders</caption>" if len(shown) < len(orders) else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    head = "".join(f"<th>{name}</th>" for name in SUMMARY_COLUMNS)
    caption = escape(words).replace("\n", "<br>")
    table = f"<table>{count}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>" if rows else ""
    picture = static_picture(run.view, run.moments)._repr_html_()
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>{table}"
