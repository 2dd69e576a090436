"""PlantUML: one warm process per output format, limits of time and access, and no process left behind."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkout.c4.render.plantuml import PlantUmlPool, Profile
from checkout.c4.render.renderer import Renderer
from checkout.c4.render.toolchain import find_toolchain
from checkout.c4.source.includes import read_diagrams

pytestmark = pytest.mark.slow  # draws with PlantUML

GOOD = "@startuml\na -> b : hello\n@enduml"


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[PlantUmlPool]:
    with PlantUmlPool(find_toolchain(), tmp_path, timeout=15) as pool:
        yield pool


def pid_of(pool: PlantUmlPool, output: str = "svg") -> int:
    process = pool.processes[output, Profile.FOREIGN].process
    assert process is not None
    return process.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_process_draws_many_diagrams(pool: PlantUmlPool) -> None:
    first = pool.convert("svg", GOOD)
    pid = pid_of(pool)
    second = pool.convert("svg", GOOD.replace("hello", "bye"))

    assert pid_of(pool) == pid
    assert b"hello" in first.payload and b"bye" in second.payload


def test_broken_diagram_gives_its_line_and_the_process_lives_on(pool: PlantUmlPool) -> None:
    broken = pool.convert("svg", "@startuml\na -> b\nfoo bar baz\n@enduml")
    pid = pid_of(pool)

    assert (broken.line, broken.payload.startswith(b"<svg")) == (2, False)
    assert "Syntax Error" in broken.error
    assert pool.convert("svg", GOOD).payload.startswith(b"<svg")
    assert pid_of(pool) == pid


def test_process_that_dies_is_restarted_for_the_same_diagram(pool: PlantUmlPool) -> None:
    pool.convert("svg", GOOD)
    pid = pid_of(pool)
    os.kill(pid, 9)

    answer = pool.convert("svg", GOOD)

    assert answer.payload.startswith(b"<svg")
    assert pid_of(pool) != pid


def test_diagram_that_crashes_the_process_fails_after_a_second_try(pool: PlantUmlPool) -> None:
    answer = pool.convert("svg", "@startuml\n!procedure $again($x)\n$again($x + 1)\n!endprocedure\n$again(1)\n@enduml")

    assert "calls itself endlessly" in answer.error
    assert pool.convert("svg", GOOD).payload.startswith(b"<svg")


def test_diagram_that_takes_too_long_is_ended_and_the_next_one_drawn(tmp_path: Path) -> None:
    slow = "@startuml\n!include <C4/C4_Container>\nContainer(a, A)\n@enduml"  # half a second the first time
    with PlantUmlPool(find_toolchain(), tmp_path, timeout=15) as pool:
        pool.convert("svg", GOOD)
        pool.processes["svg", Profile.FOREIGN].timeout = 0.05

        answer = pool.convert("svg", slow)

        pool.processes["svg", Profile.FOREIGN].timeout = 15
        assert "no answer within 0.05 s" in answer.error
        assert pool.convert("svg", GOOD).payload.startswith(b"<svg")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with PlantUmlPool(find_toolchain(), tmp_path) as pool:
        pool.convert("svg", GOOD)
        pid, home = pid_of(pool), pool.processes["svg", Profile.FOREIGN].home

    assert home is not None and not home.exists()
    assert not is_alive(pid)


def test_sandbox_reads_nothing_and_the_allow_list_only_its_folder(pool: PlantUmlPool, tmp_path: Path) -> None:
    (tmp_path / "inside.puml").write_text("a -> b : inside")
    outside = tmp_path.parent / "outside.puml"
    outside.write_text("a -> b : outside")
    sources = [f"@startuml\n!include {where}\n@enduml" for where in ("inside.puml", outside, "/etc/passwd")]

    own = [pool.convert("preproc", source, Profile.OWN).error for source in sources]
    foreign = [pool.convert("preproc", source, Profile.FOREIGN).error for source in sources]

    assert [bool(error) for error in own] == [False, True, True]
    assert all(error.startswith("cannot include") for error in foreign)


def test_source_that_steps_out_of_its_folder_is_drawn_in_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {"plain": "<img:inside.png>", "stepping": "<img:../outside.png>"}.items():
        (tmp_path / f"{name}.puml").write_text(f"@startuml\na -> b : {text}\n@enduml")
    with Renderer(tmp_path) as renderer:
        diagrams = [read_diagrams(tmp_path / f"{name}.puml", tmp_path)[0] for name in ("plain", "stepping")]

        profiles = [renderer.profile(diagram) for diagram in diagrams]

    assert profiles == [Profile.OWN, Profile.FOREIGN]


def test_diagram_of_another_tree_is_drawn_in_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "theirs.puml").write_text(GOOD)
    monkeypatch.chdir(tmp_path / "here")

    with Renderer(tmp_path) as renderer:
        assert renderer.profile(read_diagrams(tmp_path / "theirs.puml", tmp_path)[0]) == Profile.FOREIGN


def test_process_inherits_no_environment(pool: PlantUmlPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "wooden spoon")

    answer = pool.convert("svg", '@startuml\na -> b : x%getenv("SECRET")%getenv("PATH")x\n@enduml')

    assert b">xx<" in answer.payload
    environment = Path(f"/proc/{pid_of(pool)}/environ")
    assert not environment.exists() or b"SECRET" not in environment.read_bytes()


def test_png_is_a_png(pool: PlantUmlPool) -> None:
    assert pool.convert("png", GOOD).payload.startswith(b"\x89PNG\r\n")
