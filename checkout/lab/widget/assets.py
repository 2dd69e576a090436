"""Assets: the JavaScript and the style sheets of the widgets, joined from files without a build step."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent
SHARED = ("shared/dom", "shared/colours", "shared/kernel", "shared/player")  # of all widgets, before their own files
COMMENT = re.compile(r"^ *(?://[^\n]*|/\*(?:(?!\*/).)*\*/ *)\n", re.MULTILINE | re.DOTALL)  # on lines of its own
LANES = ("board/words", "board/strips", "board/lanes", "board/board")  # the view of the partitions


def script(*names: str) -> str:
    """Returns these files of `js/` as one module, in this order: all of them share one scope."""
    return "\n".join((FOLDER / "js" / f"{name}.js").read_text(encoding="utf-8") for name in names)


def style(*names: str) -> str:
    """Returns these files of `css/` as one style sheet."""
    return "\n".join((FOLDER / "css" / f"{name}.css").read_text(encoding="utf-8") for name in names)


def without_comments(code: str) -> str:
    """JavaScript or CSS without comments that have lines of their own, blank lines and indentation; names stay."""
    return re.sub(r"^\s+", "", COMMENT.sub("", code), flags=re.MULTILINE)
