"""Renderer: turns a diagram into its picture and its arrows, from the cache or through warm PlantUML processes."""

import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from checkout.c4.findings import DiagramError, Finding
from checkout.c4.render import svg
from checkout.c4.render.cache import Cache, key_of, user_cache
from checkout.c4.render.plantuml import TIMEOUT, PlantUmlOutput, PlantUmlPool, Profile
from checkout.c4.render.toolchain import Toolchain, find_toolchain
from checkout.c4.source.arrows import Drawing, read_drawing, read_title
from checkout.c4.source.files import DiagramSource, SourceLine
from checkout.c4.source.includes import read_diagrams
from checkout.c4.source.preprocessing import expansion_source, picture_source

REMEDIES = (
    ("already defined", "declare every element before the arrows that use it"),
    ("cannot include", "correct the name: nothing outside the diagram's tree is read"),
    ("no answer within", "remove the loop"),
    ("Infinite loop", "remove the loop"),
    ("until001", "close the parenthesis or the quotation mark of this call"),
    ("Fatal parsing", "close the parenthesis or the quotation mark of this call"),
    ("unknown", "correct the name of the procedure"),
)


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


class Renderer:
    """Renders diagrams below one folder, each once: a diagram in the cache starts no Java."""

    def __init__(
        self, folder: Path, *, cache: Cache | None = None, toolchain: Toolchain | None = None, timeout: float = TIMEOUT
    ) -> None:
        self.toolchain = toolchain or find_toolchain()
        self.folder = folder.resolve()
        self.cache = user_cache() if cache is None else cache
        self.pool = PlantUmlPool(self.toolchain, self.folder, timeout=timeout)
        self.threads = ThreadPoolExecutor(4)  # they only wait for PlantUML

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Cancels what is being rendered, and ends all PlantUML processes."""
        self.pool.cancel()
        self.threads.shutdown(cancel_futures=True)
        self.pool.close()  # last, as a thread may just have started a process

    def render_all(
        self, diagrams: Iterable[DiagramSource]
    ) -> Iterator[tuple[DiagramSource, RenderedDiagram | DiagramError]]:
        """Each diagram, rendered or with the error that prevents it; several are rendered at a time."""
        submitted = [(diagram, self._submit(diagram)) for diagram in diagrams]
        for diagram, outputs in submitted:
            try:
                yield diagram, self._collect(diagram, *outputs)
            except DiagramError as error:
                yield diagram, error

    def render(self, diagram: DiagramSource) -> RenderedDiagram:
        """One diagram. Raises DiagramError with its findings if PlantUML rejects it."""
        return self._collect(diagram, *self._submit(diagram))

    def render_png(self, diagram: DiagramSource) -> bytes:
        """One diagram as PNG. Raises DiagramError with its findings if PlantUML rejects it."""
        source, lines = picture_source(diagram)
        cached = self.cache.get(self._key(diagram, "png"))
        output = PlantUmlOutput(cached) if cached else self.pool.convert("png", source, self.profile(diagram))
        if output.error or not output.payload.startswith(b"\x89PNG"):
            raise DiagramError(_syntax_finding(output, lines))
        self.cache.put(self._key(diagram, "png"), output.payload)
        return output.payload

    def profile(self, diagram: DiagramSource) -> Profile:
        """The security profile of a diagram: `OWN` in the working directory's source tree, `FOREIGN` elsewhere."""
        is_own = diagram.file.resolve().is_relative_to(source_root(Path.cwd()))
        # PlantUML compares paths as written, so its allow-list admits `folder/../other`.
        return Profile.OWN if is_own and not re.search(r"\.\.[/\\]", diagram.text) else Profile.FOREIGN

    def stamp(self, diagram: DiagramSource) -> str:
        """What a picture depends on, as its metadata holds it: the hash of the source and the toolchain."""
        return f"{svg.STAMP} source-{key_of(diagram.text)[:16]} {self.toolchain.identity}"

    def _key(self, diagram: DiagramSource, output: str) -> str:
        source = expansion_source(diagram)[0] if output == "preproc" else picture_source(diagram)[0]
        return f"{key_of(diagram.kind, source, self.toolchain.identity, self.profile(diagram))}.{output}"

    def _submit(self, diagram: DiagramSource) -> tuple[Future[PlantUmlOutput], Future[PlantUmlOutput]]:
        sources = {"svg": picture_source(diagram)[0], "preproc": expansion_source(diagram)[0]}
        picture, expansion = (self._submit_one(diagram, output, source) for output, source in sources.items())
        return picture, expansion

    def _submit_one(self, diagram: DiagramSource, output: str, source: str) -> Future[PlantUmlOutput]:
        cached = self.cache.get(self._key(diagram, output))
        if cached is not None:
            done: Future[PlantUmlOutput] = Future()
            done.set_result(PlantUmlOutput(cached))
            return done
        return self.threads.submit(self.pool.convert, output, source, self.profile(diagram))

    def _collect(
        self, diagram: DiagramSource, picture: Future[PlantUmlOutput], expansion: Future[PlantUmlOutput]
    ) -> RenderedDiagram:
        output = picture.result()
        if output.error or b"<svg" not in output.payload:
            raise DiagramError(_syntax_finding(output, picture_source(diagram)[1]))
        self.cache.put(self._key(diagram, "svg"), output.payload)
        root = svg.sanitise(svg.parse(output.payload[output.payload.index(b"<svg") :]))
        parse_error, drawing = None, Drawing(diagram)
        try:
            drawing = self._parse(diagram, root.get("data-diagram-type") or "", expansion.result())
            drawing = replace(drawing, arrows=svg.link_arrows(drawing, root))
        except DiagramError as error:
            parse_error = error
        svg.describe(svg.prefix_ids(root, diagram.name), drawing, self.stamp(diagram))
        return RenderedDiagram(drawing, svg.serialise(root), parse_error)

    def _parse(self, diagram: DiagramSource, kind: str, output: PlantUmlOutput) -> Drawing:
        text = output.payload.decode(errors="replace")
        if "@end" in text:
            self.cache.put(self._key(diagram, "preproc"), output.payload)
        if kind not in ("DESCRIPTION", "CLASS", "SEQUENCE"):
            return Drawing(diagram, title=read_title(text))  # a flow chart has no arrows between elements
        if "@end" not in text:
            raise DiagramError(_syntax_finding(output, expansion_source(diagram)[1]))
        return read_drawing(diagram, text)


def source_root(path: Path) -> Path:
    """The root of the git checkout that holds a path, else its folder: includes are read from below it only."""
    folder = (path if path.is_dir() else path.parent).resolve()
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def read_sources(files: Iterable[Path], root: Path | None = None) -> tuple[list[DiagramSource], list[Finding]]:
    """The diagrams in files, and the findings of files that cannot be read; `root` limits where includes are read."""
    diagrams, findings = list[DiagramSource](), list[Finding]()
    for file in files:
        try:
            diagrams += read_diagrams(file, root or source_root(file))
        except DiagramError as error:
            findings += error.findings
    return diagrams, findings


def common_folder(files: Iterable[Path]) -> Path:
    """The deepest folder that holds all files: what PlantUML's `OWN` profile may read."""
    return Path(os.path.commonpath([file.resolve().parent for file in files]))


def _syntax_finding(output: PlantUmlOutput, lines: list[SourceLine]) -> Finding:
    line = lines[output.line] if output.line < len(lines) else lines[0]
    message = output.error or "PlantUML returned no picture"
    fix = next((remedy for words, remedy in REMEDIES if words.lower() in message.lower()), "correct this line")
    return line.finding("syntax", f"PlantUML: {message}", fix)
