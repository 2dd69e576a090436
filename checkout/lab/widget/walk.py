"""Walk: a lab or a replay to step through: the picture, the record in hand, the tables, a slider over all of it."""

import threading
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import msgspec

from checkout.lab.course.step_notes import NOTES
from checkout.lab.engine.replica import pretty
from checkout.lab.errors import LabError
from checkout.lab.history.projection import Moment, Scene, element, view_of
from checkout.lab.views.pictures import VIEWS, coordinates, still, view

PARTS = [Path(__file__).with_name(name) for name in ("walk_picture.js", "walk_panels.js", "walk.js")]
OF_HOP = ("step", "to", "message", "technology", "topic", "group", "replica", "cause", "outcome")
OF_MOMENT = ("order", "place", "lag", "sentence")
SHOWN = ("order", "status", "reason", "total")
Message = dict[str, Any]


class Walk(anywidget.AnyWidget):
    """What `lab.walk()` shows: the browser asks for everything once, and is then told what is new."""

    _esm: ClassVar[str] = "\n".join(part.read_text(encoding="utf-8") for part in PARTS)
    _css: ClassVar[str] = Path(__file__).with_name("walk.css").read_text(encoding="utf-8")

    def __init__(self, run: Any) -> None:
        super().__init__()
        self._run, self._is_live = run, hasattr(run, "step")
        self._lock = run.lock if self._is_live else threading.RLock()
        self._moments, self._told, self._is_seen, self._acts = list[Moment](), 0, False, False
        self.on_msg(lambda _, content, __: self._hear(content))
        if self._is_live:
            run.on_change(self._tell)

    def _hear(self, content: Mapping[str, Any]) -> None:
        with self._lock:
            self.send(self.answer(content))

    def _tell(self) -> None:
        # Whoever changed the lab may be a cell, on another thread; what we did ourselves is in the answer.
        with self._lock:
            if self._is_seen and not self._acts:
                self.send(self._news())

    def answer(self, asked: Mapping[str, Any]) -> Message:
        """Does what the browser asks for; the answer holds what is new, and what went wrong in plain words."""
        with self._lock:
            is_hello, error = asked["do"] == "hello", ""
            self._acts = True
            try:
                if not is_hello:
                    self._act(asked)
            except LabError as problem:
                error = str(problem)
            except Exception as problem:  # shown here, or nowhere: nobody reads a callback's traceback
                error = f"{type(problem).__name__}: {problem}"
            finally:
                self._acts = False
            whole = self._whole() if is_hello else {}
            return {"answers": asked.get("id"), "error": error} | whole | self._news(is_hello)

    def _act(self, asked: Mapping[str, Any]) -> None:
        do, lab, service, verb = asked["do"], self._run, asked.get("service", ""), asked.get("verb", True)
        if not self._is_live:
            raise LabError("this is a replay: it can be looked at, not changed")
        if do == "step":
            lab.step()
        elif do == "verb":
            lab.step(verb=verb)
        elif do == "break":
            (lab.break_at if asked["on"] else lab.clear_break)(service, verb)
        elif do in ("crash", "restart"):
            getattr(lab, do)(service)
        elif do == "reset":
            lab.reset()

    def _whole(self) -> Message:
        self._is_seen = True
        pictures = {name: _picture(name) for name in VIEWS}
        names = {alias: element(alias) for picture in pictures.values() for alias in picture["boxes"]}
        return {"whole": True, "is_live": self._is_live, "pictures": pictures, "notes": NOTES, "names": names}

    def _news(self, whole: bool = False) -> Message:
        moments = self._run.moments
        if whole or moments is not self._moments:
            self._moments, self._told = moments, 0
        keep, self._told = self._told, len(moments)
        new = [_told(moments[at], moments[at - 1].scene if at else None) for at in range(keep, len(moments))]
        views = {order: view_of(moments, order) for order in {moment["order"] for moment in new}}
        status = msgspec.to_builtins(self._run.status()) if self._is_live else None
        return {"keep": keep, "moments": new, "views": views, "view": self._run.view, "status": status}

    def __repr__(self) -> str:
        with self._lock:
            moments, name = self._run.moments, self._run.view
            lines = [f"walk through {name}, hop {len(moments)} of {len(moments)}"]
            if moments:
                lines += [moments[-1].sentence, *coordinates(moments[-1])]
            return "\n  ".join([*lines, *([self._run.status().next] if self._is_live else [])])

    def _repr_mimebundle_(self, **options: Any) -> Any:
        bundle: Any = super()._repr_mimebundle_(**options)
        with self._lock:
            return bundle[0] | {"text/html": _html(self._run, repr(self))}, bundle[1]


def _html(run: Any, words: str) -> str:
    orders = run.moments[-1].scene.orders if run.moments else []
    rows = [[str(row.get(name) or "") for name in SHOWN] for row in orders]
    table = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    head = "".join(f"<th>{name}</th>" for name in SHOWN)
    caption = escape(words).replace("\n", "<br>")
    tables = f"<table><thead><tr>{head}</tr></thead><tbody>{table}</tbody></table>" if rows else ""
    return f"<figure>{still(run.view, run.moments)._repr_html_()}<figcaption>{caption}</figcaption></figure>{tables}"


def _picture(name: str) -> Message:
    picture = view(name)
    arrows = [
        {"from": one, "to": two, "technology": how} | at._asdict() for (one, two, how), at in picture.arrows.items()
    ]
    return {"svg": picture.svg, "arrows": arrows, "boxes": picture.boxes}


def _told(moment: Moment, before: Scene | None) -> Message:
    hop, payload = moment.hop, pretty(bytes(moment.hop.payload))
    if hop.order:
        payload = payload.replace(hop.order, moment.order)
    told = {name: getattr(hop, name) for name in OF_HOP} | {name: getattr(moment, name) for name in OF_MOMENT}
    key = moment.order if hop.key == hop.order else hop.key
    changes = _changes(moment.scene, before)
    return told | {"from": hop.sender, "key": key, "lines": coordinates(moment), "payload": payload, "changes": changes}


def _changes(scene: Scene, before: Scene | None) -> dict[str, dict[str, Any]]:
    # Rows are only ever added or changed, so a scene is the sum of the changes before it.
    old, new = msgspec.structs.asdict(before) if before else {}, msgspec.structs.asdict(scene)
    rows = {kind: list(enumerate(rows)) for kind, rows in new.items()}
    return {kind: {str(at): row for at, row in rows[kind] if old.get(kind, [])[at : at + 1] != [row]} for kind in rows}
