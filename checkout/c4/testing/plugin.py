"""Plugin: the marker `c4`, the fixture `c4_verify` and the option `c4_map` of pytest."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from checkout.c4.testing.verifier import Drawings, Verifier

MARKER = "c4(diagram, map_file, order, allow_redelivery, allow_gaps): the diagram that c4_verify compares with"
MAP_HELP = "map file for the traces that c4_verify reads, relative to the root; default: traces.toml beside the diagram"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option of the configuration file."""
    parser.addini("c4_map", MAP_HELP, type="string", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses a test with a marker of its own but without the fixture, since it would compare nothing."""
    for item in items:
        is_marked = any(marker.name == "c4" for marker in item.own_markers)  # that of a module or class is a default
        if is_marked and "c4_verify" not in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(f"{item.nodeid} has the marker c4 without an argument c4_verify: add it")


@pytest.fixture(scope="session")
def c4_drawings() -> "Drawings":
    """The drawings of this session, each of which is read once."""
    from checkout.c4.testing.verifier import Drawings

    return Drawings()


@pytest.fixture
def c4_verify(request: pytest.FixtureRequest, c4_drawings: "Drawings") -> "Verifier":
    """Compares what happened in the test with the diagram of the marker `c4`: `c4_verify(journal)`."""
    from checkout.c4.testing.verifier import Expectation, Verifier

    marker = request.node.get_closest_marker("c4")
    given = {**dict(zip(["diagram"], marker.args, strict=False)), **marker.kwargs} if marker else {}
    if marker and (len(marker.args) > 1 or not given.keys() <= set(Expectation._fields)):
        pytest.fail(f"wrong arguments of the marker c4: write {MARKER.partition(':')[0]}", pytrace=False)
    expected = Expectation(**given)
    if not expected.map_file:
        expected = expected._replace(map_file=request.config.getini("c4_map"))
    return Verifier(expected, request.config.rootpath, c4_drawings)
