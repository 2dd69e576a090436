"""Outputs: prints a verification, or findings, and writes them to files in the forms that the options name."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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

    def write(self, summary: "Summary", drawing: "Drawing", renderer: "Renderer", warnings: Sequence[str]) -> None:
        """Prints one form, by default text, and writes the others to their files. Raises OSError.

        `warnings`, those of the baseline, go to stderr too.
        """
        self._print(summary, drawing, warnings)
        self._write_picture(summary, drawing, renderer)
        for warning in warnings:
            log(warning)

    def _print(self, summary: "Summary", drawing: "Drawing", warnings: Sequence[str]) -> None:
        from checkout.c4.checks.conformance import reports
        from checkout.c4.checks.sarif import as_sarif

        found = reports.as_results(summary, drawing)
        if self.as_json:
            print(reports.as_json(summary, drawing, warnings))
        elif self.github:
            annotations = as_github(each.finding for each in found if not each.accepted)
            print(annotations, end="\n" if annotations else "")
        elif STDOUT not in (self.sarif, self.markdown):
            print(reports.as_text(summary))
        if self.sarif:
            write_output(self.sarif, as_sarif(found, f"verify/{drawing.name}"))
        if self.markdown:
            write_output(self.markdown, reports.as_markdown(summary, drawing, self._link, warnings))

    def _write_picture(self, summary: "Summary", drawing: "Drawing", renderer: "Renderer") -> None:
        from checkout.c4.checks.overlay import render_overlay

        if self.picture:
            self.picture.write_text(render_overlay(renderer, drawing, summary.results), encoding="utf-8")

    @property
    def _link(self) -> str:
        if not (self.picture and self.markdown):
            return ""
        folder = Path.cwd() if self.markdown == STDOUT else self.markdown.resolve().parent
        return Path(os.path.relpath(self.picture.resolve(), folder)).as_posix()
