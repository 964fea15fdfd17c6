"""Probabilities and losses of the networks beside CL-MIL."""

import pytest
import torch

from clmil.nn.outputs import label_output

LOGITS = torch.logit(torch.tensor([[0.9, 0.2, 0.1]]))
TARGETS = torch.tensor([[1, 0, 0]], dtype=torch.int8)


def test_probabilities_alone() -> None:
    output = label_output(LOGITS, None, reduction="mean", extra=torch.tensor(9.0))
    assert output.probabilities[0].tolist() == pytest.approx([0.9, 0.2, 0.1])
    assert output.loss is None
    assert output.parts is None


@pytest.mark.parametrize(("reduction", "main"), [("mean", 0.14462), ("sum_labels", 0.43386)])
def test_loss_is_the_sum_of_its_weighted_parts(reduction: str, main: float) -> None:
    alone = label_output(LOGITS, TARGETS, reduction=reduction)
    assert alone.loss.item() == pytest.approx(main, abs=1e-5)
    assert alone.parts.tolist() == pytest.approx([main], abs=1e-5)
    both = label_output(LOGITS, TARGETS, reduction=reduction, extra=torch.tensor(0.4), weight=5.0)
    assert both.loss.item() == pytest.approx(main + 2.0, abs=1e-5)
    assert both.parts.tolist() == pytest.approx([main, 0.4], abs=1e-5)


def test_half_precision_gives_fp32_probabilities() -> None:
    assert label_output(LOGITS.bfloat16(), None, reduction="mean").probabilities.dtype == (
        torch.float32
    )
