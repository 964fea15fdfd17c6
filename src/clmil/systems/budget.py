"""How much text fits into the input beside the labels."""

from clmil.errors import DataError
from clmil.nn.settings import NetworkSettings

LEAST_TEXT = 64
"""Fewest word pieces that must remain for the text (method notes, point 7)."""


def text_budget(settings: NetworkSettings, labels: int, window: int) -> int:
    """Return how many word pieces of text fit beside the labels.

    Args:
        settings: of the network.
        labels: l.
        window: position ids that the encoder has.

    Raises:
        DataError: if the labels leave too little room.
    """
    total = min(settings.encoder.max_length, window)
    taken = labels + 3 if settings.labels.joint else 2
    budget = total - taken
    if budget < min(LEAST_TEXT, total // 2):
        raise DataError(
            f"{labels} labels leave room for {max(budget, 0)} of {total} tokens of text; raise "
            f"encoder.max_length (this encoder's window is {window}), take an encoder with a "
            "longer window, or train the system `bert`, which does not put labels into the input."
        )
    return budget
