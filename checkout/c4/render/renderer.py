"""Renderer: turns a diagram into its picture and its arrows, from the cache or through warm PlantUML processes."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from checkout.c4.findings import DiagramError
from checkout.c4.render import svg
from checkout.c4.render.cache import Cache, key_of, user_cache
from checkout.c4.render.plantuml import PlantUmlOutput, PlantUmlPool, Profile
from checkout.c4.render.toolchain import Toolchain, find_toolchain
from checkout.c4.source.arrows import Drawing
from checkout.c4.source.diagrams import find_diagram, find_diagrams, require_sources, source_root
from checkout.c4.source.drawings import read_drawing, read_title
from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.c4.source.preprocessing import expansion_source, picture_source
from checkout.c4.source.variables import Defines

REMEDIES = (
    ("already defined", "declare every element before the arrows that use it"),
    ("cannot include", "correct the name: nothing outside the diagram's tree is read"),
    ("no answer within", "remove the loop"),
    ("Infinite loop", "remove the loop"),
    ("until001", "close the parenthesis or the quotation mark of this call"),
    ("Fatal parsing", "close the parenthesis or the quotation mark of this call"),
    ("unknown", "correct the name of the procedure"),
)
COMPLETE = {"svg": re.compile(b"<svg"), "png": re.compile(rb"\A\x89PNG"), "preproc": re.compile(b"@end")}


@dataclass(frozen=True)
class RenderedDiagram:
    """An SVG and the elements and arrows in it, or the `parse_error` that says why those are not known."""

    drawing: Drawing
    svg: str
    parse_error: DiagramError | None = None

    def checked(self) -> "RenderedDiagram":
        """This diagram, if its elements and arrows are known. Raises DiagramError if not."""
        if self.parse_error is not None:
            raise self.parse_error
        return self


Rendering = Callable[[], RenderedDiagram]


class Renderer(AbstractContextManager["Renderer"]):
    """Renders diagrams below one folder, each once: a diagram in the cache starts no Java."""

    def __init__(self, folder: Path, *, cache: Cache | None = None, toolchain: Toolchain | None = None) -> None:
        self.toolchain = toolchain or find_toolchain()
        self.cache = user_cache() if cache is None else cache
        self.pool = PlantUmlPool(self.toolchain, folder.resolve())
        self.threads = ThreadPoolExecutor(4)  # they only wait for PlantUML

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancels what is being rendered, and ends all PlantUML processes."""
        self.pool.cancel()
        self.threads.shutdown(cancel_futures=True)
        self.pool.close()  # last, as a thread may just have started a process

    def render_all(self, diagrams: Iterable[DiagramSource]) -> list[tuple[DiagramSource, Rendering]]:
        """Starts to render diagrams, several at a time; the function beside each one waits for it as `render` does."""
        return [(diagram, self._start(diagram)) for diagram in diagrams]

    def render(self, diagram: DiagramSource) -> RenderedDiagram:
        """One diagram. Raises DiagramError with its findings if PlantUML rejects it."""
        return self._start(diagram)()

    def render_png(self, diagram: DiagramSource) -> bytes:
        """One diagram as PNG. Raises DiagramError with its findings if PlantUML rejects it."""
        output = self._convert(diagram, "png")
        if not _is_complete(output, "png"):
            raise _syntax_error(output, diagram, "png")
        return output.payload

    def profile(self, diagram: DiagramSource) -> Profile:
        """The security profile of a diagram: `OWN` in the working directory's source tree, `FOREIGN` elsewhere."""
        is_own = diagram.file.resolve().is_relative_to(source_root(Path.cwd()))
        # PlantUML compares paths as written, so its allow-list admits `folder/../other`.
        return Profile.OWN if is_own and not re.search(r"\.\.[/\\]", diagram.text) else Profile.FOREIGN

    def stamp(self, diagram: DiagramSource) -> str:
        """What a picture depends on, as its metadata holds it: the hash of the source and the toolchain."""
        return f"{svg.STAMP} source-{key_of(diagram.text)[:16]} {self.toolchain.identity}"

    def _start(self, diagram: DiagramSource) -> Rendering:
        picture, expansion = (self.threads.submit(self._convert, diagram, form) for form in ("svg", "preproc"))
        return lambda: self._collect(diagram, picture.result(), expansion)

    def _convert(self, diagram: DiagramSource, form: str) -> PlantUmlOutput:
        source, profile = _source(diagram, form)[0], self.profile(diagram)
        key = f"{key_of(diagram.kind, source, self.toolchain.identity, profile)}.{form}"
        cached = self.cache.get(key)
        output = self.pool.convert(form, source, profile) if cached is None else PlantUmlOutput(cached)
        if _is_complete(output, form):
            self.cache.put(key, output.payload)
        return output

    def _collect(
        self, diagram: DiagramSource, output: PlantUmlOutput, expansion: Future[PlantUmlOutput]
    ) -> RenderedDiagram:
        if not _is_complete(output, "svg"):
            raise _syntax_error(output, diagram, "svg")
        root = svg.sanitise(svg.parse(output.payload[output.payload.index(b"<svg") :]))
        parse_error, drawing = None, Drawing(diagram)
        try:
            drawing = _parse(diagram, root.get("data-diagram-type") or "", expansion.result())
            drawing = replace(drawing, arrows=svg.link_arrows(drawing, root))
        except DiagramError as error:
            parse_error = error
        svg.prefix_ids(root, diagram.name)
        svg.describe(root, drawing, self.stamp(diagram))
        return RenderedDiagram(drawing, svg.serialise(root), parse_error)


def open_renderer(files: Sequence[Path], cache: Cache | None = None) -> Renderer:
    """A renderer of the diagrams in files. Raises DiagramError if there are no files."""
    if not files:
        require_sources(files)
    # The deepest folder that holds all files is what PlantUML's `OWN` profile may read.
    return Renderer(Path(os.path.commonpath([file.resolve().parent for file in files])), cache=cache)


def render_file(file: str, defines: Defines = ()) -> RenderedDiagram:
    """Renders one diagram, named as FILE or FILE#NAME. Raises DiagramError or FileNotFoundError."""
    return _render([find_diagram(file, defines)])[0]


def render_files(file: str, defines: Defines = ()) -> list[RenderedDiagram]:
    """Renders all diagrams of FILE, or the one of FILE#NAME. Raises DiagramError or FileNotFoundError."""
    return _render(find_diagrams(file, defines))


def _render(diagrams: Sequence[DiagramSource]) -> list[RenderedDiagram]:
    with open_renderer([diagram.file for diagram in diagrams]) as renderer:
        return [rendering().checked() for _, rendering in renderer.render_all(diagrams)]


def _source(diagram: DiagramSource, form: str) -> tuple[str, list[SourceLine]]:
    return expansion_source(diagram) if form == "preproc" else picture_source(diagram)


def _is_complete(output: PlantUmlOutput, form: str) -> bool:
    # PlantUML may take the marks of an expansion for errors, and expands it nevertheless.
    return bool(COMPLETE[form].search(output.payload)) and (form == "preproc" or not output.error)


def _parse(diagram: DiagramSource, kind: str, output: PlantUmlOutput) -> Drawing:
    text = output.payload.decode(errors="replace")
    if kind not in ("DESCRIPTION", "CLASS", "SEQUENCE"):
        return Drawing(diagram, title=read_title(text))  # a flow chart has no arrows between elements
    if not _is_complete(output, "preproc"):
        raise _syntax_error(output, diagram, "preproc")
    return read_drawing(diagram, text, kind == "SEQUENCE")


def _syntax_error(output: PlantUmlOutput, diagram: DiagramSource, form: str) -> DiagramError:
    lines = _source(diagram, form)[1]
    line = lines[output.line] if output.line < len(lines) else lines[0]
    if line.deferred:
        return line.deferred
    message = output.error or "PlantUML returned no picture"
    fix = next((remedy for words, remedy in REMEDIES if words.lower() in message.lower()), "correct this line")
    return line.error("syntax", f"PlantUML: {message}", fix)
