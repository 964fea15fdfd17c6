"""Near texts against comparing all with all."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from clmil.data.corpus import from_lists
from clmil.data.inspection import near
from clmil.data.inspection.near import near_conflicts, near_pairs

WORDS = st.sampled_from(["a", "b", "c", "dd", "ee", "f1", "g", "h"])
TEXTS = st.lists(st.lists(WORDS, max_size=8).map(" ".join), min_size=1, max_size=30)


@settings(deadline=None, max_examples=60)
@given(texts=TEXTS, least=st.sampled_from([0.3, 0.7, 0.9, 1.0]))
def test_no_pair_is_missed_and_none_is_too_far(texts, least):
    found = {
        (int(one), int(two)): cosine
        for pairs, cosines in near_pairs(texts, least=least)
        for (one, two), cosine in zip(pairs, cosines, strict=True)
    }
    expected = {}
    if any(texts):
        vectors = TfidfVectorizer(sublinear_tf=True, token_pattern=r"\w+").fit_transform(texts)
        cosines = (vectors @ vectors.T).toarray()
        upper = np.triu(np.ones_like(cosines, dtype=bool), k=1)
        rows = np.argwhere((cosines >= least - 1e-9) & upper)
        expected = {(int(one), int(two)): cosines[one, two] for one, two in rows}
    assert found.keys() == expected.keys()
    assert all(abs(found[pair] - expected[pair]) < 1e-9 for pair in found)


def test_chunks_make_no_difference(monkeypatch):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 6)) for _ in range(50)]

    def listed():
        return sorted(
            tuple(pair) for pairs, _ in near_pairs(texts, least=0.6) for pair in pairs.tolist()
        )

    whole = listed()
    monkeypatch.setattr(near, "ROWS", 7)
    monkeypatch.setattr(near, "PAIRS", 3)
    assert listed() == whole
    assert len(whole) > 10


def conflicts(*rows, least=0.8):
    names = ["x", "y"]
    documents = from_lists([text for text, _ in rows], [[] for _ in rows])
    targets = np.array([cells for _, cells in rows], dtype=np.int8)
    assert targets.shape[1] == len(names)
    return near_conflicts(documents, targets, least=least)


LONG = "one two three four five six seven eight nine ten"


def test_the_nearest_text_with_other_labels_is_named():
    partner, cosine = conflicts(
        (LONG, (1, 0)),
        (LONG, (1, 0)),
        (f"{LONG} more", (0, 1)),
        (LONG.upper(), (0, 1)),
        ("something else entirely", (0, 1)),
        ("", (1, 0)),
        ("", (0, 1)),
    )
    assert partner.tolist() == [3, 3, 0, 0, -1, -1, -1]
    np.testing.assert_allclose(cosine[[0, 1, 3]], 1)
    assert 0.8 < cosine[2] < 1
    assert (cosine[4:] == 0).all()


def test_an_unknown_label_is_no_other_label():
    partner, _ = conflicts((LONG, (1, -1)), (LONG, (1, 1)), (LONG, (-1, 0)))
    assert partner.tolist() == [-1, 2, 1]


def test_texts_without_a_word_are_near_to_none():
    assert conflicts(("?", (1, 0)), ("!", (0, 1)))[0].tolist() == [-1, -1]
