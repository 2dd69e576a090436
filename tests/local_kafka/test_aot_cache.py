"""AOT cache: made after the first start, used by the next, deleted when damaged."""

import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from checkout.local_kafka import state
from checkout.local_kafka.cluster import acquire, release, status
from checkout.system.pid import processes_with_arguments

WaitUntil = Callable[..., None]
pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def made_cache(
    tmp_path_factory: pytest.TempPathFactory, new_port_base: Callable[[], int], wait_until: WaitUntil
) -> Path:
    """The cache folder of a user whose Kafka has run for some seconds."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        acquire(home, new_port_base())
        maker = state.read(home).cache_maker
        wait_until(lambda: not (maker and maker.is_alive()), "the cache is made", 90)
        release(home)
    return folder


def test_the_first_start_makes_a_cache_that_the_next_one_uses(
    made_cache: Path, kafka_home: Path, port_base: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(made_cache))

    acquire(kafka_home, port_base)

    [cache] = made_cache.glob("checkout/kafka-*/kafka.aot")
    assert f"-XX:AOTCache={cache}" in psutil.Process(*status(kafka_home).processes).cmdline()
    assert state.read(kafka_home).cache_maker is None
    assert [file.name for file in cache.parent.iterdir() if file.is_dir()] == []


def test_a_damaged_cache_is_deleted(
    made_cache: Path, kafka_home: Path, port_base: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(shutil.copytree(made_cache, tmp_path / "cache")))
    [cache] = tmp_path.glob("cache/checkout/kafka-*/kafka.aot")
    with cache.open("r+b") as damaged:  # Java checks only the header and the length, then crashes
        damaged.seek(1_000_000)
        damaged.write(bytes(cache.stat().st_size - 2_000_000))

    acquire(kafka_home, port_base, make_cache=False)

    assert status(kafka_home).processes and not cache.exists()


def test_stopping_kafka_stops_the_cache_maker(
    kafka_home: Path, port_base: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: WaitUntil
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    acquire(kafka_home, port_base)
    maker = state.read(kafka_home).cache_maker
    wait_until(lambda: [*tmp_path.glob("**/training-*/logs/kafka-1.log")], "the cache maker has started")
    [properties] = tmp_path.glob("**/training-*/kafka/broker-1.properties")

    release(kafka_home)

    assert maker and not maker.is_alive()
    assert processes_with_arguments("kafka.Kafka", str(properties)) == [] and not properties.exists()
