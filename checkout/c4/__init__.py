"""C4: a toolkit for C4 diagrams in PlantUML; in a notebook, import `Diagram` or `%load_ext checkout.c4` for `%%c4`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkout.c4.notebook.diagram import Diagram

__all__ = ["Diagram"]


def __getattr__(name: str) -> Any:
    # The command line imports this package too: nothing is loaded before it is used.
    if name != "Diagram":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from checkout.c4.notebook.diagram import Diagram

    return Diagram


def load_ipython_extension(shell: Any) -> None:
    """Registers the `%%c4` cell magic; IPython calls it on `%load_ext checkout.c4`."""
    from checkout.c4.notebook.magic import register

    register(shell)
