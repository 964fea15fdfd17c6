"""Batches of masked texts: open ones in shares, masked ones always alike."""

import torch
from datasets import Dataset

from clmil.nn.masked_language import UNASKED, Masking
from clmil.systems.masked_texts import MaskedTexts, OpenTexts

ROWS = [list(range(5, 5 + n)) for n in (9, 3, 0, 20, 12)]
TOKENS = Dataset.from_dict({"text_ids": ROWS})


def masked(seed: int = 1, budget: int = 15) -> MaskedTexts:
    return MaskedTexts(
        TOKENS, Masking(torch.arange(5, 40), 40, mask=4, share=0.3), budget=budget, seed=seed
    )


def test_masks_hang_on_seed_and_row_alone() -> None:
    first = masked().__getitems__([0, 3, 4])
    torch.manual_seed(7)
    again = masked().__getitems__([4, 1, 0])
    for name in ("text_ids", "asked"):
        assert torch.equal(first[name][0], again[name][2])
        assert torch.equal(first[name][2], again[name][0])
    assert not torch.equal(first["asked"], masked(seed=2).__getitems__([0, 3, 4])["asked"])


def test_what_is_asked_is_what_stood_there() -> None:
    batch = masked().__getitems__([3, 0, 2])
    assert batch["lengths"].tolist() == [15, 9, 0]
    for row, ids in zip((0, 1), (ROWS[3][:15], ROWS[0]), strict=True):
        for place, piece in enumerate(ids):
            asked = batch["asked"][row, place].item()
            assert asked in (piece, UNASKED)
            assert asked == piece or batch["text_ids"][row, place] == piece
        assert (batch["asked"][row] != UNASKED).any()
    assert (batch["asked"][2] == UNASKED).all()


def test_each_document_of_a_batch_is_in_one_share() -> None:
    seen = []
    for rank in range(4):
        shared = OpenTexts(TOKENS, budget=15, rank=rank, processes=4)
        batch = shared.__getitems__([3, 4, 0])
        seen += batch["lengths"].tolist()
        assert "targets" not in batch
    assert seen == [15, 12, 9, 0], "a text without a piece stands in for the fourth"
