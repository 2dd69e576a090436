"""Doctor: whether this machine can draw, part by part."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checkout.c4.findings import CannotJudge
from checkout.c4.render.cache import usual_cache
from checkout.c4.render.plantuml import FOREIGN, OWN, Studio
from checkout.c4.render.toolchain import Toolbox, find_fonts, find_jar
from checkout.system.java import JAVA

PROBE = "@startuml\n!include <C4/C4_Container>\nContainer(a, %getenv('HOME'))\n@enduml"
OUTSIDE = "/etc/passwd"


@dataclass(frozen=True)
class Check:
    """One part of the toolbox, and whether it is as it should be."""

    part: str
    is_good: bool
    says: str


def examine() -> Iterator[Check]:
    """Each part, in the order in which they need each other; stops at the first that is missing."""
    java = _tried("Java", _java)
    yield java
    jar = _tried("PlantUML", lambda: Toolbox(JAVA, find_jar(), Path()).identity.split(" fonts-")[0])
    yield jar
    fonts = _tried("fonts", lambda: f"DejaVu Sans in {find_fonts()}")
    yield fonts
    if java.is_good and jar.is_good and fonts.is_good:
        yield from _drawn(Toolbox(JAVA, find_jar(), find_fonts()))
    kept = usual_cache()
    yield Check("cache", True, f"{kept.prune()} entries in {kept.folder}")


def _tried(part: str, look: Callable[[], str]) -> Check:
    try:
        return Check(part, True, look())
    except (CannotJudge, OSError, subprocess.SubprocessError) as error:
        return Check(part, False, str(error))


def _java() -> str:
    done = subprocess.run([JAVA, "--version"], capture_output=True, text=True, timeout=20, check=True)
    return f"{done.stdout.splitlines()[0]} ({JAVA})"


def _drawn(toolbox: Toolbox) -> Iterator[Check]:
    with Studio(toolbox, Path.cwd()) as studio:
        answer = studio.ask("svg", PROBE)
        good = answer.payload.startswith(b"<svg") and not answer.complaint
        yield Check("C4", good, "C4-PlantUML inside the jar draws" if good else answer.complaint)
        source = f"@startuml\n!include {OUTSIDE}\n@enduml"
        closed = all(studio.ask("preproc", source, profile).complaint for profile in (OWN, FOREIGN))
        says = f"{OWN} for this tree, {FOREIGN} for others; neither reads {OUTSIDE}"
        yield Check("profile", closed, says if closed else f"PlantUML reads {OUTSIDE}: use another jar")
