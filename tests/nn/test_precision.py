"""Which number format a computation takes."""

import pytest
import torch

from clmil.errors import RecipeError
from clmil.nn import precision
from clmil.nn.precision import as_computed, resolve_precision


@pytest.mark.parametrize(("fast", "expected"), [(True, "bf16"), (False, "fp32")])
def test_auto_follows_the_hardware(
    monkeypatch: pytest.MonkeyPatch, fast: bool, expected: str
) -> None:
    monkeypatch.setattr(precision, "bf16_is_fast", lambda: fast)
    assert resolve_precision("auto") == expected
    assert resolve_precision("fp32") == "fp32"
    monkeypatch.setattr(precision, "int8_is_exact", lambda: True)
    assert resolve_precision("int8") == "int8"


def test_what_the_hardware_lacks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "bf16_is_fast", lambda: False)
    with pytest.raises(RecipeError, match=r"--precision is bf16, which this processor lacks"):
        resolve_precision("bf16", setting="--precision")
    monkeypatch.setattr(precision, "int8_is_exact", lambda: False)
    with pytest.raises(RecipeError, match=r"--precision is int8, for which .* lacks VNNI"):
        resolve_precision("int8", setting="--precision")


def test_states_follow_autocast() -> None:
    states = torch.ones(2)
    assert as_computed(states) is states
    with torch.autocast("cpu", torch.bfloat16):
        assert as_computed(states).dtype is torch.bfloat16
