"""Staleness: committed pictures are up to date or a reason is given; the cache is complete and bounded."""

from pathlib import Path

import pytest
from c4.conftest import DIAGRAMS, Draw

from checkout.c4.render.cache import Cache, key_of
from checkout.c4.render.renderer import Renderer
from checkout.c4.render.staleness import StalePicture, check_picture
from checkout.c4.source.includes import read_diagrams

pytestmark = pytest.mark.slow  # draws with PlantUML

VIEWS = sorted(file.stem for file in DIAGRAMS.glob("*.puml") if file.stem != "model")


def checked(renderer: Renderer, folder: Path, name: str = "ordering") -> StalePicture | None:
    diagram = read_diagrams(folder / f"{name}.puml", folder)[0]
    return check_picture(renderer, diagram, renderer.render(diagram))


@pytest.mark.parametrize("name", VIEWS)
def test_committed_picture_is_what_its_source_draws_in_any_folder(renderer: Renderer, copied: Path, name: str) -> None:
    assert checked(renderer, copied, name) is None


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("ordering.puml", "publishes the new order", "publishes an order", "its source changed"),
        ("model.puml", "Single entry point", "One entry point", "its source changed"),
        ("ordering.svg", 'fill="#438DD5"', 'fill="#438DD6"', "the picture changed"),
        ("ordering.svg", "<metadata>checkout.c4", "<metadata>", "not rendered by this toolkit"),
    ],
)
def test_stale_picture_says_why(renderer: Renderer, copied: Path, name: str, old: str, new: str, why: str) -> None:
    file = copied / name
    file.write_text(file.read_text().replace(old, new, 1))

    stale = checked(renderer, copied)

    assert stale is not None and why in stale.reason
    assert not stale.other_toolchain


def test_picture_of_another_toolchain_is_reported_as_such(renderer: Renderer, copied: Path) -> None:
    picture = copied / "ordering.svg"
    picture.write_text(picture.read_text().replace("plantuml-1.", "plantuml-0."))

    stale = checked(renderer, copied)

    assert stale is not None and stale.other_toolchain
    assert "rendered with plantuml-0." in stale.reason


def test_missing_picture_is_stale(renderer: Renderer, copied: Path) -> None:
    (copied / "ordering.svg").unlink()

    stale = checked(renderer, copied)

    assert stale is not None and "there is no picture" in stale.reason


def test_what_was_drawn_once_starts_no_java_again(renderer: Renderer, draw: Draw) -> None:
    draw(file=DIAGRAMS / "ordering.puml")

    with Renderer(DIAGRAMS, cache=renderer.cache) as another:
        again = another.render(read_diagrams(DIAGRAMS / "ordering.puml", DIAGRAMS)[0])

    assert another.pool.processes == {}
    assert len(again.drawing.arrows) == 17


def test_key_depends_on_every_part_and_on_where_it_ends() -> None:
    keys = {key_of("ab", "c"), key_of("a", "bc"), key_of("abc"), key_of("ab", "c", "")}

    assert len(keys) == 4


def test_cache_on_a_folder_that_cannot_be_written_forgets_and_does_not_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "below")

    cache.put("key", b"content")

    assert cache.get("key") is None


def test_cache_without_a_folder_stores_nothing() -> None:
    cache = Cache(None)

    cache.put("key", b"content")

    assert (cache.get("key"), cache.prune()) == (None, 0)


def test_cache_is_kept_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checkout.c4.render.cache.MAX_FILES", 3)
    cache = Cache(tmp_path / "kept")
    for number in range(5):
        cache.put(str(number), b"x")

    assert cache.prune() == 3
    assert len(list((tmp_path / "kept").iterdir())) == 3
