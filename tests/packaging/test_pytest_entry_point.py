"""pytest's entry point: an installed toolkit is a plugin of pytest, which loads nothing of it until a test uses it."""

from pathlib import Path

import pytest
from installation import Installation

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # the first test installs

TESTS = """
import sys
import pytest

def test_nothing_is_loaded_before_it_is_used():
    loaded = {name for name in sys.modules if name.startswith("checkout")}
    assert loaded == {"checkout", "checkout.c4", "checkout.c4.testing", "checkout.c4.testing.plugin"}
    assert "msgspec" not in sys.modules

@pytest.mark.c4("diagrams/payment.puml")
def test_conforms(c4_verify):
    c4_verify("run.jsonl")
"""


def test_the_fixture_is_there_without_any_configuration(with_tools: Installation, repository: Path) -> None:
    (repository / "test_payment.py").write_text(TESTS)

    done = with_tools.run("pytest", "-q", "--strict-markers", cwd=repository)

    assert (done.returncode, done.stdout.splitlines()[-1][:8]) == (0, "2 passed"), done.stdout
