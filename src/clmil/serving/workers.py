"""Several processes that share a port; one that dies is replaced."""

import multiprocessing
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from tempfile import TemporaryDirectory
from threading import Thread
from types import FrameType

from clmil.errors import ClmilError, ServingError
from clmil.serving.settings import Settings

SHARED = "PROMETHEUS_MULTIPROC_DIR"
EARLY = 60.0
"""A worker that dies within these seconds of its start would die again: the server stops."""


def run_workers(settings: Settings, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve in several processes until SIGTERM or Ctrl-C.

    Args:
        settings: model, limits and number of workers.
        listener: a bound socket, from which all of them accept.
        started: is called when all are ready.

    Raises:
        ServingError: if a worker dies soon after it started; it has told why.
    """
    with TemporaryDirectory(prefix="clmil-metrics-") as folder:
        os.environ[SHARED] = folder
        os.environ.setdefault("OMP_NUM_THREADS", str(_threads(settings.workers)))
        _Workers(settings, listener).run(started)


def _threads(workers: int) -> int:
    """Return the threads of each worker's model: more than there are cores slow each other."""
    allowed = getattr(os, "sched_getaffinity", None)  # Linux only
    cores = len(allowed(0)) if allowed else os.cpu_count() or 1
    return max(1, cores // workers)


class _Workers:
    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings, self._listener = settings, listener
        self._spawn = multiprocessing.get_context("spawn")
        self._ready: list[Event] = []
        self._running: dict[int, tuple[SpawnProcess, float]] = {}
        self._stopping = False

    def run(self, started: Callable[[], None]) -> None:
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, self._told)
        for _ in range(self._settings.workers):
            self._start()
        told = False
        try:
            while self._running:
                wait(list(self._running), timeout=0.2)
                if not told and all(event.is_set() for event in self._ready):
                    started()
                    told = True
                self._replace_dead()
        finally:
            self._end()

    def _start(self) -> None:
        ready = self._spawn.Event()
        worker = self._spawn.Process(
            target=_work, args=(self._settings, self._listener, ready), name="clmil-worker"
        )
        worker.start()
        self._ready.append(ready)
        self._running[worker.sentinel] = (worker, time.monotonic())

    def _replace_dead(self) -> None:
        for sentinel, (worker, since) in list(self._running.items()):
            if worker.is_alive():
                continue
            del self._running[sentinel]
            if self._stopping:
                continue
            if time.monotonic() - since < EARLY:
                raise ServingError(
                    f"a worker ended (exit code {worker.exitcode}) soon after it started; "
                    "try --workers 1, where the reason shows."
                )
            self._start()

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        self._stopping = True
        for worker, _ in self._running.values():
            worker.terminate()

    def _end(self) -> None:
        self._stop()
        for worker, _ in self._running.values():
            worker.join()


def _work(settings: Settings, listener: socket.socket, ready: Event) -> None:
    """Serve, as one of several."""
    from clmil.serving.server import run

    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the first one tells us
    try:
        run(settings, listener, ready.set)
    except ClmilError as error:
        raise SystemExit(f"Error: {error}") from None


def _end_with_parent() -> None:
    """Wait until the parent is gone; if it was killed it told no worker and kept its folder."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    shutil.rmtree(os.environ[SHARED], ignore_errors=True)
    os.kill(os.getpid(), signal.SIGTERM)
