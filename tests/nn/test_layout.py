"""The joint sequence against a row-by-row reference."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.nn.layout import Layout, SpecialTokens, lay_out

SPECIAL = SpecialTokens(cls=101, sep=102, pad=0)


def reference_row(words: list[int], labels: int) -> dict[str, list[int]]:
    """Write `[CLS] x [SEP] y1 .. yl [SEP]` out by hand, label slots as pads."""
    tail = [0] * labels + [102] if labels else []
    ids = [101, *words, 102, *tail]
    return {
        "input_ids": ids,
        "token_type_ids": [0] * (len(words) + 2) + [1] * len(tail),
        "position_ids": list(range(len(ids))),
        "label_slots": [-1] * (len(words) + 2) + ([*range(labels), -1] if labels else []),
    }


def assert_row(layout: Layout, row: int, words: list[int], labels: int) -> None:
    for name, expected in reference_row(words, labels).items():
        values = getattr(layout, name)[row].tolist()
        assert values[: len(expected)] == expected, name
    total = len(words) + 2 + (labels + 1 if labels else 0)
    assert layout.attention_mask[row].sum() == layout.attention_mask[row, :total].sum() == total
    assert (layout.label_slots[row, total:] == -1).all()
    assert (layout.input_ids[row, total:] == SPECIAL.pad).all()
    assert layout.word_mask[row].nonzero().squeeze(1).tolist() == list(range(len(words)))


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=4),
    spare=st.integers(0, 3),
    labels=st.integers(0, 6),
)
def test_layout_equals_rows_written_by_hand(lengths: list[int], spare: int, labels: int) -> None:
    texts = [[1000 + 20 * row + at for at in range(size)] for row, size in enumerate(lengths)]
    longest = max(lengths) + spare
    padded = torch.tensor(
        [words + [7] * (longest - len(words)) for words in texts], dtype=torch.int64
    ).reshape(len(texts), longest)
    layout = lay_out(padded, torch.tensor(lengths), labels=labels, special=SPECIAL)
    for row, words in enumerate(texts):
        assert_row(layout, row, words, labels)


@pytest.mark.parametrize("positions", ["sequential", "shared", "fixed"])
@pytest.mark.parametrize("length", [0, 1, 262, 263])
def test_every_label_stands_once_and_all_fits_into_320(length: int, positions: str) -> None:
    labels = 54
    layout = lay_out(
        torch.full((1, 263), 9),
        torch.tensor([length]),
        labels=labels,
        special=SPECIAL,
        positions=positions,
        window=320,
    )
    slots = layout.label_slots[0]
    assert sorted(slots[slots >= 0].tolist()) == list(range(labels))
    assert slots[layout.label_positions[0]].tolist() == list(range(labels))
    total = int(layout.attention_mask.sum())
    assert total == length + labels + 3 <= 320
    assert layout.input_ids[0, total - 1] == SPECIAL.sep
    assert layout.input_ids[0, length + 1] == SPECIAL.sep
    assert (layout.input_ids == SPECIAL.sep).sum() == 2
    assert layout.position_ids[layout.attention_mask == 1].max() < 320


def test_what_stands_past_a_text_is_ignored() -> None:
    lengths = torch.tensor([2, 0])
    clean = torch.tensor([[5, 6, 0, 0], [0, 0, 0, 0]])
    dirty = torch.tensor([[5, 6, 10**9, -3], [8, 8, 8, 8]])
    first = lay_out(clean, lengths, labels=3, special=SPECIAL)
    second = lay_out(dirty, lengths, labels=3, special=SPECIAL)
    for name in vars(first):
        assert torch.equal(getattr(first, name), getattr(second, name)), name


def test_shared_positions_give_all_labels_one_id_after_the_text() -> None:
    layout = lay_out(
        torch.full((1, 4), 9), torch.tensor([2]), labels=3, special=SPECIAL, positions="shared"
    )
    assert layout.position_ids[0, :8].tolist() == [0, 1, 2, 3, 4, 4, 4, 5]


def test_fixed_positions_are_the_last_block_whatever_the_text() -> None:
    layout = lay_out(
        torch.full((2, 4), 9),
        torch.tensor([4, 1]),
        labels=3,
        special=SPECIAL,
        positions="fixed",
        window=20,
    )
    at = layout.position_ids.gather(1, layout.label_positions)
    assert at.tolist() == [[16, 17, 18]] * 2
    assert layout.position_ids[1, :3].tolist() == [0, 1, 2]
    assert layout.position_ids[1, 6] == 19  # the last [SEP]


@pytest.mark.parametrize("positions", ["sequential", "shared", "fixed"])
def test_labels_apart_stand_as_behind_an_empty_text(positions: str) -> None:
    lengths, ids = torch.tensor([4, 0, 1]), torch.full((3, 4), 9)
    apart, joint = (
        lay_out(
            ids,
            lengths,
            labels=3,
            special=SPECIAL,
            positions=positions,
            window=20,
            apart=apart,
        )
        for apart in (True, False)
    )
    at = apart.position_ids.gather(1, apart.label_positions)
    assert at.unique(dim=0).tolist() == [joint.position_ids[1, 2:5].tolist()]
    assert torch.equal(apart.position_ids[apart.text_mask], joint.position_ids[joint.text_mask])
    assert apart.text_mask.sum(dim=1).tolist() == [6, 2, 3]


def test_offset_moves_every_position_id() -> None:
    lengths, ids = torch.tensor([3]), torch.full((1, 3), 9)
    plain = lay_out(ids, lengths, labels=2, special=SPECIAL)
    shifted = lay_out(
        ids, lengths, labels=2, special=SpecialTokens(cls=101, sep=102, pad=0, position_offset=2)
    )
    assert torch.equal(shifted.position_ids, plain.position_ids + 2)


def test_segment_zero_leaves_one_token_type() -> None:
    layout = lay_out(torch.full((1, 3), 9), torch.tensor([3]), labels=2, special=SPECIAL, segment=0)
    assert not layout.token_type_ids.any()


@pytest.mark.parametrize("positions", ["sequential", "shared", "fixed"])
def test_position_ids_of_padding_stay_inside_the_window(positions: str) -> None:
    """Batches are padded to round lengths, past what a full window of tokens takes."""
    layout = lay_out(
        torch.full((2, 32), 9),
        torch.tensor([25, 3]),
        labels=4,
        special=SPECIAL,
        positions=positions,
        window=32,
    )
    assert layout.attention_mask.sum(dim=1).max() == 32
    assert layout.position_ids.min() >= 0
    assert layout.position_ids.max() < 32
