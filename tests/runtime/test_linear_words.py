"""A linear model's words: the parts add up to the margin exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.runtime.linear_words import LinearWords
from clmil.systems.linear import LinearModel
from tests.tiny import FILLERS, TOPICS, toy_documents

LABELS = ("fruit", "metal", "sea", "rare")
VOCABULARY = [*FILLERS, *(word for words in TOPICS.values() for word in words), "a", "unseen", "."]


@pytest.fixture(scope="module", params=[True, False], ids=["pairs", "words"])
def model(request: pytest.FixtureRequest) -> LinearModel:
    texts, labels = toy_documents(60, 0)
    targets = np.array([[name in row for name in LABELS] for row in labels], dtype=np.int8)
    return LinearModel(pairs=request.param).fit(texts, targets)


@settings(deadline=None, max_examples=40)
@given(words=st.lists(st.sampled_from(VOCABULARY), max_size=12))
def test_scores_and_bias_add_up_to_the_margin(model: LinearModel, words: list[str]) -> None:
    text = " ".join(words).title()
    assert model.weights is not None
    found = LinearWords(model.weights).words(text, [0, 2])
    margin = found.scores.sum(axis=1) + model.weights.bias[[0, 2]]
    np.testing.assert_allclose(margin, model.decision([text])[0, [0, 2]], atol=1e-5)


def test_the_word_of_the_topic_speaks_for_it(model: LinearModel) -> None:
    assert model.weights is not None
    text = "the apple of iron"
    found = LinearWords(model.weights).words(text, [0])
    best = found.spans[int(found.scores[0].argmax())]
    assert text[best[0] : best[1]] == "apple"


def test_equal_words_share_their_part(model: LinearModel) -> None:
    """Worked by hand: one term twice is 1 + ln 2 long and then unit length; each place half."""
    assert model.weights is not None
    if model.pairs:
        return
    found = LinearWords(model.weights).words("pear pear", [0])
    weight = model.weights.weights[model.weights.terms.index("pear"), 0]
    np.testing.assert_allclose(found.scores, [[weight / 2, weight / 2]], rtol=1e-6)
