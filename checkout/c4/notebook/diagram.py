"""Diagram: a C4 diagram in a notebook, with its elements and arrows as tables and its checks as reports."""

import atexit
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from checkout.c4.checks.conformance.results import Deviation, OrderResult
from checkout.c4.checks.consistency import CodeArrow, compare_views, compare_with_code
from checkout.c4.checks.coverage import measure_coverage
from checkout.c4.checks.lint import lint
from checkout.c4.checks.overlay import overlay_key, render_overlay
from checkout.c4.checks.verify import verify_orders
from checkout.c4.findings import DiagramError, Finding, PreconditionError, display_path
from checkout.c4.journal import group_by_order
from checkout.c4.notebook.tables import arrow_table, element_table
from checkout.c4.notebook.text import alternative_text, picture_html, wrapped
from checkout.c4.recorded_hops import Journal, recorded_hops
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.arrows import Drawing
from checkout.c4.source.diagrams import find_diagram, read_sources, source_root
from checkout.c4.source.files import DiagramSource, SourceLine, find_files, lines_of
from checkout.c4.source.includes import read_diagrams
from checkout.c4.story import group_steps, render_frame

if TYPE_CHECKING:
    import pandas

KEY_OF_STORY = "Orange and thick: this step. Green: an earlier step. Pale: a later step."
_renderers: dict[Path, Renderer] = {}


class SvgImage:
    """An SVG that a notebook displays, with a title and facts for readers who do not see it.

    `summary` replaces the facts in an alternative text that would be too long; then they follow in a list. `key` says
    what colours and dashes mean, in a line below the picture.
    """

    def __init__(self, svg: str, title: str, facts: Sequence[str] = (), summary: str = "", key: str = "") -> None:
        self.svg, self._caption, self._facts, self._summary, self._key = svg, title, list(facts), summary, key

    @property
    def alt(self) -> str:
        """The alternative text, of at most 300 characters."""
        return alternative_text(self._caption, self._facts, self._summary)

    def __repr__(self) -> str:
        return wrapped("\n  ".join([self._caption, *self._facts]))

    def _repr_html_(self) -> str:
        key = f"<p>{escape(self._key)}</p>" if self._key else ""
        return picture_html(self.svg.encode(), self._caption, self._facts, self._summary) + key


class Report:
    """The text of a result, which a notebook displays with a picture if there is one."""

    def __init__(self, text: str, picture: SvgImage | None = None) -> None:
        self.text, self.picture = text, picture

    def __repr__(self) -> str:
        return wrapped(self.text)

    def _repr_html_(self) -> str | None:
        return f"<pre>{escape(repr(self))}</pre>{self.picture._repr_html_()}" if self.picture else None


class Findings(Report):
    """The findings of a check, one line each; iterate over it for `Finding` objects."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._findings = list(findings)
        super().__init__("\n".join(map(str, self._findings)) or "no findings")

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings)

    def __len__(self) -> int:
        return len(self._findings)


class Conformance(Report):
    """Whether recorded orders conform to a view, as `checkout diagrams verify` prints it, with a coloured picture."""

    def __init__(self, results: Sequence[OrderResult], text: str, picture: SvgImage) -> None:
        super().__init__(text, picture)
        self.results = list(results)

    @property
    def conforms(self) -> bool:
        """Whether all orders conform."""
        return all(result.conforms for result in self.results)

    @property
    def deviations(self) -> list[Deviation]:
        """The deviations of all orders, tolerated ones included."""
        return [deviation for result in self.results for deviation in result.deviations]


class CoverageReport(Report):
    """The arrows that no journal covers, as `checkout diagrams cover` prints them."""

    def __init__(self, text: str, percent: float) -> None:
        super().__init__(text)
        self.percent = percent


class Diagram(SvgImage):
    """One diagram, rendered when it is made; later changes of its file have no effect on it.

    `file` is FILE, or FILE#NAME for one of several diagrams in a file. Raises DiagramError if the diagram cannot be
    rendered, and PreconditionError if the file, Java or the fonts are missing.
    """

    def __init__(self, file: str | Path) -> None:
        try:
            self._open(find_diagram(str(file)))
        except FileNotFoundError as error:
            raise PreconditionError(str(error)) from error
        except DiagramError as error:
            raise DiagramError(*(replace(each, file=Path(each.file).name) for each in error.findings)) from error

    @classmethod
    def from_source(cls, text: str, name: str = "source") -> "Diagram":
        """A diagram from PlantUML source; includes are relative to the working directory. Raises DiagramError."""
        return cls._from_lines(lines_of(text, Path.cwd() / name))

    @classmethod
    def _from_lines(cls, lines: list[SourceLine]) -> "Diagram":
        file = lines[0].file
        diagrams = read_diagrams(file, source_root(file.parent), lines)
        if len(diagrams) != 1:
            fix = "write one @startuml and one @enduml"
            raise lines[0].error("no-diagram", f"the source has {len(diagrams)} diagrams", fix)
        diagram = cls.__new__(cls)
        diagram._open(diagrams[0])
        return diagram

    def _open(self, source: DiagramSource) -> None:
        self.source = source
        self._renderer = _renderer(source.file)
        self._rendered = self._renderer.render(source)
        drawing = self._rendered.drawing
        self.name, self.title = source.name, drawing.title or source.name
        sentences = [sentence.rstrip(".") for sentence in drawing.sentences]
        self._counts = f"{len(drawing.elements)} elements, {len(drawing.visible_arrows)} arrows"
        super().__init__(self._rendered.svg, self.title, sentences, self._counts)

    def __repr__(self) -> str:
        return wrapped(f"{self.name}: {self.title} ({self._counts})")

    @property
    def _drawing(self) -> Drawing:
        return self._rendered.checked().drawing

    @property
    def arrows(self) -> "pandas.DataFrame":
        """The arrows in drawing order; `step` is empty if an arrow has no number. Raises DiagramError."""
        return arrow_table(self._drawing)

    @property
    def elements(self) -> "pandas.DataFrame":
        """The elements in drawing order; `inside` is the alias of the boundary around one. Raises DiagramError."""
        return element_table(self._drawing)

    def check(self, code_arrows: Sequence[CodeArrow] = ()) -> Findings:
        """Problems of the diagram by itself, with the other views in its folder, and against the arrows of the code.

        Takes the arrows that the code implies as docs/diagrams.md describes them. Raises DiagramError.
        """
        drawing = self._drawing
        others = [other for other in self._neighbours() if other.is_dynamic != drawing.is_dynamic]
        found = lint(drawing) + compare_views([drawing, *others]) + compare_with_code([drawing], code_arrows)
        return Findings(replace(finding, file=Path(finding.file).name) for finding in found)

    def verify(self, journal: Journal, order: str | None = None, allow_redelivery: bool = False) -> Conformance:
        """Whether recorded orders conform to this dynamic view; `order` is the id of one, default all.

        `journal` is a file or folder, or an iterable of hops such as `lab.journal`. Raises PreconditionError if there
        are no such hops, or if the view has no numbered arrows.
        """
        results = verify_orders(self._drawing, group_by_order(recorded_hops(journal), order), allow_redelivery)
        text = self._without_folder("\n".join(map(str, results)))
        svg = render_overlay(self._renderer, self._drawing, results)
        key = overlay_key(self._drawing, results)
        return Conformance(results, text, SvgImage(svg, f"{self.title}, coloured by conformance", key=key))

    def coverage(self, *journals: Journal) -> CoverageReport:
        """The arrows that no run in the journals covers. Raises PreconditionError if there are no hops or arrows."""
        coverage = measure_coverage(self._drawing, [hop for journal in journals for hop in recorded_hops(journal)])
        return CoverageReport(self._without_folder(str(coverage)), coverage.percent)

    def story_frame(self, step: int) -> SvgImage:
        """The picture at a step, from 1: earlier arrows green, those of the step orange, later ones faint.

        Raises PreconditionError if there is no such step.
        """
        svg = render_frame(self._rendered.checked(), step)
        steps = group_steps(self._rendered)
        sentences = [self._drawing.describe(arrow) for arrow in steps[step - 1]]
        title, summary = f"{self.title}, step {step} of {len(steps)}", f"{len(sentences)} arrows"
        return SvgImage(svg, title, sentences, summary, KEY_OF_STORY)

    def _neighbours(self) -> Iterator[Drawing]:
        file = self.source.file
        files = [each for each in find_files([file.parent]) if each.parent == file.parent] if file.is_file() else []
        diagrams, _ = read_sources(each for each in files if each != file)
        for _, rendering in self._renderer.render_all(diagrams):
            with suppress(DiagramError):
                yield rendering().checked().drawing

    def _without_folder(self, text: str) -> str:
        return text.replace(f"{display_path(self.source.file.parent)}/", "")


def _renderer(file: Path) -> Renderer:
    # One for each source tree, warm until Python exits: a cell that is not in the cache renders in 0.1 s.
    root = source_root(file.parent)
    if root not in _renderers:
        _renderers[root] = Renderer(root)
        atexit.register(_renderers[root].close)
    return _renderers[root]
