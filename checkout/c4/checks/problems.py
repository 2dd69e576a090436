"""Problems: all findings of `checkout diagrams check`, and the fix of those that can be fixed by a program."""

from collections.abc import Sequence
from pathlib import Path

from checkout.c4.checks.consistency import CodeArrow, compare_views, compare_with_code
from checkout.c4.checks.lint import fix_remote_includes, lint
from checkout.c4.findings import DiagramError, Finding, display_path, log
from checkout.c4.notations.asyncapi import AsyncApi
from checkout.c4.notations.asyncapi_views import compare_with_asyncapi
from checkout.c4.render.renderer import Renderer
from checkout.c4.source.diagrams import WORKSPACES, require_sources
from checkout.c4.source.variables import Defines


def find_problems(
    renderer: Renderer,
    files: Sequence[Path],
    code_arrows: Sequence[CodeArrow],
    documents: Sequence[AsyncApi] = (),
    defines: Defines = (),
) -> list[Finding]:
    """The findings of the diagrams in files: of each alone, between them, and against the code."""
    diagrams, findings = require_sources(files, defines)
    drawings = []
    for _, rendering in renderer.render_all(diagrams):
        try:
            drawings.append(rendering().checked().drawing)
            findings += lint(drawings[-1])
        except DiagramError as error:
            findings += error.findings
    findings += compare_views(drawings) + compare_with_code(drawings, code_arrows)
    places = {(finding.file, finding.line) for finding in findings if finding.rule.startswith("code-")}
    compared = (each for document in documents for each in compare_with_asyncapi(drawings, document))
    return findings + [each for each in compared if (each.file, each.line) not in places]


def fix_files(files: Sequence[Path]) -> None:
    """Rewrites includes of URLs in files to the bundled library where it has what they name."""
    for file in (file for file in files if file.suffix.lower() not in WORKSPACES):
        text, count = fix_remote_includes(file.read_bytes().decode("utf-8", errors="surrogateescape"))
        if count:
            file.write_bytes(text.encode("utf-8", errors="surrogateescape"))
            log(f"{display_path(file)}: {count} includes rewritten")
