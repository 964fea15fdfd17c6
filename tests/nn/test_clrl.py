"""Table 1 and equations 10 and 11, on the worked corpus of five labels and eight documents."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.nn.clrl import (
    INDIRECT,
    IRRELEVANT,
    RELATED,
    UNUSABLE,
    LabelPairs,
    LabelRelationHead,
    relation_classes,
    sample_pairs,
)
from clmil.nn.settings import ClrlSettings

NAMES = "abcde"
CORPUS = ["ab", "ab", "abc", "ac", "cd", "de", "de", "ad"]


def rows(*documents: str) -> torch.Tensor:
    return torch.tensor([[int(name in text) for name in NAMES] for text in documents]).to(
        torch.int8
    )


def strong_pairs(targets: np.ndarray) -> torch.Tensor:
    """Return (l, l) bool, M_kj > mean of row k off the diagonal (equations 9 and 10)."""
    counts = targets.astype(int).T @ targets.astype(int)
    np.fill_diagonal(counts, 0)
    means = counts.sum(axis=1, keepdims=True) / (len(counts) - 1)
    strong = counts > means
    np.fill_diagonal(strong, False)
    return torch.from_numpy(strong)


STRONG = strong_pairs(rows(*CORPUS).numpy())


def sets_of(document: str, anchor: str, partition: str) -> tuple[str, str, str]:
    """Return the names of Y+ without A, Y* and Y-."""
    anchors = torch.tensor([NAMES.index(anchor)])
    kinds = relation_classes(rows(document), STRONG, anchors, partition=partition)[0].tolist()
    return tuple(
        "".join(name for name, kind in zip(NAMES, kinds, strict=True) if kind == wanted)
        for wanted in (RELATED, INDIRECT, IRRELEVANT)
    )


@pytest.mark.parametrize(
    ("document", "indirect", "irrelevant"),
    [
        ("ab", "c", "de"),
        ("ad", "bce", ""),
        ("cd", "ae", "b"),
        ("de", "", "abc"),
        ("c", "a", "bde"),
        ("e", "d", "abc"),
        ("be", "ad", "c"),
    ],
)
def test_partition_by_all_relevant_labels(document: str, indirect: str, irrelevant: str) -> None:
    for anchor in document:
        related = document.replace(anchor, "")
        assert sets_of(document, anchor, "table1") == (related, indirect, irrelevant)


@pytest.mark.parametrize(
    ("document", "anchor", "indirect", "irrelevant"),
    [
        ("ab", "a", "c", "de"),
        ("ab", "b", "", "cde"),
        ("ad", "a", "bc", "e"),
        ("ad", "d", "e", "bc"),
        ("cd", "c", "a", "be"),
        ("cd", "d", "e", "ab"),
        ("de", "d", "", "abc"),
        ("be", "b", "a", "cd"),
        ("be", "e", "d", "ac"),
    ],
)
def test_partition_by_the_anchor(
    document: str, anchor: str, indirect: str, irrelevant: str
) -> None:
    expected = (document.replace(anchor, ""), indirect, irrelevant)
    assert sets_of(document, anchor, "anchor") == expected


def test_relation_is_asymmetric() -> None:
    strong = torch.zeros(3, 3, dtype=torch.bool)
    strong[0, 1] = strong[1, 0] = strong[2, 0] = True  # M_ab 10, M_ac 2, M_bc 0
    targets = torch.tensor([[1, 0, 0], [0, 0, 1]], dtype=torch.int8)
    kinds = relation_classes(targets, strong, torch.tensor([0, 2]), partition="table1")
    assert kinds[0, 2] == IRRELEVANT
    assert kinds[1, 0] == INDIRECT


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), labels=st.integers(2, 7))
def test_table1_is_the_union_over_anchors(seed: int, labels: int) -> None:
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 2, size=(6, labels))
    targets[:, 0] = 1
    strong = strong_pairs(targets)
    row = torch.from_numpy(targets[:1]).to(torch.int8)
    relevant = np.flatnonzero(targets[0])
    by_anchor = torch.zeros(labels, dtype=torch.bool)
    for anchor in relevant:
        at = torch.tensor([anchor])
        by_anchor |= relation_classes(row, strong, at, partition="anchor")[0] == INDIRECT
        kinds = relation_classes(row, strong, at, partition="table1")[0]
        assert kinds[anchor] == UNUSABLE
        assert (kinds == UNUSABLE).sum() == 1
        assert (kinds == RELATED).sum() == len(relevant) - 1
    assert torch.equal(kinds == INDIRECT, by_anchor)


def test_unknown_labels_are_in_no_set_and_draw_nothing() -> None:
    targets = rows("ad")
    targets[0, 2] = -1
    kinds = relation_classes(targets, STRONG, torch.tensor([0]), partition="table1")[0]
    assert kinds[2] == UNUSABLE
    targets[0, 3] = -1  # d is no longer known to be relevant: its partner e is irrelevant
    kinds = relation_classes(targets, STRONG, torch.tensor([0]), partition="table1")[0]
    assert kinds.tolist() == [UNUSABLE, INDIRECT, UNUSABLE, UNUSABLE, IRRELEVANT]
    pairs = draw("ad", 500, targets=targets)
    assert set(pairs.first.tolist()) == {0}
    assert set(pairs.second.tolist()) == {1, 4}


def draw(
    document: str,
    number: int = 20_000,
    *,
    sampling: str = "uniform",
    targets: torch.Tensor | None = None,
) -> LabelPairs:
    torch.manual_seed(9)
    settings = ClrlSettings(sampling=sampling, pairs=number)
    return sample_pairs(rows(document) if targets is None else targets, STRONG, settings)


def shares(values: torch.Tensor, size: int) -> list[float]:
    return (torch.bincount(values, minlength=size) / len(values)).tolist()


def test_uniform_sampling_follows_the_text() -> None:
    pairs = draw("ab")
    assert shares(pairs.first, 5) == pytest.approx([0.5, 0.5, 0, 0, 0], abs=0.02)
    with_a = pairs.first == 0
    assert shares(pairs.second[with_a], 5) == pytest.approx([0, 0.25, 0.25, 0.25, 0.25], abs=0.02)
    assert shares(pairs.relation[with_a], 3) == pytest.approx([0.25, 0.25, 0.5], abs=0.02)
    assert (pairs.first != pairs.second).all()
    kinds = relation_classes(
        rows("ab").expand(len(pairs.first), -1), STRONG, pairs.first, partition="table1"
    )
    assert torch.equal(kinds.gather(1, pairs.second[:, None])[:, 0], pairs.relation)


def test_balanced_sampling_gives_each_class_its_third() -> None:
    pairs = draw("ab", sampling="balanced")
    assert shares(pairs.relation, 3) == pytest.approx([1 / 3] * 3, abs=0.02)
    irrelevant = pairs.second[pairs.relation == IRRELEVANT]
    assert shares(irrelevant, 5) == pytest.approx([0, 0, 0, 0.5, 0.5], abs=0.02)


def test_balanced_sampling_skips_classes_that_do_not_occur() -> None:
    assert shares(draw("de", 4000, sampling="balanced").relation, 3) == pytest.approx(
        [0.5, 0, 0.5], abs=0.03
    )
    assert shares(draw("c", 4000, sampling="balanced").relation, 3) == pytest.approx(
        [0, 0.5, 0.5], abs=0.03
    )


@pytest.mark.parametrize("sampling", ["uniform", "balanced"])
def test_single_label_document_has_no_related_pair(sampling: str) -> None:
    assert (draw("c", 2000, sampling=sampling).relation != RELATED).all()


def test_documents_that_give_no_pair_are_left_out() -> None:
    targets = rows("ab", "", "c")
    settings = ClrlSettings(pairs=3)
    assert sample_pairs(targets, STRONG, settings).document.tolist() == [0, 0, 0, 2, 2, 2]
    assert len(sample_pairs(rows("", ""), STRONG, settings).document) == 0
    lone = torch.tensor([[1, -1, -1, -1, -1], [1, 0, 0, 0, 0]], dtype=torch.int8)
    assert sample_pairs(lone, STRONG, settings).document.tolist() == [1, 1, 1]


def test_equation_11_equals_a_loop() -> None:
    torch.manual_seed(10)
    head, labels = LabelRelationHead(4), torch.randn(2, 3, 4)
    pairs = LabelPairs(
        *(torch.tensor(column) for column in ([0, 1, 1], [0, 1, 2], [2, 0, 1], [0] * 3))
    )
    weight = head.classify.weight.detach().numpy()
    bias = head.classify.bias.detach().numpy()
    logits = head(labels, pairs).detach().numpy()
    for at, (document, first, second, _) in enumerate(
        zip(*(c.tolist() for c in pairs), strict=True)
    ):
        h_a, h_b = labels[document, first].numpy(), labels[document, second].numpy()
        features = np.concatenate([h_a, h_b, np.abs(h_a - h_b)])
        np.testing.assert_allclose(logits[at], weight @ features + bias, atol=1e-6)


def test_parameter_count() -> None:
    assert sum(p.numel() for p in LabelRelationHead(384).parameters()) == 9 * 384 + 3
