"""Settings of the nearest training texts that vote beside a network."""

from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt

from clmil.decisions.neighbours import COUNTS, WEIGHTS
from clmil.nn.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]


class VoteSettings(Settings):
    """How training texts vote; number and weight are chosen on validation among those here."""

    counts: tuple[PositiveInt, ...] = Field(default=COUNTS, min_length=1)
    """Numbers of neighbours, k."""
    weights: tuple[Share, ...] = Field(default=WEIGHTS, min_length=1)
    """Shares of the vote in what is predicted, lambda, from 0 to 1."""
    temperature: PositiveFloat = 1.0
    """What distances are divided by before the softmax, tau."""
    normalise: bool = False
    """Scale texts to unit length first, for which a temperature of 0.1 is apt."""


class OptionalVotes(VoteSettings):
    """The same for a system that can do without."""

    enabled: bool = False
