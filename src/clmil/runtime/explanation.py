"""What an explanation says, as plain values; no torch."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WordScore:
    """What one word of a text says about one label.

    Attributes:
        start: where the word starts in the text, in characters.
        end: where it ends; `text[start:end]` is the word.
        word: the word.
        score: above 0 it speaks for the label, below 0 against it. The unit depends on the
            method, so that scores compare within one label of one text.
    """

    start: int
    end: int
    word: str
    score: float


@dataclass(frozen=True, kw_only=True)
class LabelExplanation:
    """Why a label is, or is not, predicted.

    Attributes:
        label: its name.
        probability: calibrated, in [0, 1].
        predicted: whether the model's rule assigns the label.
        words: by falling |score|.
    """

    label: str
    probability: float
    predicted: bool
    words: tuple[WordScore, ...]


@dataclass(frozen=True, kw_only=True)
class LabelTie:
    """How closely two labels of a text go together.

    Attributes:
        first: a label.
        second: another one.
        strength: in [0, 1]: the relation head's probability that they are directly related in
            this text (equation 11), averaged over both directions.
        often: whether the training documents tie them strongly: the share of the one's documents
            that have the other is above its mean over labels (equation 10), seen from either.
    """

    first: str
    second: str
    strength: float
    often: bool = False


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Which words of a text speak for which labels.

    Attributes:
        text: as given.
        method: what computed the scores, as `clmil.runtime.explaining` names it.
        labels: the predicted labels, most probable first, or those that were asked about.
        together: pairs of these labels, the closest first; empty without learned relations.
    """

    text: str
    method: str
    labels: tuple[LabelExplanation, ...]
    together: tuple[LabelTie, ...]
