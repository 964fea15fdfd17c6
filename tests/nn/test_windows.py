"""Long texts in several windows."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from clmil.data.padding import pad_rows, pad_windows
from clmil.nn.model import ClMilModel
from clmil.nn.pooling import masked_mean
from clmil.nn.windows import Windows, cut
from tests.tiny import tiny_network

OFF = {"enabled": False}
SYSTEMS = {
    "all heads": {},
    "labels apart": {"labels": {"see_text": False}},
    "[CLS]": {"classifier": {"pooling": "cls", "skip": True}},
    "text alone": {"cil": OFF, "fil": OFF, "clrl": OFF, "labels": {"joint": False}},
}
LENGTHS = [40, 0, 3, 13, 27]


def windowed(windows: int = 3, **settings: Any) -> ClMilModel:
    """Return a network whose windows are 20 tokens, with weights large enough to matter."""
    torch.manual_seed(2)
    network = tiny_network(encoder={"max_length": 20, "windows": windows}, **settings).eval()
    for linear in network.modules():
        if isinstance(linear, nn.Linear):
            nn.init.normal_(linear.weight, std=0.25)
    return network


def room_of(network: ClMilModel) -> int:
    return network.room(joint=network.settings.labels.joint)


def some_texts(lengths: list[int]) -> dict[str, torch.Tensor]:
    ids = torch.randint(5, 39, (len(lengths), 48), generator=torch.Generator().manual_seed(0))
    return {"text_ids": ids, "lengths": torch.tensor(lengths)}


def test_what_each_window_has() -> None:
    windows = Windows.of(torch.arange(27).view(3, 3, 3), torch.tensor([7, 0, 3]))
    assert windows.lengths.tolist() == [3, 3, 1, 0, 0, 0, 3, 0, 0]
    expected = torch.tensor([[3 / 7, 3 / 7, 1 / 7], [1, 0, 0], [1, 0, 0]])
    torch.testing.assert_close(windows.shares, expected)
    assert windows.text_ids[2].tolist() == [6, 7, 8]
    filled = windows.filled()
    assert filled.places is not None
    assert filled.places.tolist() == [0, 1, 2, 3, 6]
    assert filled.lengths.tolist() == [3, 3, 1, 0, 3]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=5), st.integers(1, 20), st.integers(1, 9))
def test_cutting_keeps_every_word(lengths: list[int], room: int, multiple: int) -> None:
    texts = [range(1, length + 1) for length in lengths]
    padded, counts = pad_rows(texts, multiple=multiple)
    found = cut(torch.from_numpy(padded), torch.from_numpy(counts), room)
    number = max(-(-max(lengths) // room), 1)
    assert found.shape[:2] == (len(lengths), number)
    for row, length in zip(found.flatten(1), lengths, strict=True):
        assert row[:length].tolist() == list(range(1, length + 1))
    elsewhere, again = pad_windows(texts, room, multiple=multiple)
    assert np.array_equal(again, counts)
    assert np.array_equal(elsewhere, found)


@pytest.mark.parametrize("settings", SYSTEMS.values(), ids=SYSTEMS)
@torch.inference_mode()
def test_it_is_each_window_read_alone(settings: dict) -> None:
    """The words of all in one row, and means weighed by words of what is one a text or label."""
    network = windowed(**settings)
    single = windowed(1, **settings)
    single.load_state_dict(network.state_dict())
    batch = some_texts(LENGTHS)
    seen = network.represented(**batch)
    for row, length in enumerate(LENGTHS):
        text = batch["text_ids"][row, :length]
        parts = [part[None] for part in text.split(room_of(network))] if length else [text[None]]
        alone = [single.represented(part, torch.tensor([part.shape[1]])) for part in parts]
        words = torch.cat([part.words[0] for part in alone])
        torch.testing.assert_close(seen.words[row][seen.mask[row]], words, atol=1e-5, rtol=1e-4)
        shares = [part.shape[1] / max(length, 1) or 1.0 for part in parts]
        for name in ("pooled", "labels"):
            found = getattr(seen, name)
            if found is not None:
                mean = sum(
                    share * getattr(part, name)[0]
                    for share, part in zip(shares, alone, strict=True)
                )
                torch.testing.assert_close(found[row], mean, atol=1e-5, rtol=1e-4)
    joint = network.settings.labels.joint
    torch.testing.assert_close(network.represent(**batch, joint=joint), seen.pooled)


@pytest.mark.parametrize("settings", SYSTEMS.values(), ids=SYSTEMS)
@torch.inference_mode()
def test_batch_and_padding_are_nothing_to_it(settings: dict) -> None:
    network, batch = windowed(**settings), some_texts(LENGTHS)
    together = network(**batch).probabilities
    assert together.std(dim=0).max() > 0.01
    for row, length in enumerate(LENGTHS):
        text = batch["text_ids"][row : row + 1, : max(length, 1)]
        alone = network(text, torch.tensor([length])).probabilities
        torch.testing.assert_close(alone[0], together[row], atol=1e-5, rtol=0)


@pytest.mark.parametrize("settings", SYSTEMS.values(), ids=SYSTEMS)
@torch.inference_mode()
def test_nothing_is_read_that_is_not_there(settings: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    network = windowed(**settings)
    read: list[int] = []
    encode = network.encode

    def noted(text_ids: torch.Tensor, lengths: torch.Tensor, **how: bool) -> Any:
        read.extend(lengths.tolist())
        return encode(text_ids, lengths, **how)

    monkeypatch.setattr(network, "encode", noted)
    room = room_of(network)
    seen = network.represented(**some_texts([2 * room + 1, 0, room]))
    assert read == [room, room, 1, 0, room]
    assert seen.words.shape[1] == min(3 * room, 48)
    nothing = network.represented(torch.zeros(1, 0, dtype=torch.int64), torch.tensor([0]))
    assert nothing.words.shape[:2] == (1, 0)
    read.clear()
    network.represent(**some_texts([18]))  # alone it has the room of labels too
    assert read == [18]


@torch.inference_mode()
def test_a_text_that_fits_is_read_as_ever() -> None:
    network, single = windowed(), windowed(1)
    single.load_state_dict(network.state_dict())
    batch = some_texts([room_of(network), 2, 0])
    few = {"text_ids": batch["text_ids"][:, : room_of(network)], "lengths": batch["lengths"]}
    wanted = single(**few).probabilities
    torch.testing.assert_close(network(**batch).probabilities, wanted, atol=1e-6, rtol=0)


@torch.inference_mode()
def test_the_second_window_counts() -> None:
    network, batch = windowed(), some_texts([40])
    before = network(**batch).probabilities
    batch["text_ids"][0, room_of(network) + 2] += 1
    assert (network(**batch).probabilities - before).abs().max() > 1e-3


@pytest.mark.parametrize("settings", SYSTEMS.values(), ids=SYSTEMS)
def test_padded_and_packed_are_one_function(settings: dict) -> None:
    """Values and gradients, in fp64."""
    network, batch = windowed(**settings).double(), some_texts(LENGTHS)
    targets = torch.randint(0, 2, (5, 4), generator=torch.Generator().manual_seed(1)).to(torch.int8)
    found = []
    for packed in (True, False):
        network.packed = packed
        network.zero_grad()
        torch.manual_seed(0)  # of the label pairs
        output = network(**batch, targets=targets)
        output.loss.backward()
        gradients = {n: p.grad for n, p in network.named_parameters() if p.grad is not None}
        found.append((output.probabilities, gradients))
    (values, gradients), (other_values, other_gradients) = found
    torch.testing.assert_close(values, other_values)
    assert gradients.keys() == other_gradients.keys()
    assert gradients["encoder.embeddings.word_embeddings.weight"].abs().sum() > 0
    torch.testing.assert_close(gradients, other_gradients, rtol=1e-5, atol=1e-6)


def test_words_know_where_they_stand() -> None:
    network = windowed()
    room, tokens = room_of(network), 20
    assert room == tokens - 4 - 3
    places = network.word_places(2 * room + 1).tolist()
    assert places == [*range(1, room + 1), *range(tokens + 1, tokens + room + 1), 2 * tokens + 1]
    assert windowed(1).word_places(30).tolist() == list(range(1, 31))


def test_a_mean_of_words_is_nearly_that_of_all_windows() -> None:
    """Weighing by words makes the pooled text the mean over tokens, but for the special ones."""
    seen = windowed(**SYSTEMS["text alone"]).represented(**some_texts([40]))
    cosine = torch.cosine_similarity(seen.pooled, masked_mean(seen.words, seen.mask))
    assert cosine > 0.9
