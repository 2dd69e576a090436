"""Located YAML: reads YAML so that every mapping knows the line on which it begins; needs the package pyyaml."""

import importlib
from pathlib import Path
from typing import Any

from checkout.c4.findings import PreconditionError, display_path
from checkout.c4.notations.located_json import LocatedDict
from checkout.c4.source.files import SourceLine, read_lines


def read_yaml(file: Path) -> LocatedDict:
    """The mapping that a file holds. Raises DiagramError for anything else, PreconditionError without pyyaml."""
    try:
        yaml: Any = importlib.import_module("yaml")
    except ImportError as error:
        message = f"{display_path(file)}: YAML is read with the package pyyaml: install it, or name a JSON file"
        raise PreconditionError(message) from error

    def construct(loader: Any, node: Any) -> LocatedDict:
        # Merge keys are not followed: a few lines of them can stand for gigabytes.
        pairs = loader.construct_pairs(node, deep=True)
        line = SourceLine("", file, node.start_mark.line + 1)
        return LocatedDict({str(name): value for name, value in pairs}, line)

    loader: Any = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("tag:yaml.org,2002:map", construct)
    head, text = SourceLine("", file, 1), "\n".join(line.text for line in read_lines(file))
    try:
        found = yaml.load(text, loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = SourceLine("", file, mark.line + 1) if mark else head
        raise line.error("not-yaml", f"not YAML: {getattr(error, 'problem', None) or error}", "correct it") from None
    if not isinstance(found, LocatedDict):
        raise head.error("not-yaml", "it is not a mapping", "name another file")
    return found
