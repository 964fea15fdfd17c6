"""Progress in the terminal: a live bar, or plain lines where output is piped."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

QUIET_SECONDS = 30.0
"""Without a terminal, seconds between two progress lines."""

SHOWN = {"micro_f1": "micro-F1", "macro_f1": "macro-F1", "loss": "loss"}
"""Validation scores that are told, in this order."""


class RichProgress:
    """Shows a training run on stderr; a `clmil.training.progress.ProgressListener`.

    Args:
        console: where to print; None: stderr.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or _stderr()
        self._bar = _bar(self.console)
        self._task: TaskID | None = None
        self._name, self._pace, self._told = "", _Pace(), 0.0

    def stage(self, name: str, steps: int) -> None:
        """Begin a stage of at most `steps` steps."""
        self._name, self._pace, self._told = name, _Pace(), time.monotonic()
        if not self.console.is_terminal:
            self.console.print(f"{name}: up to {steps:,} steps", soft_wrap=True)
            return
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(name, total=steps, facts="")
        self._bar.start()

    def step(
        self, done: int, total: int, losses: dict[str, float], documents_per_second: float
    ) -> None:
        """Report a finished step with recent mean losses by part."""
        facts = [f"{documents_per_second:.1f} documents/s"]
        left = self._pace.left(done, total)
        facts += [f"{timedelta(seconds=round(left))} left"] if left is not None else []
        facts += [f"{part} {loss:.4g}" for part, loss in losses.items()]
        told = ", ".join(facts)
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total, facts=told)
        elif time.monotonic() - self._told >= QUIET_SECONDS:
            self._told = time.monotonic()
            self.console.print(f"{self._name}: {100 * done // total} %, {told}", soft_wrap=True)

    def scores(self, stage: str, epoch: float, scores: dict[str, float], best: bool) -> None:
        """Report a validation in one line."""
        told = ", ".join(
            f"{name} {scores[key]:.4f}" for key, name in SHOWN.items() if key in scores
        )
        mark = " (best so far)" if best else ""
        self.note(f"{stage}, epoch {epoch:.2f}, validation: {told}{mark}")

    def note(self, sentence: str) -> None:
        """Say something that the user should know."""
        self.console.print(sentence, soft_wrap=True)

    def finish(self) -> None:
        """End the display; more calls do nothing."""
        self._bar.stop()


class _Pace:
    """Tells the time left from the steps of this process, validations included."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def left(self, done: int, total: int) -> float | None:
        """Return seconds, or None as long as a single step is known."""
        now = time.monotonic()
        first, began = self._first = self._first or (done, now)
        return (total - done) * (now - began) / (done - first) if done > first else None


@contextmanager
def counting(
    what: str, total: int | None = None, console: Console | None = None
) -> Iterator[Callable[[int], None]]:
    """Show how many documents are done; yields a function that takes how many more are.

    Args:
        what: is being done.
        total: documents, if known.
        console: where to print; None: stderr.
    """
    console = console or _stderr()
    began, done = time.monotonic(), 0
    with _bar(console) as bar:
        task = bar.add_task(what, total=total, facts="")

        def advance(more: int) -> None:
            nonlocal done
            done += more
            bar.update(task, completed=done, facts=_rate(done, began))

        yield advance
        bar.update(task, visible=False)
    console.print(f"{what}: {_rate(done, began)}", soft_wrap=True)


def _rate(done: int, began: float) -> str:
    seconds = max(time.monotonic() - began, 1e-3)
    return f"{done:,} documents, {done / seconds:.1f} documents/s"


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, markup=False)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TaskProgressColumn("{task.percentage:>3.0f} %", markup=False),
        TextColumn("{task.fields[facts]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
