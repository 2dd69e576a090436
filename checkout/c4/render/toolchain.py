"""Toolchain: the Java, PlantUML jar and fonts that pictures depend on, and the sandbox that PlantUML runs in."""

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from checkout.c4.findings import PreconditionError
from checkout.settings import read_settings
from checkout.system.java import JAVA, PLANTUML, JarsUnavailable, fetch_jars

FORM = "1"  # increase it when the toolkit itself writes pictures differently
LAYOUT = "smetana"
MEMORY = "256m"
FONTS = Path(__file__).parent / "fonts"  # part of the package, as the sizes of pictures depend on every byte
FONT_FILES = "DejaVuSans*.ttf"
FONTCONFIG = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{home}/fontcache</cachedir>
<alias binding="same"><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True)
class Toolchain:
    """Java, the PlantUML jar and the folder of fonts."""

    java: str
    jar: Path
    fonts: Path

    @cached_property
    def version(self) -> str:
        """PlantUML's version according to the manifest of its jar."""
        with zipfile.ZipFile(self.jar) as jar:
            manifest = jar.read("META-INF/MANIFEST.MF").decode()
        lines = dict(line.split(": ", 1) for line in manifest.splitlines() if ": " in line)
        return lines.get("Implementation-Version", "unknown")

    @cached_property
    def identity(self) -> str:
        """PlantUML's version, hashes of jar and fonts, layout engine and FORM: a change may change pictures."""
        jar = _hash(self.jar.read_bytes())
        fonts = _hash(b"".join(_hash(font.read_bytes()).encode() for font in sorted(self.fonts.glob(FONT_FILES))))
        return f"plantuml-{self.version} jar-{jar} fonts-{fonts} {LAYOUT} form-{FORM}"

    def command(self, home: Path, output: str, token: str) -> list[str]:
        """The command line of a process that reads diagrams from stdin and ends the output of each with `token`."""
        java = [f"-Duser.home={home}", f"-Djava.io.tmpdir={home}", "-Djava.awt.headless=true", "-Dfile.encoding=UTF-8"]
        limits = [f"-Xmx{MEMORY}", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=1"]
        plantuml = ["-jar", str(self.jar), f"-t{output}" if output != "preproc" else "-preproc", "--disable-metadata"]
        pipe = ["-pipe", "-pipedelimitor", token, "-noerror", "-charset", "UTF-8"]
        return [self.java, *limits, *java, *plantuml, *pipe]

    def environment(self, home: Path, profile: str, allowed: Path) -> dict[str, str]:
        """The whole environment of the process: security profile and fonts, and nothing inherited."""
        config = home / "fonts.conf"
        # Only these files: given the whole family, Java takes a serif face for italics.
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


def find_toolchain() -> Toolchain:
    """The toolchain of this machine; downloads the jar the first time. Raises PreconditionError."""
    return Toolchain(JAVA, find_jar(), find_fonts())


def find_jar() -> Path:
    """The PlantUML jar: the setting `plantuml_jar`, else the one from Maven Central. Raises PreconditionError."""
    chosen = read_settings().plantuml_jar
    if not chosen:
        return _maven_jar()
    if not zipfile.is_zipfile(chosen):
        raise PreconditionError(f"CHECKOUT_PLANTUML_JAR names {chosen}, which is not a jar: name one, or unset it")
    return Path(chosen)


def find_fonts() -> Path:
    """The folder of the DejaVu fonts, which are part of this package. Raises PreconditionError."""
    if not any(FONTS.glob(FONT_FILES)):
        raise PreconditionError(f"the fonts that pictures depend on are missing in {FONTS}: install checkout again")
    return FONTS


def _maven_jar() -> Path:
    try:
        return fetch_jars(PLANTUML)[0]
    except JarsUnavailable as error:
        raise PreconditionError(str(error)) from error


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
