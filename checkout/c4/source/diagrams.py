"""Diagrams: reads the diagrams at paths; what is wrong with a file becomes a finding."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from checkout.c4.findings import DiagramError, Finding, display_path
from checkout.c4.notations import structurizr_dsl, structurizr_json
from checkout.c4.source.files import DiagramSource, find_files
from checkout.c4.source.includes import read_diagrams
from checkout.c4.source.variables import Defines

WORKSPACES = {".json": structurizr_json.read_workspace, ".dsl": structurizr_dsl.read_workspace}


def source_root(path: Path) -> Path:
    """The root of the git checkout that holds a path, else its folder: includes are read from below it only."""
    folder = (path if path.is_dir() else path.parent).resolve()
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def read_sources(
    files: Iterable[Path], root: Path | None = None, defines: Defines = ()
) -> tuple[list[DiagramSource], list[Finding]]:
    """The diagrams in files, and the findings of files that cannot be read; `root` limits where includes are read."""
    diagrams, findings = list[DiagramSource](), list[Finding]()
    for file in files:
        try:
            diagrams += _read_file(file, root or source_root(file), defines)
        except DiagramError as error:
            findings += error.findings
    return diagrams, findings


def _read_file(file: Path, root: Path, defines: Defines) -> list[DiagramSource]:
    read_workspace = WORKSPACES.get(file.suffix.lower())
    return read_workspace(file) if read_workspace else read_diagrams(file, root, defines=defines)


def require_sources(files: Sequence[Path], defines: Defines = ()) -> tuple[list[DiagramSource], list[Finding]]:
    """What `read_sources` returns. Raises DiagramError if that is neither a diagram nor a finding."""
    diagrams, findings = read_sources(files, defines=defines)
    if not diagrams and not findings:
        named = ", ".join(map(display_path, files)) or "this folder"
        raise DiagramError(Finding(named, 1, 1, "no-diagram", "no diagram found", "name a file that has an @startuml"))
    return diagrams, findings


def find_diagrams(file: str, defines: Defines = ()) -> list[DiagramSource]:
    """The diagrams of FILE, or the one that FILE#NAME names. Raises DiagramError or FileNotFoundError."""
    path, _, name = (file, "", "") if Path(file).exists() else file.rpartition("#")
    diagrams, findings = require_sources(find_files([Path(path or file)]), defines)
    if findings:
        raise DiagramError(*findings)
    named = [diagram for diagram in diagrams if diagram.name == name] if name else diagrams
    if not named:
        raise _which(file, diagrams)
    return named


def find_diagram(file: str, defines: Defines = ()) -> DiagramSource:
    """The diagram named as FILE or FILE#NAME. Raises DiagramError or FileNotFoundError, also if FILE has several."""
    diagrams = find_diagrams(file, defines)
    if len(diagrams) > 1:
        raise _which(file, diagrams)
    return diagrams[0]


def _which(file: str, diagrams: Sequence[DiagramSource]) -> FileNotFoundError:
    names = ", ".join(diagram.name for diagram in diagrams)
    return FileNotFoundError(f"{file}: name one of its diagrams as FILE#NAME; it holds {names}")
