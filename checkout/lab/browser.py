"""Browser: what a lab refuses in a web browser, whose Python has no processes, no threads and no servers."""

import sys

from checkout.lab.errors import LabError

BROWSER = "emscripten"  # the value of sys.platform there


def needs_processes(what: str) -> None:
    """Raises LabError in a browser; `what` cannot be done there. Does nothing elsewhere."""
    if sys.platform == BROWSER:
        raise LabError(f"{what} needs processes, and a browser has none: see its recorded output")
