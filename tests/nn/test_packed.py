"""The packed encoder is transformers' own, in values and gradients."""

import pytest
import torch
from transformers import AutoModel

from clmil.nn.packed import BLOCK, blocks, encode_packed, packed_attention, packs
from tests.nn.conftest import encoder_config

COUNTS = (5, 5, 2, 9, 1)


def plain_attention(inward: torch.Tensor, counts: tuple[int, ...], heads: int) -> torch.Tensor:
    """Return attention by PyTorch's own function, a document at a time."""
    parts = []
    for rows in inward.split(counts):
        query, key, value = rows.view(len(rows), 3, heads, -1).permute(1, 2, 0, 3)
        attended = torch.nn.functional.scaled_dot_product_attention(query, key, value)
        parts.append(attended.transpose(0, 1).reshape(len(rows), -1))
    return torch.cat(parts)


def test_attention_equals_pytorch_in_values_and_gradients() -> None:
    torch.manual_seed(1)
    inward = torch.randn(sum(COUNTS), 24, dtype=torch.float64, requires_grad=True)
    twin = inward.detach().clone().requires_grad_()
    first, second = packed_attention(inward, COUNTS, 2), plain_attention(twin, COUNTS, 2)
    torch.testing.assert_close(first, second)
    pull = torch.randn_like(first)
    (first * pull).sum().backward()
    (second * pull).sum().backward()
    torch.testing.assert_close(inward.grad, twin.grad)


def test_attention_gradient_under_dropout() -> None:
    inward = torch.randn(sum(COUNTS), 12, dtype=torch.float64, requires_grad=True)

    def seeded(values: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(2)
        return packed_attention(values, COUNTS, 2, rate=0.3)

    assert torch.autograd.gradcheck(seeded, (inward,))
    assert not torch.allclose(seeded(inward), packed_attention(inward, COUNTS, 2))


def test_words_beside_are_seen_by_every_document() -> None:
    """In each document the answer is that of its words with the others put behind them."""
    torch.manual_seed(5)
    inward, beside = (
        torch.randn(rows, width, dtype=torch.float64, requires_grad=True)
        for rows, width in ((sum(COUNTS), 24), (3, 16))
    )
    attended = packed_attention(inward, COUNTS, 2, beside=beside)
    queries = torch.zeros(3, 8, dtype=torch.float64)
    wanted = torch.cat(
        [
            plain_attention(longer, (len(longer),), 2)[: len(rows)]
            for rows in inward.split(COUNTS)
            for longer in [torch.cat([rows, torch.cat([queries, beside], dim=1)])]
        ]
    )
    torch.testing.assert_close(attended, wanted)
    pull = torch.randn_like(attended)
    found = torch.autograd.grad((attended * pull).sum(), (inward, beside))
    torch.testing.assert_close(found, torch.autograd.grad((wanted * pull).sum(), (inward, beside)))
    with torch.no_grad():  # PyTorch's own kernel
        torch.testing.assert_close(packed_attention(inward, COUNTS, 2, beside=beside), wanted)


def test_gradient_of_words_beside_under_dropout() -> None:
    inward, beside = (
        torch.randn(rows, width, dtype=torch.float64, requires_grad=True)
        for rows, width in ((sum(COUNTS), 12), (2, 8))
    )

    def seeded(*values: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(6)
        return packed_attention(values[0], COUNTS, 2, rate=0.3, beside=values[1])

    assert torch.autograd.gradcheck(seeded, (inward, beside))


def test_gap_rows_take_no_part() -> None:
    torch.manual_seed(3)
    counts, gap = (4, 0, 3), 2
    inward = torch.randn(sum(counts) + gap * 4, 12, dtype=torch.float64)
    real = torch.tensor([2, 3, 4, 5, 10, 11, 12])
    attended = packed_attention(inward, counts, 2, gap=gap)
    torch.testing.assert_close(attended[real], packed_attention(inward[real], (4, 3), 2))
    blank = torch.ones(len(inward), dtype=torch.bool)
    blank[real] = False
    assert not attended[blank].any()


@pytest.mark.parametrize("counts", [(), (3,), (0, 3, 3, 3, 0, 0, 7), (400,) * 40])
@pytest.mark.parametrize("gap", [0, 5])
def test_blocks_cover_every_document_once(counts: tuple[int, ...], gap: int) -> None:
    starts, at = [], gap
    for count in counts:
        starts += [(at, count)] if count else []
        at += count + gap
    covered = []
    for start, number, length in blocks(counts, heads=12, gap=gap):
        covered += [(start + k * length, length) for k in range(number)]
        assert number == 1 or (not gap and number * 12 * length**2 <= BLOCK)
    assert covered == starts


def tiny(kind: str, **changes: object) -> torch.nn.Module:
    torch.manual_seed(4)
    config = encoder_config(kind, 16, 2, 24)
    for name, value in changes.items():
        setattr(config, name, value)
    return AutoModel.from_config(config, add_pooling_layer=False)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_encoder_equals_transformers_in_values_and_gradients(kind: str) -> None:
    plain = tiny(kind).double().eval()
    packed = tiny(kind).double().eval()
    lengths = torch.tensor([7, 3, 3])
    mask = torch.arange(7) < lengths[:, None]
    vectors = torch.randn(3, 7, 16, dtype=torch.float64)
    segments = (torch.arange(7) > 4).long().expand(3, 7) if kind == "bert" else mask.long() * 0
    positions = torch.arange(7).expand(3, 7) + 2
    expected = plain(
        inputs_embeds=vectors,
        attention_mask=mask.long(),
        token_type_ids=segments,
        position_ids=positions,
    ).last_hidden_state[mask]
    states = encode_packed(packed, vectors[mask], segments[mask], positions[mask], lengths.tolist())
    torch.testing.assert_close(states, expected, atol=1e-12, rtol=0)
    pull = torch.randn_like(states)
    (states * pull).sum().backward()
    (expected * pull).sum().backward()
    others = dict(plain.named_parameters())
    for name, parameter in packed.named_parameters():
        if "word_embeddings" not in name:
            torch.testing.assert_close(parameter.grad, others[name].grad, atol=1e-12, rtol=0)


def test_dropout_acts_in_training_only() -> None:
    encoder = tiny("bert", hidden_dropout_prob=0.3, attention_probs_dropout_prob=0.3)
    vectors, zeros = torch.randn(5, 16), torch.zeros(5, dtype=torch.int64)

    def run() -> torch.Tensor:
        return encode_packed(encoder, vectors, zeros, torch.arange(5), [5])

    assert not torch.equal(run(), run())
    encoder.eval()
    assert torch.equal(run(), run())


def test_bf16_is_close_and_does_not_depend_on_the_batch() -> None:
    encoder = tiny("bert").eval()
    vectors, zeros = torch.randn(9, 16), torch.zeros(9, dtype=torch.int64)
    positions = torch.tensor([0, 1, 2, 3, 4, 0, 1, 2, 3])
    exact = encode_packed(encoder, vectors, zeros, positions, [5, 4])
    with torch.autocast("cpu", torch.bfloat16):
        both = encode_packed(encoder, vectors, zeros, positions, [5, 4])
        alone = encode_packed(encoder, vectors[5:], zeros[5:], positions[5:], [4])
    torch.testing.assert_close(both.float(), exact, atol=5e-2, rtol=0)
    torch.testing.assert_close(both[5:].float(), alone.float(), atol=2e-2, rtol=0)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("bert", True), ("roberta", True), ("mpnet", False), ("distilbert", False)],
)
def test_only_encoders_built_like_bert_are_packed(kind: str, expected: bool) -> None:
    encoder = AutoModel.from_config(encoder_config(kind, 16, 1, 24))
    assert packs(encoder) is expected
