"""Doctor: checks each part of the toolchain that renders diagrams."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checkout.c4.findings import PreconditionError
from checkout.c4.render.cache import user_cache
from checkout.c4.render.plantuml import PlantUmlPool, Profile
from checkout.c4.render.toolchain import Toolchain, find_fonts, find_jar, find_toolchain
from checkout.system.java import JAVA

PROBE = "@startuml\n!include <C4/C4_Container>\nContainer(a, %getenv('HOME'))\n@enduml"
OUTSIDE = "/etc/passwd"


@dataclass(frozen=True)
class ToolchainCheck:
    """The result of checking one part of the toolchain."""

    part: str
    is_good: bool
    details: str


def run_checks() -> Iterator[ToolchainCheck]:
    """The result of each check; rendering is checked only if Java, PlantUML and fonts are there."""
    parts = [
        _run_check("Java", _java_version),
        _run_check("PlantUML", lambda: Toolchain(JAVA, find_jar(), Path()).identity.split(" fonts-")[0]),
        _run_check("fonts", lambda: f"DejaVu Sans in {find_fonts()}"),
    ]
    yield from parts
    if all(part.is_good for part in parts):
        yield from _check_rendering(find_toolchain())
    cache = user_cache()
    yield ToolchainCheck("cache", True, f"{cache.prune()} entries in {cache.folder}")


def _run_check(part: str, check: Callable[[], str]) -> ToolchainCheck:
    try:
        return ToolchainCheck(part, True, check())
    except (PreconditionError, OSError, subprocess.SubprocessError) as error:
        return ToolchainCheck(part, False, str(error))


def _java_version() -> str:
    done = subprocess.run([JAVA, "--version"], capture_output=True, text=True, timeout=20, check=True)
    return f"{done.stdout.splitlines()[0]} ({JAVA})"


def _check_rendering(toolchain: Toolchain) -> Iterator[ToolchainCheck]:
    with PlantUmlPool(toolchain, Path.cwd()) as pool:
        output = pool.convert("svg", PROBE)
        is_good = output.payload.startswith(b"<svg") and not output.error
        yield ToolchainCheck("C4", is_good, output.error or "the C4-PlantUML library in the jar works")
        source = f"@startuml\n!include {OUTSIDE}\n@enduml"
        is_closed = all(pool.convert("preproc", source, profile).error for profile in Profile)
        details = f"{Profile.OWN} for this source tree, {Profile.FOREIGN} elsewhere; neither reads {OUTSIDE}"
        yield ToolchainCheck("profile", is_closed, details if is_closed else f"reads {OUTSIDE}: use another jar")
