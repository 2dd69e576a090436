"""Command: reads drawings and traces, and writes the page and the data of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from checkout.c4.findings import PreconditionError, display_path
from checkout.c4.render.renderer import RenderedDiagram, Renderer, open_renderer
from checkout.c4.report.building import ViewReport, build_data, build_views
from checkout.c4.report.changes import with_changes
from checkout.c4.report.data import ReportData, as_json, read_report
from checkout.c4.report.page.pictures import draw_pictures
from checkout.c4.report.page.whole import render_page
from checkout.c4.report.stories import assign_stories
from checkout.c4.source.diagrams import find_diagrams
from checkout.c4.source.files import DiagramSource, or_default
from checkout.c4.source.variables import Defines
from checkout.c4.traces.reading import read_traces


@dataclass(frozen=True)
class ReportFiles:
    """What a report is made of: diagrams as FILE, FILE#NAME or folder, and the paths of the options."""

    diagrams: Sequence[str]
    traces: Sequence[Path]
    map_file: Path | None = None
    since: Path | None = None
    baseline: Path | None = None
    defines: Defines = ()


def write_report(files: ReportFiles, html: Path, json_file: Path | None = None) -> ReportData:
    """Writes the page, and the data if it has a file. Raises CheckoutError, OSError."""
    _require_folders(html, json_file)
    earlier = read_report(files.since) if files.since else None
    sources = _find_sources(files)
    now = datetime.now(UTC)
    with open_renderer([source.file for source in sources]) as renderer:
        renderings = renderer.render_all(sources)  # while the traces are read
        traces = read_traces(files.traces)
        spans = len(traces.spans)
        rendered = _dynamic([rendering().checked() for _, rendering in renderings])
        assigned = assign_stories(traces, [each.drawing for each in rendered], files.map_file)
        del traces
        views = build_views(assigned, files.baseline, now)
        data = build_data(assigned, views, spans, now)
        data = with_changes(data, earlier) if earlier else data
        page = _draw_page(renderer, rendered, views, data, bool(files.baseline))
    html.write_text(page, encoding="utf-8")
    if json_file:
        json_file.write_text(as_json(data) + "\n", encoding="utf-8")
    return data


def _require_folders(*files: Path | None) -> None:
    missing = next((file.parent for file in files if file and not file.parent.is_dir()), None)
    if missing:
        raise FileNotFoundError(f"{display_path(missing)}: there is no such folder")


def _find_sources(files: ReportFiles) -> list[DiagramSource]:
    named = list(files.diagrams) or [str(path) for path in or_default(None)]
    found = [source for name in named for source in find_diagrams(name, files.defines)]
    return list({(source.file, source.name): source for source in found}.values())


def _dynamic(rendered: Sequence[RenderedDiagram]) -> list[RenderedDiagram]:
    found = [each for each in rendered if each.drawing.is_dynamic]
    if not found:
        names = ", ".join(each.drawing.name for each in rendered[:3])
        raise PreconditionError(f"none of the diagrams ({names}) has numbered arrows: name a dynamic view")
    return found


def _draw_page(
    renderer: Renderer,
    rendered: Sequence[RenderedDiagram],
    views: Sequence[ViewReport],
    data: ReportData,
    has_baseline: bool,
) -> str:
    drawn = enumerate(zip(rendered, views, strict=True), 1)
    pictures = [draw_pictures(renderer, each, view, number) for number, (each, view) in drawn]
    return render_page(data, pictures, has_baseline)
