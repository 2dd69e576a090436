"""Connections: closes the one to a mail server that an adapter keeps for this thread."""

from checkout.worker.calls.adapters import SmtpAdapter


def close_connection(adapter: SmtpAdapter) -> None:
    """Closes the connection of this thread, if there is one."""
    if connection := getattr(adapter._threads, "connection", None):
        connection.close()
