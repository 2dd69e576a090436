"""Times of drawing, side by side: every way takes its turn in every round, so that a busy moment hits all alike."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from checkout.c4.render.cache import Cache  # noqa: E402
from checkout.c4.render.renderer import Renderer  # noqa: E402
from checkout.c4.source.diagrams import read_sources  # noqa: E402
from checkout.c4.source.files import DiagramSource  # noqa: E402


def seconds(work: Callable[[], object]) -> float:
    """The wall-clock time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def cold(renderer: Renderer, diagram: DiagramSource) -> None:
    """One `java -jar` for one file, as PlantUML is usually called."""
    java, jar = renderer.toolchain.java, str(renderer.toolchain.jar)
    command = [java, "-Djava.awt.headless=true", "-jar", jar, "-tsvg", "-pipe"]
    source = diagram.text.replace("\n", "\n!pragma layout smetana\n", 1)
    subprocess.run(command, input=source.encode(), capture_output=True, check=True)


def command(home: str, *more: str) -> None:
    """The whole command, Python's start included."""
    whole = [sys.executable, "-m", "checkout.c4", "render", "--out", f"{home}/out", *more]
    subprocess.run(whole, cwd=ROOT, env={**os.environ, "XDG_CACHE_HOME": home}, capture_output=True, check=True)


def main(rounds: int) -> None:
    """Prints the table of docs/diagrams.md."""
    diagrams, _ = read_sources(sorted((ROOT / "diagrams").glob("*.puml")))
    times: dict[str, list[float]] = {}

    def take(name: str, work: Callable[[], object], each: int = 1) -> None:
        times.setdefault(name, []).append(seconds(work) / each)

    with tempfile.TemporaryDirectory() as home, Renderer(ROOT / "diagrams", cache=Cache(None)) as warm:
        kept = Renderer(ROOT / "diagrams", cache=Cache(Path(home) / "kept"), toolchain=warm.toolchain)
        with kept:
            for renderer in (warm, warm, kept):
                [rendering() for _, rendering in renderer.render_all(diagrams)]
            for number in range(rounds):
                take("cold `java -jar`, a diagram", lambda: [cold(warm, d) for d in diagrams], len(diagrams))
                take("warm process, a diagram", lambda: [warm.render(d) for d in diagrams], len(diagrams))
                take("cache, a diagram", lambda: [kept.render(d) for d in diagrams], len(diagrams))
                fresh = f"{home}/{number}"
                take("`checkout diagrams render` of all, from nothing", lambda at=fresh: command(at))
                take("`checkout diagrams render` of all, again", lambda at=fresh: command(at))
    print(f"| way ({rounds} rounds, interleaved) | median | best |\n| --- | --- | --- |")
    for name, taken in times.items():
        print(f"| {name} | {statistics.median(taken):.3f} s | {min(taken):.3f} s |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
