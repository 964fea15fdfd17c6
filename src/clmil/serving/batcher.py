"""Requests that come at once share batches: one queue, one thread that runs the model."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from clmil.serving.settings import Limits


class BusyError(Exception):
    """The queue is full or the server is stopping; `wait` seconds later it may not be."""

    def __init__(self, reason: str, wait: int = 1) -> None:
        super().__init__(reason)
        self.reason, self.wait = reason, wait


class Listener(Protocol):
    """Who is told what the batcher does."""

    def waiting(self, texts: int) -> None:
        """Note how many texts wait."""

    def batch(self, texts: int, seconds: float) -> None:
        """Note that the model took a batch."""


@dataclass(frozen=True)
class _Waiting:
    """A text that waits for its row."""

    text: str
    since: float
    row: asyncio.Future[Any]


def model_thread() -> ThreadPoolExecutor:
    """Return one thread, for all that a model does, from its loading on.

    Each thread that runs torch gets helpers of its own, as many as there are cores. If two have
    run it there are more helpers than cores, and OpenMP lets them sleep between any two operations.
    """
    return ThreadPoolExecutor(1, thread_name_prefix="model")


class Batcher:
    """Collects texts into batches, bounded in size and in the time that one waits.

    While the model is at work the next batch gathers, so that a busy server waits for nothing.

    Args:
        predict: texts to one row each; runs in the batcher's own thread, one batch at a time.
        limits: sizes and times.
        listener: is told of queue and batches.
        thread: that runs the model, from `model_thread`; None starts one.
    """

    def __init__(
        self,
        predict: Callable[[list[str]], Sequence[Any]],
        limits: Limits,
        listener: Listener,
        thread: ThreadPoolExecutor | None = None,
    ) -> None:
        self._predict, self._limits, self._listener = predict, limits, listener
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._thread = thread or model_thread()
        self._unanswered = 0
        self._others = 0
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take batches, in the running event loop."""
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Answer what was taken, then stop."""
        while not self.idle:
            await asyncio.sleep(0.01)
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop
        self._thread.shutdown()

    @property
    def idle(self) -> bool:
        """Whether all that was taken is answered."""
        return not (self._unanswered or self._others)

    @property
    def full(self) -> bool:
        """Whether not one text more is taken."""
        return len(self._queue) >= self._limits.queue

    async def submit(self, texts: Sequence[str]) -> list[Any]:
        """Return the row of each text.

        Raises:
            BusyError: if the queue has no room for all of them.
        """
        if len(self._queue) + len(texts) > self._limits.queue:
            raise BusyError("too many texts are waiting; try again in a moment.")
        loop = asyncio.get_running_loop()
        taken = [_Waiting(text, loop.time(), loop.create_future()) for text in texts]
        self._queue.extend(taken)
        self._unanswered += len(taken)
        self._listener.waiting(len(self._queue))
        self._arrived.set()
        try:
            return list(await asyncio.gather(*(one.row for one in taken)))
        finally:
            self._unanswered -= len(taken)

    async def alone(self, work: Callable[[], Any]) -> Any:
        """Run other work of the model between two batches, and return its result.

        Raises:
            BusyError: if too much such work waits.
        """
        if self._others >= self._limits.explanations:
            raise BusyError("too many explanations are waiting; try again in a moment.", wait=5)
        self._others += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._others -= 1

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._gather()
            started, texts = loop.time(), [one.text for one in batch]
            outcome = loop.run_in_executor(self._thread, self._predict, texts)
            await asyncio.wait([outcome])
            self._listener.batch(len(batch), loop.time() - started)
            _answer(batch, outcome)

    async def _gather(self) -> list[_Waiting]:
        """Wait until a batch is full or its oldest text has waited long enough; take it."""
        while not self._queue:
            self._arrived.clear()
            await self._arrived.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._queue[0].since + self._limits.wait):
                while len(self._queue) < self._limits.batch_size:
                    self._arrived.clear()
                    await self._arrived.wait()
        size = min(len(self._queue), self._limits.batch_size)
        batch = [self._queue.popleft() for _ in range(size)]
        self._listener.waiting(len(self._queue))
        return batch


def _answer(batch: Sequence[_Waiting], outcome: "asyncio.Future[Sequence[Any]]") -> None:
    """Give every text its row or, if the model failed, the failure."""
    failure = outcome.exception()
    rows: Sequence[Any] = [None] * len(batch) if failure else outcome.result()
    for one, row in zip(batch, rows, strict=True):
        if one.row.done():  # cancelled: nobody waits for it
            continue
        if failure is None:
            one.row.set_result(row)
        else:
            one.row.set_exception(failure)
