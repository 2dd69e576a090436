"""Outputs: prints a verification, or findings, and writes them to files in the forms that the options name."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from typer import BadParameter

from checkout.c4.findings import as_github, log

if TYPE_CHECKING:
    from checkout.c4.checks.conformance.summary import Summary
    from checkout.c4.render.renderer import Renderer
    from checkout.c4.source.arrows import Drawing

STDOUT = Path("-")


def write_output(path: Path, text: str) -> None:
    """Writes a text to a file, or prints it if the path is `-`. Raises OSError."""
    if path == STDOUT:
        print(text)
    else:
        path.write_text(text + "\n", encoding="utf-8")


class VerifiedView(NamedTuple):
    """A view, the summary of the orders that belong to it, and the warnings of its baseline."""

    summary: "Summary"
    drawing: "Drawing"
    warnings: Sequence[str]


def _named(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}-{name}{path.suffix}")


@dataclass(frozen=True)
class VerifyOutputs:
    """The forms in which `verify` reports. Raises BadParameter if several of them are to be printed."""

    as_json: bool
    github: bool
    sarif: Path | None
    markdown: Path | None
    picture: Path | None

    def __post_init__(self) -> None:
        printed = [self.as_json, self.github, self.sarif == STDOUT, self.markdown == STDOUT]
        if sum(printed) > 1:
            raise BadParameter("print only one of --json, --github, --sarif - and --markdown -")

    def write(self, verified: "Sequence[VerifiedView]", name: str, renderer: "Renderer") -> None:
        """Prints one form, by default text, and writes the others to their files. Raises OSError.

        `name` is that of the file of several views. Warnings of the baseline go to stderr too.
        """
        self._print(verified, name)
        for view in verified:
            self._write_picture(view, renderer, len(verified) > 1)
            for warning in view.warnings:
                log(warning)

    def _print(self, verified: "Sequence[VerifiedView]", name: str) -> None:
        from checkout.c4.checks.conformance import reports
        from checkout.c4.checks.sarif import as_sarif

        found = [each for view in verified for each in reports.as_results(view.summary, view.drawing)]
        is_one = len(verified) == 1
        if self.as_json:
            texts = [reports.as_json(*view) for view in verified]
            print(texts[0] if is_one else f"[{','.join(texts)}]")
        elif self.github:
            annotations = as_github(each.finding for each in found if not each.accepted)
            print(annotations, end="\n" if annotations else "")
        elif STDOUT not in (self.sarif, self.markdown):
            for view in verified:
                print(*([] if is_one else [f"{view.drawing.name}:"]), reports.as_text(view.summary), sep="\n")
        if self.sarif:
            write_output(self.sarif, as_sarif(found, f"verify/{verified[0].drawing.name if is_one else name}"))
        if self.markdown:
            write_output(self.markdown, "\n".join(self._markdown(view, is_one) for view in verified))

    def _markdown(self, view: "VerifiedView", is_one: bool) -> str:
        from checkout.c4.checks.conformance import reports

        picture = self._link if is_one else self._link and _named(Path(self._link), view.drawing.name).as_posix()
        return reports.as_markdown(view.summary, view.drawing, picture, view.warnings)

    def _write_picture(self, view: "VerifiedView", renderer: "Renderer", is_named: bool) -> None:
        from checkout.c4.checks.overlay import render_overlay

        if self.picture:
            picture = _named(self.picture, view.drawing.name) if is_named else self.picture
            picture.write_text(render_overlay(renderer, view.drawing, view.summary.results), encoding="utf-8")

    @property
    def _link(self) -> str:
        if not (self.picture and self.markdown):
            return ""
        folder = Path.cwd() if self.markdown == STDOUT else self.markdown.resolve().parent
        return Path(os.path.relpath(self.picture.resolve(), folder)).as_posix()
