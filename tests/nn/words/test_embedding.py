"""The table of word vectors."""

import pytest
import torch

from clmil.errors import RecipeError
from clmil.nn.words.embedding import BOUND, WordEmbedding, label_table, label_vectors
from clmil.nn.words.settings import EmbeddingSettings


def test_padding_is_zero_and_other_words_are_random_within_the_bound() -> None:
    table = WordEmbedding(50, 8).table.weight
    assert not table[0].any()
    assert table[1:].abs().max() <= BOUND
    assert table[1:].std().item() == pytest.approx(BOUND / 3**0.5, rel=0.1)


def test_given_vectors_are_copied() -> None:
    vectors = torch.randn(5, 3)
    embedding = WordEmbedding(5, 3, vectors=vectors)
    looked_up = embedding(torch.tensor([[4, 1, 0]]))
    torch.testing.assert_close(looked_up[0], torch.stack([vectors[4], vectors[1], torch.zeros(3)]))
    with torch.no_grad():
        embedding.table.weight[1] = 9.0
    assert vectors[1].max() < 9


def test_fixed_vectors_take_no_gradient() -> None:
    embedding = WordEmbedding.of(EmbeddingSettings(width=3, trainable=False), 5, None)
    assert not embedding(torch.tensor([[1]])).requires_grad


def test_dropout_only_in_training() -> None:
    embedding = WordEmbedding(5, 200, vectors=torch.ones(5, 200), dropout=0.5)
    dropped = embedding(torch.tensor([[1, 0]]))
    assert 0.3 < (dropped[0, 0] == 0).float().mean() < 0.7
    assert not dropped[0, 1].any()
    assert (embedding.eval()(torch.tensor([[1]])) == 1).all()


def test_wrong_shape_is_told() -> None:
    with pytest.raises(RecipeError, match=r"shape \(5, 2\).*5 words of width 3"):
        WordEmbedding(5, 3, vectors=torch.zeros(5, 2))
    with pytest.raises(RecipeError, match=r"shape \(2, 5\).*4 labels of width 5"):
        label_table(4, 5, torch.zeros(2, 5))


def test_label_vectors_are_means_of_name_words() -> None:
    table = torch.arange(12.0).reshape(6, 2)
    vectors = label_vectors(table, [[2, 4], [5, 1], [1, 0], []])
    torch.testing.assert_close(vectors[0], torch.tensor([6.0, 7.0]))
    torch.testing.assert_close(vectors[1], table[5])
    assert vectors[2:].abs().max() <= BOUND
    assert vectors[2:].any(dim=1).all()


def test_label_table_is_trained_and_independent() -> None:
    first = torch.ones(2, 3)
    table = label_table(2, 3, first)
    assert table.requires_grad
    with torch.no_grad():
        table.zero_()
    assert first.all()
    assert label_table(2, 3, None).abs().max() <= BOUND
