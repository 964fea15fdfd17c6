from hypothesis import given
from hypothesis import strategies as st

from clmil.data.corpus import from_lists
from clmil.data.inspection.texts import EXCERPT, excerpt, measure_texts, odd_texts


def measured(*texts):
    return measure_texts(from_lists(texts, [[]] * len(texts)))


def test_keys_tell_texts_apart_and_forgive_writing():
    facts = measured("The cat sat.", "the  CAT sat", "The cat sat.", "The dog sat.", " ", "!")
    assert facts.exact[0] == facts.exact[2] != facts.exact[1]
    assert facts.plain[0] == facts.plain[1] != facts.plain[3]
    assert facts.plain[4] == facts.plain[5] == 0
    assert facts.words.tolist() == [3, 3, 3, 3, 0, 1]


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8))
def test_plain_keys_are_equal_where_exact_ones_are(texts):
    texts = [*texts, "x"]
    facts = measured(*texts)
    for first, text in enumerate(texts):
        for second, other in enumerate(texts):
            assert (facts.exact[first] == facts.exact[second]) == (text == other)
            assert text != other or facts.plain[first] == facts.plain[second]


def test_odd_texts_are_counted_with_their_rows():
    facts = measured("a b c d", " ", "one two", "w " * 400, "a b c d e")
    odd = odd_texts(facts)
    assert odd["blank"] == {"documents": 1, "rows": [2]}
    assert odd["short"] == {"documents": 1, "rows": [3]}
    assert odd["long"] == {"documents": 1, "rows": [4]}


def test_an_excerpt_is_one_short_line():
    documents = from_lists(["first\n line " * 100, "short"], [[], []])
    assert "\n" not in excerpt(documents, 0)
    assert len(excerpt(documents, 0)) <= EXCERPT + 4
    assert excerpt(documents, 1) == "short"
