"""Systems: which ones can be named, and what is reported when one does not run."""

import importlib
import sys
from pathlib import Path

import pytest

from checkout.bench.systems import System, parse_system, running
from checkout.errors import PackageMissing
from checkout.processes.shop_file import ShopError
from checkout.settings import Settings, WrongSetting


def test_a_system_is_a_name_with_a_command() -> None:
    assert parse_system("peer=python 'my peers/orders.py' --fast") == System(
        "peer", ("python", "my peers/orders.py", "--fast")
    )


@pytest.mark.parametrize("name", ["checkout", "checkout-kafka-python", "checkout-confluent"])
def test_our_own_services_need_no_command(name: str) -> None:
    assert parse_system(name) == System(name)


@pytest.mark.parametrize("text", ["", "peer", "peer=", "=python", "checkout-rabbit"])
def test_another_text_is_refused_with_what_can_be_written(text: str) -> None:
    with pytest.raises(WrongSetting, match="write NAME=COMMAND, or one of checkout, checkout-kafka-python"):
        parse_system(text)


def test_a_command_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    start = running(System("peer", ("/no/such/program",)), Settings(home=tmp_path), {})

    with pytest.raises(ShopError, match="peer cannot start: .*/no/such/program"), start:
        pass


def test_a_process_that_ends_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    system = System("peer", (sys.executable, "-c", "import sys; sys.exit(f'no topic for {sys.argv[1]}')"))

    with running(system, Settings(home=tmp_path), {}) as shop:
        for process in shop.processes.values():
            process.wait(10)
        with pytest.raises(ShopError, match="orders-1 of peer has ended:\nno topic for orders"):
            shop.cpu_seconds()


@pytest.mark.parametrize(("scale", "url"), [({"stock": 2}, ""), ({}, "postgresql://localhost")])
def test_a_command_has_neither_replicas_nor_postgresql(tmp_path: Path, scale: dict[str, int], url: str) -> None:
    settings = Settings(home=tmp_path, database_url=url)

    with pytest.raises(WrongSetting, match="--system peer: only our own services run with --scale and --postgres"):
        running(System("peer", ("true",)), settings, scale)


def test_processes_end_with_the_block(tmp_path: Path) -> None:
    system = System("peer", (sys.executable, "-c", "import sys; sys.stdin.read()"))

    with running(system, Settings(home=tmp_path), {}) as shop:
        running_then = [process.is_running() for process in shop.processes.values()]

    assert running_then == [True] * 5
    assert not any(process.is_running() for process in shop.processes.values())


def test_a_missing_client_is_named_with_the_extra_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "checkout.bench.load", raising=False)
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    with pytest.raises(PackageMissing, match="checkout bench needs the package confluent-kafka: install it with"):
        importlib.import_module("checkout.bench.load")
