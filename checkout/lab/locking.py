"""Locking: a lab does one thing at a time, whether a cell or a button has asked for it, and reports its changes."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from checkout.lab.errors import LabError, as_lab_error


def _itself(lab: Any) -> Any:
    return lab


def reads(method: Callable[..., Any], part: Callable[[Any], Any] = _itself) -> Callable[..., Any]:
    """Makes a method of a lab that runs under the lab's lock, and raises LabError for errors of the broker.

    `method`: of the lab, or of the object that `part` returns for the lab; signature and docstring are kept.
    """

    @functools.wraps(method)
    def locked(lab: Any, *args: Any, **options: Any) -> Any:
        with lab.lock, as_lab_error():
            return method(part(lab), *args, **options)

    return locked


def changes(method: Callable[..., Any], part: Callable[[Any], Any] = _itself) -> Callable[..., Any]:
    """Makes a method of a lab like `reads`, and then calls the lab's callbacks. A lab that is closed refuses it."""

    @functools.wraps(method)
    def of_open(lab: Any, *args: Any, **options: Any) -> Any:
        if lab._session.is_left:
            raise LabError("this lab is closed: Lab() makes another")
        return method(part(lab), *args, **options)

    locked = reads(of_open)

    @functools.wraps(method)
    def notifying(lab: Any, *args: Any, **options: Any) -> Any:
        try:
            return locked(lab, *args, **options)
        finally:
            for callback in list(lab.callbacks):
                callback()

    return notifying


def on_change(lab: Any, callback: Callable[[], None]) -> Callable[[], None]:
    """Registers a function that is called after each change, on the thread that has made it.

    Returns a function that unregisters it; a second call of that does nothing.
    """
    lab.callbacks.append(callback)

    def unregister() -> None:
        with contextlib.suppress(ValueError):
            lab.callbacks.remove(callback)

    return unregister


def recorded(method: Callable[..., Any], part: Callable[[Any], Any] = _itself) -> Callable[..., Any]:
    """Makes a method of a lab like `changes`, and adds each call without error to the lab's action log."""

    @functools.wraps(method)
    def recording(lab: Any, *args: Any, **options: Any) -> Any:
        with lab.actions.adding(method.__name__, *args, **options):
            return method(part(lab), *args, **options)

    return changes(recording)
