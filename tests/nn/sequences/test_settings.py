"""What settings refuse."""

import pytest
from pydantic import ValidationError

from clmil.nn.sequences.settings import SequenceSettings


def test_defaults_are_sgms():
    told = SequenceSettings()
    assert (told.embedding.width, told.hidden, told.layers, told.beam) == (256, 256, 2, 5)
    assert not told.global_embedding


@pytest.mark.parametrize(
    "given", [{"beam": 0}, {"dropout": 1.0}, {"nothing": 1}, {"layers": 1, "decoder_layers": 2}]
)
def test_refused(given):
    with pytest.raises(ValidationError):
        SequenceSettings(**given)
