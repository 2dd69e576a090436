"""Missing store: only a missing package of the store becomes the sentence that names the extra."""

import pytest

from checkout.cli.missing_store import missing_store


def test_a_package_of_the_store_is_named_with_the_command_and_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["checkout", "demo", "--all"])

    error = missing_store(ModuleNotFoundError("No module named 'kafka.consumer'", name="kafka.consumer"))

    assert error.exit_code == 3
    assert str(error) == (
        'the command demo needs the package kafka-python: install it with `pip install "checkout[store]"`'
    )


@pytest.mark.parametrize("name", ["checkout.gone", "zlib", None])
def test_any_other_missing_module_stays_an_error_of_the_program(name: str | None) -> None:
    with pytest.raises(ModuleNotFoundError):
        missing_store(ModuleNotFoundError("No module", name=name))
