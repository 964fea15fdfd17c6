"""Keeping transformers and datasets from printing beside our own progress."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from datasets import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars


@contextmanager
def quiet_libraries(*, transformers: bool = True) -> Iterator[None]:
    """Silence progress bars and warnings, then put back what was.

    Args:
        transformers: silence this library too, which imports it.
    """
    datasets_bars = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        with _quiet_transformers() if transformers else nullcontext():
            yield
    finally:
        if datasets_bars:
            enable_progress_bars()


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
