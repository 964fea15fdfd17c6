"""The errors that a user can mend.

Every one carries a single sentence: what is wrong, where, and what to do.
The command line prints it and exits with code 2; Python users catch `ClmilError`.
"""

import difflib
from collections.abc import Sequence


def nearest(name: str, known: Sequence[str], otherwise: str) -> str:
    """Return the end of a sentence on an unknown name: the nearest known one, or what else helps.

    Args:
        name: that is not known.
        known: names.
        otherwise: with its full stop, where none is near.
    """
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


class ClmilError(Exception):
    """Base of all errors whose message is meant for the user."""


class DataError(ClmilError, ValueError):
    """The given texts or labels cannot be used as they are.

    A `ValueError` too, which is what scikit-learn's tools look for.
    """


class RecipeError(ClmilError):
    """A setting is unknown, of the wrong type or out of range."""


class ModelError(ClmilError):
    """A model folder or an encoder cannot be found, read or written."""


class TrainingError(ClmilError):
    """A training run had to stop (a loss that is not finite, a full disk)."""


class ServingError(ClmilError):
    """A server cannot start (a port in use, a token that is none)."""


class MissingExtraError(ClmilError):
    """An optional dependency is not installed; the message says which extra brings it."""
