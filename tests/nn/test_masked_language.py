"""Masks by their statistics, the loss against NumPy, and who learns from it."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from clmil.nn.masked_language import UNASKED, MaskedLanguageNetwork, Masking
from tests.tiny import tiny_network

VOCABULARY, MASK, FIRST = 40, 4, 5
"""The tiny network's: ids below `FIRST` are special."""


def masking(share: float = 0.15) -> Masking:
    return Masking(torch.arange(FIRST, VOCABULARY), VOCABULARY, mask=MASK, share=share)


def made(*, processes: int = 1) -> MaskedLanguageNetwork:
    torch.manual_seed(0)
    return MaskedLanguageNetwork(tiny_network(), masking(), processes=processes).eval()


def batch() -> dict[str, Tensor]:
    torch.manual_seed(1)
    ids = torch.randint(FIRST, VOCABULARY, (3, 16))
    lengths = torch.tensor([16, 7, 3])
    asked = torch.full_like(ids, UNASKED)
    for row, column in ((0, 2), (0, 15), (1, 0), (2, 1)):
        asked[row, column] = ids[row, column]
    ids[0, 2], ids[1, 0], ids[2, 1] = MASK, MASK, 9
    return {"text_ids": ids, "lengths": lengths, "asked": asked}


def test_shares_of_masks() -> None:
    torch.manual_seed(0)
    ids = torch.randint(FIRST, VOCABULARY, (200, 500))
    hidden, asked = masking()(ids, torch.ones_like(ids, dtype=torch.bool))
    chosen = asked != UNASKED
    assert torch.equal(asked[chosen], ids[chosen])
    assert torch.equal(hidden[~chosen], ids[~chosen])
    assert chosen.float().mean().item() == pytest.approx(0.15, abs=0.005)
    masked = (hidden == MASK)[chosen].float().mean().item()
    kept = (hidden == ids)[chosen].float().mean().item()
    assert masked == pytest.approx(0.8, abs=0.01)
    # A random piece is now and then the right one.
    assert kept == pytest.approx(0.1 + 0.1 / (VOCABULARY - FIRST), abs=0.01)
    swapped = hidden[chosen & (hidden != MASK) & (hidden != ids)]
    assert set(swapped.tolist()) == set(range(FIRST, VOCABULARY))


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    share=st.floats(0.01, 0.9),
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=4),
)
def test_special_tokens_and_padding_are_left_alone(
    seed: int, share: float, lengths: list[int]
) -> None:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, VOCABULARY, (len(lengths), 12), generator=generator)
    real = torch.arange(12) < torch.tensor(lengths)[:, None]
    hidden, asked = masking(share)(ids, real, generator)
    chosen, may = asked != UNASKED, real & (ids >= FIRST)
    assert not (chosen & ~may).any()
    assert torch.equal(hidden[~chosen], ids[~chosen])
    assert torch.equal(chosen.any(dim=1), may.any(dim=1)), "at least one of a text"


def test_the_loss_is_the_papers() -> None:
    model, given_batch = made(), batch()
    loss = model(**given_batch)["loss"].item()
    head = {name: value.detach().double().numpy() for name, value in model.head.named_parameters()}
    table = model.network.encoder.get_input_embeddings().weight.detach().double().numpy()
    terms = []
    for ids, length, asked in zip(*given_batch.values(), strict=True):
        alone = ids[None, : int(length)], length[None]
        states, _, _ = model.network.encode(*alone, joint=False)
        for column in (asked != UNASKED).nonzero().flatten().tolist():
            state = states[0, column + 1].detach().double().numpy()
            inner = head["dense.weight"] @ state + head["dense.bias"]
            active = np.array([x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in inner])
            normal = (active - active.mean()) / np.sqrt(active.var() + 1e-5)
            logits = table @ (head["norm.weight"] * normal + head["norm.bias"]) + head["bias"]
            terms.append(np.log(np.exp(logits).sum()) - logits[int(asked[column])])
    assert len(terms) == 4
    assert loss == pytest.approx(np.mean(terms), rel=1e-5)


def test_the_encoder_and_the_head_learn_and_nothing_else() -> None:
    model = made().train()
    model(**batch())["loss"].backward()
    for name, parameter in model.named_parameters():
        learns = parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)
        assert learns == name.startswith(("network.encoder.", "head.")), name


def test_training_draws_new_masks_by_torchs_chance() -> None:
    model = made()  # without dropout
    texts = {name: value for name, value in batch().items() if name != "asked"}
    torch.manual_seed(5)
    first, second = (model(**texts)["loss"].item() for _ in range(2))
    torch.manual_seed(5)
    assert model(**texts)["loss"].item() == first != second


def test_texts_without_a_piece_give_no_loss() -> None:
    model = made().train()
    empty = {"text_ids": torch.zeros(2, 16, dtype=torch.long), "lengths": torch.tensor([0, 0])}
    loss = model(**empty)["loss"]
    assert loss.item() == 0
    loss.backward()


@pytest.mark.parametrize("processes", [2, 4])
def test_losses_of_shares_add_up(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = batch()
    model = made(processes=processes)
    expected = model(**whole)["loss"].item()
    model.train()
    for module in model.modules():
        if hasattr(module, "p"):
            module.p = 0.0
    asked_in_all = int((whole["asked"] != UNASKED).sum())

    def all_reduce(count: Any) -> None:
        count.fill_(asked_in_all)

    monkeypatch.setattr(torch.distributed, "all_reduce", all_reduce)
    total = 0.0
    for rank in range(min(processes, 3)):
        share = {name: value[rank::processes] for name, value in whole.items()}
        total += model(**share)["loss"].item()
    assert total == pytest.approx(expected, rel=1e-5)
