"""Keeping transformers and datasets from printing beside our own progress."""

from collections.abc import Iterator
from contextlib import contextmanager

from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
from transformers.utils import logging


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence the progress bars and warnings of both libraries, then put back what was."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    datasets_bars = not are_progress_bars_disabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if datasets_bars:
            enable_progress_bars()
