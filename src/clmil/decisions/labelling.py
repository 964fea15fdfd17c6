"""Which documents are worth labelling next: where rare labels are uncertain."""

import numpy as np
from scipy.special import entr


def worth_labelling(probabilities: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the (m, l) float64 worth in [0, 1] of knowing each label of each document.

    It is the entropy of the label's probability, in bits, times sqrt((1 + least) / (1 + count)),
    `least` being the count of the rarest label. A document is worth as much as its best label.

    Args:
        probabilities: (m, l) calibrated.
        counts: (l,) labelled documents of each label, at least one label.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    bits = (entr(given) + entr(1 - given)) / np.log(2)
    rarity = np.sqrt((1 + counts.min()) / (1 + counts))
    worth: np.ndarray = bits * rarity
    return worth
