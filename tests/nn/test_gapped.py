"""One long sequence with blank rows between documents."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from clmil.nn.gapped import Gapped, gapped_attention, padded_attention, shifted_copies


def masked(counts: list[int], longest: int | None = None) -> torch.Tensor:
    longest = longest or max([*counts, 1])
    return torch.arange(longest) < torch.tensor(counts)[:, None]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=5), st.integers(0, 4))
def test_layout_keeps_documents_apart_and_comes_back(counts: list[int], gap: int) -> None:
    mask = masked(counts, 7)
    gapped = Gapped.of(mask, gap)
    assert gapped.counts == tuple(counts)
    assert len(gapped.places) + len(gapped.blank) == sum(counts) + gap * (len(counts) + 1)
    assert not set(gapped.places.tolist()) & set(gapped.blank.tolist())
    document = gapped.words // 7
    steps, changes = gapped.places.diff(), document.diff()
    assert (steps == 1 + gap * changes).all()
    states = torch.randn(*mask.shape, 3)
    placed = gapped.place(gapped.take(states))
    assert not placed[gapped.blank].any()
    back = gapped.pad(placed, value=-7.0)
    assert torch.equal(back[mask], states[mask])
    assert (back[~mask] == -7).all()


def test_maximum_covers_real_words_only() -> None:
    gapped = Gapped.of(masked([2, 0]), 1)
    states = torch.tensor([[9.0], [-3.0], [-2.0], [9.0], [9.0]])
    assert gapped.maximum(states).tolist() == [[-2.0], [0.0]]


def naive_copies(states: torch.Tensor, kernel: int, dilation: int) -> torch.Tensor:
    rows = len(states)
    begin = dilation * (kernel - 1) // 2
    result = torch.zeros(rows, kernel, states.shape[1], dtype=states.dtype)
    for at in range(rows):
        for tap in range(kernel):
            source = at + tap * dilation - begin
            if 0 <= source < rows:
                result[at, tap] = states[source]
    return result.view(rows, -1)


@given(st.integers(1, 9), st.integers(1, 4), st.integers(1, 5), st.booleans())
def test_shifted_copies_by_a_naive_loop(
    rows: int, kernel: int, dilation: int, blanks: bool
) -> None:
    states = torch.randn(rows, 2, dtype=torch.float64, requires_grad=True)
    blank = torch.arange(0, rows, 2) if blanks else None
    seen = states.detach().clone()
    if blank is not None:
        seen[blank] = 0
    copies = shifted_copies(states, kernel=kernel, dilation=dilation, blank=blank)
    assert torch.equal(copies, naive_copies(seen, kernel, dilation))
    assert torch.autograd.gradcheck(
        lambda x: shifted_copies(x, kernel=kernel, dilation=dilation, blank=blank), (states,)
    )


def test_attention_for_gpu_and_cpu_are_one_function() -> None:
    torch.manual_seed(1)
    gapped = Gapped.of(masked([4, 0, 6, 1]), 3)
    inward = gapped.place(torch.randn(11, 24, dtype=torch.float64)).requires_grad_()
    twin = inward.detach().clone().requires_grad_()
    first, second = gapped_attention(inward, gapped, 2), padded_attention(twin, gapped, 2)
    torch.testing.assert_close(first, second)
    pull = torch.randn_like(first)
    (first * pull).sum().backward()
    (second * pull).sum().backward()
    torch.testing.assert_close(inward.grad, twin.grad)
