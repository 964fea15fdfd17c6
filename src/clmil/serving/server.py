"""Running the app in this process, and a stop that loses nothing."""

import math
import signal
import socket
from collections.abc import Callable
from time import monotonic
from types import FrameType

import uvicorn

from clmil.runtime.predictor import Predictor
from clmil.serving.app import build_app
from clmil.serving.batcher import model_thread
from clmil.serving.service import Service
from clmil.serving.settings import Settings

STOPS = (signal.SIGINT, signal.SIGTERM)
GRACE = 300.0
"""Seconds that a stopping server has for what it took; what is left then is answered 503."""
LEAVE = 5
"""Seconds that its last answers have to reach their clients, once the port is closed."""


class _Server(uvicorn.Server):
    """Refuses what comes after the signal to stop, and answers what came before."""

    def __init__(
        self, config: uvicorn.Config, service: Service, listening: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._service, self._listening = service, listening
        self._until = math.inf

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and tell that it does."""
        await super().startup(sockets)
        if self.started:
            self._listening()

    async def on_tick(self, counter: int) -> bool:
        """Tell whether to close the port, which stays open while what was taken is answered."""
        return await super().on_tick(counter) and (
            self._service.batcher.idle or monotonic() > self._until or self.force_exit
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take the signal to stop."""
        self._service.draining = True
        self._until = min(self._until, monotonic() + GRACE)
        super().handle_exit(sig, frame)


def load_service(settings: Settings) -> Service:
    """Load the model that is to be served.

    Raises:
        ModelError: if it is none, or cannot be read.
        RecipeError: on a precision that the hardware lacks.
    """
    thread = model_thread()
    loading = thread.submit(Predictor.load, settings.model, precision=settings.precision)
    return Service(loading.result(), settings.limits, thread)


def run(settings: Settings, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve in this process until SIGTERM or Ctrl-C; what was taken is answered first.

    Args:
        settings: model and limits.
        listener: a bound socket.
        started: is called once requests are taken.

    Raises:
        ModelError: as `load_service`.
        RecipeError: as `load_service`.
    """
    service = load_service(settings)
    config = uvicorn.Config(
        build_app(service, settings.token),
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=LEAVE,
    )
    server = _Server(config, service, started)
    for stop in STOPS:
        signal.signal(stop, server.handle_exit)  # uvicorn raises them again when it is done
    server.run(sockets=[listener])
