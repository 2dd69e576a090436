"""Render: a diagram to its drawing and its picture, from the cache or from warm workers."""

import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from checkout.c4.findings import Finding, Refused
from checkout.c4.render import svg
from checkout.c4.render.cache import Cache, key_of, usual_cache
from checkout.c4.render.plantuml import FOREIGN, OWN, SECONDS, Answer, Studio
from checkout.c4.render.toolchain import Toolbox, find_toolbox
from checkout.c4.source.arrows import Drawing, read_drawing, read_title
from checkout.c4.source.files import Diagram, Line
from checkout.c4.source.includes import read_diagrams
from checkout.c4.source.preprocessing import drawable, instrumented

REMEDIES = (
    ("already defined", "declare every element before the arrows that use it"),
    ("cannot include", "correct the name: nothing outside the diagram's tree is read"),
    ("no answer within", "take the loop out"),
    ("Infinite loop", "take the loop out"),
    ("Fatal parsing", "close the parenthesis or the quotation mark of this call"),
    ("unknown", "correct the name of the procedure"),
)


@dataclass(frozen=True)
class Picture:
    """An SVG and its drawing, whose arrows know their groups; `unread` says why there is no drawing to rely on."""

    drawing: Drawing
    svg: str
    unread: Refused | None = None

    def read(self) -> "Picture":
        """This picture, once its drawing is known to be right. Raises Refused where it could not be read."""
        if self.unread is not None:
            raise self.unread
        return self


class Renderer:
    """Draws diagrams, each once: what is in the cache starts no Java."""

    def __init__(
        self, folder: Path, *, cache: Cache | None = None, toolbox: Toolbox | None = None, seconds: float = SECONDS
    ) -> None:
        self.toolbox = toolbox or find_toolbox()
        self.folder = folder.resolve()
        self.cache = usual_cache() if cache is None else cache
        self.studio = Studio(self.toolbox, self.folder, seconds=seconds)
        self.threads = ThreadPoolExecutor(4)  # they only wait for workers

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.studio.retire()
        self.threads.shutdown(cancel_futures=True)
        self.studio.__exit__(kind, error, at)  # last, for a thread may just have started a process

    def pictures(self, diagrams: Iterable[Diagram]) -> Iterator[tuple[Diagram, Picture | Refused]]:
        """Each diagram with its picture, or with what PlantUML has against it; several are drawn at a time."""
        asked = [(diagram, self._ask(diagram)) for diagram in diagrams]
        for diagram, answers in asked:
            try:
                yield diagram, self._finish(diagram, *answers)
            except Refused as refused:
                yield diagram, refused

    def picture(self, diagram: Diagram) -> Picture:
        """One diagram's picture. Raises Refused with the findings when it cannot be drawn or read."""
        return self._finish(diagram, *self._ask(diagram))

    def png(self, diagram: Diagram) -> bytes:
        """One diagram as PNG. Raises Refused when it cannot be drawn."""
        source, places = drawable(diagram)
        kept = self.cache.get(self._key(diagram, "png"))
        answer = Answer(kept) if kept else self.studio.ask("png", source, self.profile(diagram))
        if answer.complaint or not answer.payload.startswith(b"\x89PNG"):
            raise Refused(_complaint(answer, places))
        self.cache.put(self._key(diagram, "png"), answer.payload)
        return answer.payload

    def profile(self, diagram: Diagram) -> str:
        """PlantUML's security profile for a diagram: wide enough for the tree one works in, closed for any other."""
        is_own = diagram.file.resolve().is_relative_to(tree_of(Path.cwd()))
        # PlantUML compares paths as written, so its allow-list lets `folder/../other` through.
        return OWN if is_own and not re.search(r"\.\.[/\\]", diagram.text) else FOREIGN

    def stamp(self, diagram: Diagram) -> str:
        """What a picture is made from: the source's hash and the toolbox."""
        return f"{svg.STAMP} source-{key_of(diagram.text)[:16]} {self.toolbox.identity}"

    def _key(self, diagram: Diagram, what: str) -> str:
        source = instrumented(diagram)[0] if what == "preproc" else drawable(diagram)[0]
        return f"{key_of(diagram.kind, source, self.toolbox.identity, self.profile(diagram))}.{what}"

    def _ask(self, diagram: Diagram) -> tuple[Future[Answer], Future[Answer]]:
        return self._one(diagram, "svg", drawable(diagram)[0]), self._one(diagram, "preproc", instrumented(diagram)[0])

    def _one(self, diagram: Diagram, output: str, source: str) -> Future[Answer]:
        kept = self.cache.get(self._key(diagram, output))
        if kept is not None:
            done: Future[Answer] = Future()
            done.set_result(Answer(kept))
            return done
        return self.threads.submit(self.studio.ask, output, source, self.profile(diagram))

    def _finish(self, diagram: Diagram, drawn: Future[Answer], expanded: Future[Answer]) -> Picture:
        answer = drawn.result()
        if answer.complaint or b"<svg" not in answer.payload:
            raise Refused(_complaint(answer, drawable(diagram)[1]))
        self.cache.put(self._key(diagram, "svg"), answer.payload)
        root = svg.sanitised(svg.parse(answer.payload[answer.payload.index(b"<svg") :]))
        unread, drawing = None, Drawing(diagram)
        try:
            drawing = self._drawing(diagram, root.get("data-diagram-type") or "", expanded.result())
            drawing = replace(drawing, arrows=svg.linked(drawing, root))
        except Refused as refused:
            unread = refused
        svg.described(svg.with_own_ids(root, diagram.name), drawing, self.stamp(diagram))
        return Picture(drawing, svg.written(root), unread)

    def _drawing(self, diagram: Diagram, flavour: str, answer: Answer) -> Drawing:
        text = answer.payload.decode(errors="replace")
        if "@end" in text:
            self.cache.put(self._key(diagram, "preproc"), answer.payload)
        if flavour not in ("DESCRIPTION", "CLASS", "SEQUENCE"):
            return Drawing(diagram, title=read_title(text))  # a flow chart has no arrows between elements
        if "@end" not in text:
            raise Refused(_complaint(answer, instrumented(diagram)[1]))
        return read_drawing(diagram, text)


def tree_of(path: Path) -> Path:
    """The tree a file belongs to: its git checkout, else its folder. Includes may come from there and nowhere else."""
    folder = (path if path.is_dir() else path.parent).resolve()
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def read(files: Iterable[Path], root: Path | None = None) -> tuple[list[Diagram], list[Finding]]:
    """The diagrams in these files, and what is wrong with those that cannot be read."""
    diagrams, findings = list[Diagram](), list[Finding]()
    for file in files:
        try:
            diagrams += read_diagrams(file, root or tree_of(file))
        except Refused as refused:
            findings += refused.findings
    return diagrams, findings


def common_folder(files: Iterable[Path]) -> Path:
    """The narrowest folder that holds all these files: what PlantUML may read of a tree of our own."""
    return Path(os.path.commonpath([file.resolve().parent for file in files]))


def _complaint(answer: Answer, places: list[Line]) -> Finding:
    line = places[answer.line] if answer.line < len(places) else places[0]
    message = answer.complaint or "PlantUML drew nothing"
    fix = next((remedy for words, remedy in REMEDIES if words.lower() in message.lower()), "correct this line")
    return line.finding("syntax", f"PlantUML: {message}", fix)
