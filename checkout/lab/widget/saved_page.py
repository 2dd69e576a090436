"""Saved page: a widget with a recording of its run as one HTML file, which needs no kernel and no network."""

import base64
import gzip
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from checkout.lab.errors import LabError
from checkout.lab.history.replay import Replay
from checkout.lab.lab import Lab
from checkout.lab.saved.recording import Recording, record
from checkout.lab.saved.shared_values import SharedValues
from checkout.lab.views.pictures import Picture
from checkout.lab.widget.assets import script, style, without_comments
from checkout.lab.widget.history_pages import JsonObject

SCRIPTS = ("saved/run", "saved/partitions", "saved/model")
EXPORT = "export default {"
OPENED = "The state when the page is opened:"
NO_SCRIPT = "This page needs JavaScript to be stepped through."
# The page may load nothing, from nowhere: what it shows is in it.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


class Content(NamedTuple):
    """What a widget puts into its page.

    `kind`: walk or board. `script` and `style`: those of the widget. `fields`: of the messages about hops that it
    reads; empty for all. `topic`: of a board that shows only one.
    """

    kind: str
    run: Lab | Replay
    script: str
    style: str
    fields: frozenset[str] = frozenset()
    topic: str = ""


class SavedPage:
    """A page that has been written: its path, its size in bytes, and what it holds as a sentence."""

    def __init__(self, path: Path, size: int, sentence: str) -> None:
        self.path, self.size, self.sentence = path, size, sentence

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"{self.path}, {self.size / 1_000:,.0f} kB. {self.sentence}"


def recording_of(content: Content) -> Recording:
    """Records the run of a widget. Its lab is not moved."""

    def keep(message: JsonObject) -> JsonObject:
        return {name: value for name, value in message.items() if name in content.fields or not content.fields}

    return record(content.run, keep, content.topic)


def save_page(path: Path, content: Content, recording: Recording, whole: JsonObject, still: Picture) -> SavedPage:
    """Writes the page of a widget; an existing file is replaced, whole or not at all.

    `path`: from `check_target`. `whole`: the static part of the first message. `still`: the picture for a browser
    without JavaScript, of the last hop of `recording.run`. Raises LabError if the file cannot be written.
    """
    data = {"kind": content.kind, "whole": whole} | recording.data
    text = page(content, data, recording.sentence, still).encode()
    return SavedPage(write(path, text), len(text), recording.sentence)


def page(content: Content, data: Mapping[str, Any], sentence: str, still: Picture) -> str:
    """The page as HTML."""
    if content.script.count(EXPORT) != 1:
        raise ValueError(f"the script of a widget has {EXPORT!r} once")
    values = SharedValues()
    root = values.add(data)
    recording = compressed({"root": root, "shapes": values.shapes, "values": values.values})
    title = escape(f"{content.kind.capitalize()}: {content.run.view}")
    start = 'const data = await savedData(document.getElementById("recording").textContent);\n'
    start += 'SavedWidget.render({ model: new SavedModel(data), el: document.getElementById("widget") });'
    code = "\n".join([script(*SCRIPTS), content.script.replace(EXPORT, "const SavedWidget = {"), start])
    code = without_comments(code)
    picture = f'<figure role="img" aria-label="{escape(still.alt)}">{still.svg.decode()}</figure>'
    facts = "".join(f"<p>{escape(line)}</p>" for line in still.facts)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{without_comments(content.style + style("saved"))}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<div id="widget" class="is-saved"></div>
<noscript><p>{OPENED}</p>{picture}{facts}<p>{NO_SCRIPT}</p></noscript>
<p class="saved-note">{escape(sentence)}</p>
</main>
<script type="text/plain" id="recording">{recording}</script>
<script type="module">
{code}
</script>
</body>
</html>
"""


def compressed(value: Any) -> str:
    """JSON, compressed with gzip, in base64: no text in it ends a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def check_target(path: str | Path) -> Path:
    """Returns the path of a file that may be written. Raises LabError if it is a folder, in none, or no path."""
    try:
        path = Path(path).expanduser()
        is_folder, has_folder = path.is_dir(), path.parent.is_dir()
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        raise LabError(f"{path!r} names no file ({error}): name one such as walk.html") from error
    if is_folder:
        raise LabError(f"{path} is a folder: name a file in it, such as {path / 'walk.html'}")
    if not has_folder:
        raise LabError(f"there is no folder {path.parent}: create it first, or choose another one")
    return path


def write(path: Path, content: bytes) -> Path:
    """Writes a file beside its place and moves it there. Raises LabError, naming the remedy."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise LabError(f"{path} cannot be written ({error.strerror}): choose another folder or name") from error
    return path
