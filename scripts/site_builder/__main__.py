"""Site: builds a static JupyterLite with the notebooks: python scripts/site_builder [FOLDER]."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import books
import front_page
import packages
from downloads import Downloads, NotBuilt, cache_folder, run

ROOT = Path(__file__).parents[2]
KERNEL = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
SITE_PACKAGES = "/lib/python3.14/site-packages"
MEGABYTES = 30  # that a browser loads for a notebook, measured by scripts/bench-site
LEFT_OUT = ("package.json", "rspack.config.js", "rspack.config.analyze.js", "rspack.config.watch.js")
SETTINGS = {"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}}

USAGE = "usage: scripts/site [FOLDER]: FOLDER is build/site of the project unless given"


def build(site: Path) -> None:
    """Builds the site in a folder, which is replaced. Raises NotBuilt."""
    downloads = Downloads(cache_folder())
    tools = downloads.environment()
    with tempfile.TemporaryDirectory() as work:
        lite, built = Path(work, "lite"), Path(work, "site")
        recorded = contents(lite / "files")
        names = packages.fill(lite / "static" / "pyodide", downloads.pyodide(), downloads.wheels(),
                              tools.parent / KERNEL, recorded)  # fmt: skip
        (lite / "jupyter-lite.json").write_text(json.dumps(configuration(names)))
        (lite / "overrides.json").write_text(json.dumps(SETTINGS))
        run(tools / "jupyter", "lite", "build", "--lite-dir", lite, "--contents", lite / "files", "--output-dir", built,
            "--apps", "lab", "--apps", "notebooks", "--no-sourcemaps", "--no-unused-shared-packages",
            folder=Path(work))  # fmt: skip
        (built / "index.html").write_text(front_page.page(MEGABYTES))
        for name in LEFT_OUT:
            (built / name).unlink()
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(built, site)


def contents(folder: Path) -> dict[str, Any]:
    """Writes the files of the site. Returns the recorded outputs of all cells that do not run."""
    recorded, cells = dict[str, Any](), books.not_runnable()
    (folder / "notebooks").mkdir(parents=True)
    for path in books.NOTEBOOKS:
        book, outputs = books.for_the_site(path, cells.get(path.stem, {}))
        (folder / "notebooks" / path.name).write_text(json.dumps(book))
        recorded |= outputs
    for path in (*ROOT.glob("diagrams/*.svg"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/*.svg"), ROOT / "README.md"):
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(exist_ok=True)
        # JupyterLab shows an SVG in Markdown only if its characters are in Latin-1.
        copy.write_bytes(path.read_text().encode("ascii", "xmlcharrefreplace") if path.suffix == ".svg"
                         else path.read_bytes())  # fmt: skip
    return recorded


def configuration(names: list[str]) -> dict[str, Any]:
    """The settings of JupyterLite: all packages are loaded at the start, and nothing is fetched from elsewhere."""
    variables = {"HOME": "/home/pyodide", "IPYTHONDIR": f"{SITE_PACKAGES}/notebooks/.ipython", "CHECKOUT_LOG": "memory"}
    options = {"packages": names, "env": variables}
    kernel = {"disablePyPIFallback": True, "loadPyodideOptions": options}
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "Checkout", "exposeAppInBrowser": True,
            "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": kernel},
        },
    }  # fmt: skip


def main(arguments: list[str]) -> int:
    """Returns 0, or 1 when a part could not be had or the site not be written, 2 for wrong usage."""
    if arguments in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if len(arguments) > 1 or any(each.startswith("-") for each in arguments):
        print(USAGE, file=sys.stderr)
        return 2
    site = Path(os.environ.get("CALLED_FROM", ""), *arguments).resolve() if arguments else ROOT / "build/site"
    if site.exists() and (not site.is_dir() or any(site.iterdir()) and not (site / "jupyter-lite.json").exists()):
        print(f"site: {site} holds something else: name an empty folder or an older site", file=sys.stderr)
        return 2
    try:
        site.mkdir(parents=True, exist_ok=True)
        build(site)
    except NotBuilt as error:
        print(f"site: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"site: {site} cannot be written ({error}): name another folder", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    print(f"{site}: {size / 1e6:.1f} MB. To look at it: python3 -m http.server --directory {site}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
