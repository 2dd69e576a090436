"""Browser Python: makes this interpreter as poor as Python in a browser, and then runs a file in it.

No processes, no threads, no sockets, no time zones, and only libraries that exist for Pyodide.
"""

import os
import sys

sys.platform = "emscripten"  # before anything else reads it
os.environ["PYTHONTZPATH"] = ""

import runpy  # noqa: E402
import socket  # noqa: E402
import threading  # noqa: E402
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder  # noqa: E402
from typing import Any  # noqa: E402

LIBRARIES = {
    "checkout", "msgspec", "sqlalchemy", "typing_extensions", "pygments", "kafka",
    "anywidget", "psygnal", "ipywidgets", "comm",
    "traitlets", "IPython", "ipython_pygments_lexers", "jupyterlab_widgets", "widgetsnbextension", "jedi", "parso",
    "decorator", "stack_data", "executing", "asttokens", "pure_eval", "prompt_toolkit", "wcwidth",
    "matplotlib_inline",
}  # fmt: skip
LACKING = {"resource", "_posixsubprocess", "_multiprocessing"}  # of the standard library


class BrowserFinder(PathFinder):
    """Finds what a browser has: all but LACKING of the standard library, and LIBRARIES."""

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        """The module's specification; None where a browser has no such module."""
        top = name.partition(".")[0]
        is_there = top in LIBRARIES or top in sys.stdlib_module_names or top.endswith("__mypyc")
        return super().find_spec(name, path, target) if is_there and top not in LACKING else None


def _no_thread(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def _no_connection(*_: Any) -> None:
    raise OSError(138, "Not supported")


if __name__ == "__main__":
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, BrowserFinder]
    threading.Thread.start = _no_thread  # type: ignore[method-assign]
    socket.socket.connect = socket.socket.bind = _no_connection  # type: ignore[method-assign,assignment]
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
