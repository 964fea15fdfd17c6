"""Vectors of texts, and machines over them."""

import numpy as np
import pytest

from clmil.systems.embedding_head import EmbeddingHead, embed_texts
from tests.tiny import save_encoder

TEXTS = ["the apple", "iron and zinc with the comet and the reef of tide", "", "wave " * 300]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return save_encoder(tmp_path_factory.mktemp("encoder"))


def test_a_text_has_the_same_vector_alone_and_beside_longer_ones(encoder):
    done = []
    together = embed_texts(TEXTS, encoder, advance=done.append)
    alone = np.concatenate([embed_texts([text], encoder) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    assert together.dtype == np.float32
    assert sum(done) == len(TEXTS)


def test_text_beyond_the_encoder_is_cut(encoder):
    long, longer = (embed_texts(["wave " * times], encoder) for times in (62, 500))
    np.testing.assert_allclose(long, longer, atol=1e-6)


def test_the_head_learns_what_vectors_tell():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(80, 4)).astype(np.float32)
    targets = (vectors[:, :2] > 0).astype(np.int8)
    head = EmbeddingHead().fit(vectors, targets)
    probabilities = head.predict_proba(vectors)
    assert ((probabilities > 0.5) == targets).mean() > 0.95
    assert probabilities.dtype == np.float32
