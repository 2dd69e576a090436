"""Toolbox: the Java, PlantUML jar and fonts that pictures depend on, and the closed room PlantUML runs in."""

import hashlib
import importlib.util
import os
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checkout.c4.findings import CannotJudge
from checkout.system.java import JAVA, PLANTUML, JarsUnavailable, cache_home, fetch_jars

FORM = "1"  # raised when this toolkit writes the same drawing differently, so that old pictures are not called edited
LAYOUT = "smetana"
MEMORY = "256m"
FONT_FILES = "DejaVuSans*.ttf"
FONTCONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{home}/fontcache</cachedir>
<alias binding="same"><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True)
class Toolbox:
    """Java, the PlantUML jar and the folder of fonts; `identity` changes when a picture may change."""

    java: str
    jar: Path
    fonts: Path

    @cached_property
    def version(self) -> str:
        """PlantUML's version, as its jar says."""
        with zipfile.ZipFile(self.jar) as jar:
            manifest = jar.read("META-INF/MANIFEST.MF").decode()
        lines = dict(line.split(": ", 1) for line in manifest.splitlines() if ": " in line)
        return lines.get("Implementation-Version", "unknown")

    @cached_property
    def identity(self) -> str:
        """PlantUML's version, its jar's hash, the fonts' hash, the layout and our own form, in one word each."""
        jar = _hash(self.jar.read_bytes())
        fonts = _hash(b"".join(_hash(font.read_bytes()).encode() for font in sorted(self.fonts.glob(FONT_FILES))))
        return f"plantuml-{self.version} jar-{jar} fonts-{fonts} {LAYOUT} form-{FORM}"

    def command(self, home: Path, output: str, token: str) -> list[str]:
        """The command line of one worker that reads diagrams on its input and writes each with a closing token."""
        room = [f"-Duser.home={home}", f"-Djava.io.tmpdir={home}", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8"]
        limits = [f"-Xmx{MEMORY}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=1"]
        plantuml = ["-jar", str(self.jar), f"-t{output}" if output != "preproc" else "-preproc", "--disable-metadata"]
        pipe = ["-pipe", "-pipedelimitor", token, "-noerror", "-charset", "UTF-8"]
        return [self.java, *limits, *room, *plantuml, *pipe]

    def environment(self, home: Path, profile: str, allowed: Path) -> dict[str, str]:
        """The worker's whole environment: its profile, its fonts, and nothing of ours."""
        config = home / "fonts.conf"
        # Only these files: among more of the family Java takes a serif face for italics.
        (home / "fonts").mkdir()
        for font in self.fonts.glob(FONT_FILES):
            (home / "fonts" / font.name).symlink_to(font)
        config.write_text(FONTCONFIG.format(fonts=home / "fonts", home=home))
        return {
            "PLANTUML_SECURITY_PROFILE": profile,
            "PLANTUML_ALLOWLIST_PATH": str(allowed),
            "PLANTUML_LIMIT_SIZE": "8192",
            "FONTCONFIG_FILE": str(config),
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
        }


def find_toolbox() -> Toolbox:
    """The toolbox of this machine; fetches the jar the first time. Raises CannotJudge with the remedy."""
    return Toolbox(JAVA, find_jar(), find_fonts())


def find_jar() -> Path:
    """The PlantUML jar: CHECKOUT_PLANTUML_JAR, else the one jgo keeps."""
    chosen = os.environ.get("CHECKOUT_PLANTUML_JAR")
    if chosen:
        if not zipfile.is_zipfile(chosen):
            raise CannotJudge(f"CHECKOUT_PLANTUML_JAR names {chosen}, which is no jar: point it to one, or unset it")
        return Path(chosen)
    return _remembered_jar() or _fetched_jar()


def find_fonts() -> Path:
    """The folder of DejaVu fonts inside matplotlib, which is looked up and never imported."""
    spec = importlib.util.find_spec("matplotlib")
    folder = Path(spec.origin or "").parent / "mpl-data" / "fonts" / "ttf" if spec else None
    if folder is None or not any(folder.glob(FONT_FILES)):
        raise CannotJudge("no DejaVu fonts here, and pictures depend on them: pip install 'checkout[diagrams]'")
    return folder


def _note() -> Path:
    return cache_home() / "diagrams" / f"{PLANTUML.replace(':', '_')}.jar-path"


def _remembered_jar() -> Path | None:
    # Asking jgo costs 0.2 s, a third of a command that finds everything in the cache.
    note = _note()
    jar = Path(note.read_text()) if note.is_file() else None
    return jar if jar and jar.is_file() else None


def _fetched_jar() -> Path:
    try:
        jars = fetch_jars(PLANTUML)
    except JarsUnavailable as error:
        raise CannotJudge(str(error)) from error
    _note().parent.mkdir(parents=True, exist_ok=True)
    _note().write_text(str(jars[0]))
    return jars[0]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
