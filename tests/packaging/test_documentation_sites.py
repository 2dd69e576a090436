"""Documentation sites: the recipes for Sphinx and MkDocs show the committed picture and refuse an outdated one."""

import shutil
from pathlib import Path

import pytest
from installation import Completed, Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first test installs

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
BUILDS = {  # command, folder of the pages, page, picture
    "sphinx": ("sphinx-build -q -W . site", ".", "site/index.html", "site/_images/payment.svg"),
    "mkdocs": ("mkdocs build --quiet --strict", "docs", "site/index.html", "site/payment.svg"),
}


@pytest.fixture(params=BUILDS)
def site(request: pytest.FixtureRequest, repository: Path) -> tuple[str, Path]:
    """The name of a recipe, and its folder in the repository, with the diagram and its picture beside the pages."""
    name: str = request.param
    folder = shutil.copytree(RECIPES / name, repository / "site")
    for file in (repository / "diagrams").iterdir():
        shutil.move(file, folder / BUILDS[name][1] / file.name)
    return name, folder


def build(with_tools: Installation, site: tuple[str, Path]) -> Completed:
    """Builds the pages."""
    command, *arguments = BUILDS[site[0]][0].split()
    return with_tools.run(command, *arguments, cwd=site[1])


def test_the_page_shows_the_committed_picture(with_tools: Installation, site: tuple[str, Path]) -> None:
    name, folder = site
    _, pages, page, picture = BUILDS[name]

    done = build(with_tools, site)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / picture).read_bytes() == (folder / pages / "payment.svg").read_bytes()
    shown = (folder / page).read_text()
    assert f'src="{picture.removeprefix("site/")}"' in shown
    assert 'alt="The till asks the bank for the payment, and the bank books it."' in shown


def test_an_outdated_picture_fails_the_build(with_tools: Installation, site: tuple[str, Path]) -> None:
    diagram = site[1] / BUILDS[site[0]][1] / "payment.puml"
    diagram.write_text(diagram.read_text().replace("books the payment", "declines"))

    done = build(with_tools, site)

    assert done.returncode != 0
    assert "payment.svg" in done.stdout + done.stderr
