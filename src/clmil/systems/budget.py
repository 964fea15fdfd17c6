"""How much text fits into the input beside the labels."""

from clmil.errors import DataError
from clmil.nn.settings import NetworkSettings

LEAST_TEXT = 64
"""Fewest word pieces that must remain for the text (method notes, point 7)."""


def text_budget(settings: NetworkSettings, labels: int, window: int) -> int:
    """Return how many word pieces of a text are read, all windows together.

    Args:
        settings: of the network.
        labels: l.
        window: position ids that the encoder has.

    Raises:
        DataError: if the labels leave too little room.
    """
    total, tokens = min(settings.encoder.max_length, window), settings.labels
    if tokens.apart:
        _check_positions(labels, {"fixed": total, "sequential": window}.get(tokens.positions))
    room = total - tokens.framing(labels)
    if room < min(LEAST_TEXT, total // 2):
        raise DataError(
            f"{labels} labels leave room for {max(room, 0)} of {total} tokens of text; raise "
            f"encoder.max_length (this encoder's window is {window}), take an encoder with a "
            "longer window, set labels.see_text=false and labels.positions=shared, under which "
            "labels take no room (with an encoder of the BERT or RoBERTa kind), or train the "
            "system `bert`, which does not put labels into the input."
        )
    return room * settings.encoder.windows


def _check_positions(labels: int, most: int | None) -> None:
    """Refuse more labels than there are position ids, if each has its own."""
    if most is not None and labels + 3 > most:
        raise DataError(
            f"{labels} labels, each with a position id of its own, do not fit into {most}; set "
            "labels.positions=shared."
        )
