"""Stand-alone: `python -m checkout.c4 ...` is `checkout diagrams ...`, in any repository of diagrams."""

from checkout.c4.cli import app

if __name__ == "__main__":
    app(prog_name="python -m checkout.c4")
