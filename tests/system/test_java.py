"""Java: the runtime, the jars in the cache, and the messages when they cannot be fetched."""

import errno
import os
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from jgo.env import EnvironmentBuilder
from jgo.maven import Artifact

from checkout.system import java


def test_a_java_that_starts_comes_with_the_package() -> None:
    ended = subprocess.run([java.JAVA, "-version"], capture_output=True, text=True, timeout=20)

    assert ended.returncode == 0
    assert 'version "25' in ended.stderr


def test_the_cache_is_kept_per_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    assert java.cache_home() == tmp_path / ".cache" / "checkout"


def test_the_cache_follows_the_desktop_standard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert java.cache_home() == tmp_path / "checkout"


def test_jars_are_fetched_when_jgo_has_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    before = java.are_fetched(java.KAFKA)
    jars = tmp_path / ".cache" / "jgo" / "envs" / "org" / "apache" / "kafka" / "kafka_2.13" / "abc" / "jars"
    jars.mkdir(parents=True)
    (jars / "kafka_2.13-4.3.1.jar").touch()

    assert (before, java.are_fetched(java.KAFKA), java.are_fetched(java.PLANTUML)) == (False, True, False)


def test_jars_that_were_found_once_are_taken_without_jgo_until_one_is_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    jar, coordinates = tmp_path / "drawing-2.0.jar", "org.example:drawing:2.0"
    asked: list[str] = []

    def build(builder: EnvironmentBuilder, endpoint: str) -> SimpleNamespace:
        asked.append(endpoint)
        zipfile.ZipFile(jar, "w").close()
        return SimpleNamespace(all_jars=[jar])

    monkeypatch.setattr(EnvironmentBuilder, "from_endpoint", build)
    found = [java.fetch_jars(coordinates), java.fetch_jars(coordinates)]
    jar.unlink()
    found.append(java.fetch_jars(coordinates))

    assert found == [[jar], [jar], [jar]]
    assert asked == [coordinates, coordinates]


def test_a_jar_that_was_fetched_in_part_is_named_with_its_folder(tmp_path: Path) -> None:
    jar = tmp_path / "abc" / "modules" / "plantuml-mit-1.2026.8.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(b"PK half of it")

    with pytest.raises(java.JarsUnavailable, match=f"plantuml-mit:1.2026.8 was fetched in part: remove {tmp_path}/abc"):
        java.check_complete(java.PLANTUML, [jar])
    with pytest.raises(java.JarsUnavailable, match="fetched in part"):
        java.check_complete(java.PLANTUML, [])


def test_a_jar_is_taken_from_the_cache_and_needs_no_network_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    jar = tmp_path / "checkout" / f"kafka-tools-{java.KAFKA_VERSION}.jar"
    jar.parent.mkdir()
    jar.touch()

    assert java.fetch_jar(java.KAFKA_TOOLS) == jar


@pytest.mark.parametrize("answers", [False, True])
def test_a_jar_that_is_not_fetched_or_only_in_part_leaves_nothing_in_the_cache(
    answers: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    half = tmp_path / "half.jar"
    half.write_bytes(b"PK half of it")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    if answers:
        monkeypatch.setattr(Artifact, "resolve", lambda artifact: half)

    with pytest.raises(java.JarsUnavailable, match="fetched in part" if answers else "connect to a network once"):
        java.fetch_jar(java.KAFKA_TOOLS)

    assert [*(tmp_path / "checkout").iterdir()] == []


def test_a_full_disk_and_a_silent_network_have_different_remedies() -> None:
    full = java._cause_and_remedy(java.KAFKA, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    silent = java._cause_and_remedy(java.KAFKA, ConnectionError("no route"))

    assert full.endswith("the disk is full: free some space")
    assert "Maven Central does not answer (ConnectionError): connect to a network once" in silent
    assert "slf4j" not in full + silent
