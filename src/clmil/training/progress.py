"""What a training run tells while it works; the command line shows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class ProgressListener(Protocol):
    """Receives the news of a run, and ignores what a subclass does not show.

    Rates are documents a second.
    """

    def stage(self, name: str, steps: int) -> None:
        """Begin a stage of at most `steps` steps."""
        return

    def step(
        self, done: int, total: int, losses: dict[str, float], documents_per_second: float
    ) -> None:
        """Report a finished step with recent mean losses by part."""
        return

    def scores(self, stage: str, epoch: float, scores: dict[str, float], best: bool) -> None:
        """Report a validation."""
        return

    def note(self, sentence: str) -> None:
        """Say something that the user should know."""
        return

    def finish(self) -> None:
        """End the display."""
        return


class Silent(ProgressListener):
    """A listener that shows nothing."""


@contextmanager
def closing_display(listener: ProgressListener) -> Iterator[None]:
    """End the display however the work ends."""
    try:
        yield
    finally:
        listener.finish()
