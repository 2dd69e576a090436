"""Commands: what each command of the diagrams does, as an exit code and what it prints."""

import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from checkout.c4.checks.consistency import Fact
from checkout.c4.findings import CannotJudge, Finding, Refused, as_github, as_json, shown
from checkout.c4.journal import Hop, by_order, read_journal
from checkout.c4.render.cache import Cache
from checkout.c4.render.renderer import Picture, Renderer, common_folder, read
from checkout.c4.source.files import Diagram, find_files


def render(paths: Sequence[Path], formats: Sequence[str], out: Path | None, watch: bool, no_cache: bool) -> int:
    """Draws every diagram; with `watch` goes on until stopped."""
    from checkout.c4.render.watch import Watch

    files = find_files(paths)
    # Before the first drawing, which takes a while: what changes meanwhile is redrawn.
    watched: Iterable[list[Path]] = Watch(lambda: find_files(paths)) if watch else ()
    with _renderer(files, no_cache) as renderer:
        findings = _render(renderer, files, formats, out)
        if watch:
            _say("watching; Ctrl-C ends it")
        for changed in watched:
            with suppress(Refused):  # a part that no diagram includes yet
                _render(renderer, changed, formats, out)
    return int(bool(findings))


def _render(renderer: Renderer, files: Sequence[Path], formats: Sequence[str], out: Path | None) -> list[Finding]:
    diagrams, findings = _found(files)
    for diagram, picture in renderer.pictures(diagrams):
        try:
            if isinstance(picture, Refused):
                raise picture
            _write(renderer, diagram, picture, formats, out)
        except Refused as refused:
            findings += refused.findings
    for finding in findings:
        print(finding, flush=True)
    return findings


def _write(renderer: Renderer, diagram: Diagram, picture: Picture, formats: Sequence[str], out: Path | None) -> None:
    for name in formats:
        content = picture.svg.encode() if name == "svg" else renderer.png(diagram)
        path = (out or diagram.file.parent) / f"{diagram.name}.{name}"
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            _say(f"drew {shown(path)}")


def check_pictures(paths: Sequence[Path], no_cache: bool) -> int:
    """Names each stale picture and why; 3 when another tool drew one, for then nothing can be said."""
    from checkout.c4.render.staleness import judge

    files = find_files(paths)
    diagrams, findings = _found(files)
    stale = []
    with _renderer(files, no_cache) as renderer:
        for diagram, picture in renderer.pictures(diagrams):
            if isinstance(picture, Refused):
                findings += picture.findings
            else:
                stale.append(judge(renderer, diagram, picture, diagram.file.parent / f"{diagram.name}.svg"))
    for told in [*findings, *filter(None, stale)]:
        print(told)
    _say(f"{len(diagrams)} diagrams, {sum(each is not None for each in stale)} stale pictures")
    if findings or any(each and not each.is_tool for each in stale):
        return 1
    return 3 if any(stale) else 0


def check(paths: Sequence[Path], facts: Sequence[Fact], fix: bool, form: str) -> int:
    """Prints what is wrong with the diagrams at these paths, as text, json or github; 1 when it is an error."""
    if fix:
        _fix(find_files(paths))
    findings = findings_of(find_files(paths), facts)
    told = {"json": as_json, "github": as_github}.get(form, lambda each: "\n".join(map(str, each)))(findings)
    print(told, end="\n" if told else "")
    errors = sum(finding.severity == "error" for finding in findings)
    _say(f"{errors} errors, {len(findings)} findings")
    return int(errors > 0)


def _fix(files: Sequence[Path]) -> None:
    from checkout.c4.checks.lint import fixed

    for file in files:
        text, count = fixed(file.read_bytes().decode("utf-8", errors="surrogateescape"))
        if count:
            file.write_bytes(text.encode("utf-8", errors="surrogateescape"))
            _say(f"{shown(file)}: {count} includes rewritten")


def findings_of(files: Sequence[Path], facts: Sequence[Fact] = (), renderer: Renderer | None = None) -> list[Finding]:
    """What is wrong with the diagrams in these files, alone, with each other and with the code."""
    from checkout.c4.checks.consistency import against_code, against_views
    from checkout.c4.checks.lint import lint

    diagrams, findings = _found(files)
    drawings = []
    with nullcontext(renderer) if renderer else _renderer(files, False) as using:
        for _, picture in using.pictures(diagrams):
            try:
                if isinstance(picture, Refused):
                    raise picture
                drawing = picture.read().drawing
                findings += lint(drawing)
                drawings.append(drawing)
            except Refused as refused:
                findings += refused.findings
    return findings + against_views(drawings) + against_code(drawings, facts)


def verify(file: str, journals: Sequence[Path], order: str | None, out: Path | None, as_data: bool, again: bool) -> int:
    """Holds a run against a view; 1 when anything deviates."""
    from checkout.c4.checks.overlay import overlay
    from checkout.c4.checks.verify import AGAIN
    from checkout.c4.checks.verify import verify as judged

    hops = read_journal(journals)
    renderer, diagram = _opened(file)
    with renderer:
        drawing = renderer.picture(diagram).read().drawing
        verdicts = judged(drawing, by_order(hops, order))
        if again:
            verdicts = [verdict.tolerating(AGAIN) for verdict in verdicts]
        if out:
            out.write_text(overlay(renderer, drawing, verdicts))
    if as_data:
        print(json.dumps([verdict.as_data() for verdict in verdicts], indent=1, ensure_ascii=False))
    for verdict in () if as_data else verdicts:
        print(f"{verdict.order}: {'conforms' if verdict.conforms else 'deviates'}, {len(verdict.hops)} arrows happened")
        for deviation in verdict.deviations:
            print(f"  {deviation.kind}: {deviation.place}{deviation.message}")
    return int(not all(verdict.conforms for verdict in verdicts))


def draw(journals: Sequence[Path], into: Path | None, order: str | None) -> int:
    """Prints a view of a run, or puts its arrows into a file."""
    from checkout.c4.draw import drawn_anew, drawn_into, happened

    arrows = happened(by_order(read_journal(journals), order).values())
    if not arrows:
        raise CannotJudge("no arrow of this journal was applied: there is nothing to draw")
    if into is None:
        print(drawn_anew(arrows), end="")
        return 0
    text = drawn_into(picture_of(str(into)).drawing, arrows)
    same = text.encode() == into.read_bytes()
    if not same:
        into.write_bytes(text.encode())
    _say(f"{shown(into)}: {'as it was' if same else 'arrows replaced'}")
    return 0


def cover(file: str, journals: Sequence[Path], least: float) -> int:
    """Lists the arrows that no run exercised; 1 below the minimum."""
    from checkout.c4.checks.coverage import cover as covered

    coverage = covered(picture_of(file).drawing, read_journal(journals))
    for arrow in coverage.missed:
        print(f"{shown(arrow.line.file)}:{arrow.line.number}: no run exercised {arrow}")
    happened = len(coverage.arrows) - len(coverage.missed)
    print(f"{happened} of {len(coverage.arrows)} arrows, {coverage.percent:.0f} %")
    return int(coverage.percent < least)


def diff(revisions: str, paths: Sequence[Path], out: Path | None) -> int:
    """Shows what changed between two states, and answers 1 when anything did."""
    from checkout.c4.checks.revisions import Shelf, differences

    old, dots, new = revisions.partition("..")
    with tempfile.TemporaryDirectory() as folder, _renderer(find_files(paths), False) as renderer:
        shelf = Shelf(renderer, Path(folder), paths)
        found = differences(renderer, shelf.at(old), shelf.at(new or "HEAD") if dots else shelf.here(), out)
    for name, change in found:
        print(f"{name}: {change}")
    _say(f"{len(found)} changes")
    return int(bool(found))


def story(file: str, step: int | None, journals: Sequence[Path], order: str | None, html: Path | None) -> int:
    """Prints one frame, or writes the page of all of them."""
    from checkout.c4.story import frame, page

    picture = picture_of(file)
    hops: Sequence[Hop] = ()
    if journals:
        hops = next(iter(by_order(read_journal(journals), order).values()))
    if step is not None:
        print(frame(picture, step))
    if html:
        html.write_text(page(picture, hops))
        _say(f"wrote {shown(html)}")
    return 0


def picture_of(file: str) -> Picture:
    """The picture of one diagram, named as FILE or FILE#NAME. Raises Refused when it cannot be read."""
    renderer, diagram = _opened(file)
    with renderer:
        return renderer.picture(diagram).read()


def _opened(file: str) -> tuple[Renderer, Diagram]:
    path, _, name = (file, "", "") if Path(file).exists() else file.rpartition("#")
    files = find_files([Path(path or file)])
    diagrams, findings = _found(files)
    if findings:
        raise Refused(*findings)
    named = [diagram for diagram in diagrams if diagram.name == name] if name else diagrams
    if len(named) != 1:
        names = ", ".join(diagram.name for diagram in diagrams)
        raise FileNotFoundError(f"{file}: name one of its diagrams as FILE#NAME; it holds {names}")
    return _renderer(files, False), named[0]


def _found(files: Sequence[Path]) -> tuple[list[Diagram], list[Finding]]:
    diagrams, findings = read(files)
    if not diagrams and not findings:
        named = ", ".join(map(shown, files)) or "this folder"
        raise Refused(Finding(named, 1, 1, "no-diagram", "no diagram found", "name a file that has an @startuml"))
    return diagrams, findings


def _renderer(files: Sequence[Path], no_cache: bool) -> Renderer:
    if not files:
        _found(files)
    return Renderer(common_folder(files), cache=Cache(None) if no_cache else None)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
