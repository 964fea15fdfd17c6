"""From settings to a running server, with every reason not to start told first."""

import importlib
from collections.abc import Callable
from ipaddress import ip_address

from clmil.runtime.caches import bound_caches
from clmil.serving.ports import address, open_port
from clmil.serving.settings import Settings
from clmil.storage.folder import check_folder
from clmil.storage.hub import find_model

NEEDED = ("fastapi", "uvicorn", "prometheus_client")


def serve(settings: Settings, tell: Callable[[str], None]) -> None:
    """Serve a model until SIGTERM or Ctrl-C.

    Args:
        settings: what to serve and where.
        tell: takes sentences for the user.

    Raises:
        ModuleNotFoundError: if the extra `serve` is not installed.
        ModelError: if the model is none, or cannot be read.
        ServingError: if the port cannot be had, or the workers cannot live.
    """
    for module in NEEDED:
        importlib.import_module(module)
    check_folder(find_model(settings.model))
    bound_caches()
    with open_port(settings) as listener:
        if settings.token is None and not _loopback(settings.host):
            tell(
                f"Anyone who reaches {settings.host} may use this server; "
                "a token (--token-file) keeps others out."
            )

        def started() -> None:
            tell(f"Serving {settings.model} at {address(listener)} (Ctrl-C stops it).")

        if settings.workers > 1:
            from clmil.serving.workers import run_workers

            run_workers(settings, listener, started)
        else:
            from clmil.serving.server import run

            run(settings, listener, started)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
