"""The port to listen on."""

import socket

from clmil.errors import ServingError
from clmil.serving.settings import Settings


def open_port(settings: Settings) -> socket.socket:
    """Return a bound socket.

    Raises:
        ServingError: if the address or port cannot be had.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise ServingError(
            f"cannot listen on {settings.host} port {settings.port} "
            f"({error.strerror or error}); choose another with --host or --port."
        ) from None
    return listener


def address(listener: socket.socket) -> str:
    """Return the address of the page behind a socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
