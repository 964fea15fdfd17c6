import numpy as np
import pytest

from clmil.data.corpus import from_lists
from clmil.data.inspection import lengths
from clmil.data.inspection.lengths import Ruler, length_facts

TEXTS = [f"w{' w' * k}" for k in range(100)]
DOCUMENTS = from_lists(TEXTS, [[]] * 100)
WORDS = np.arange(1, 101)


def test_words_are_counted_without_a_tokenizer():
    facts = length_facts(DOCUMENTS, WORDS, Ruler())
    assert (facts["measured"], facts["mean"], facts["most"]) == (100, 50.5, 100)
    assert facts["quantiles"]["0.5"] == 50
    assert facts["cut_off"] is None
    assert sum(facts["histogram"]["counts"]) == 99  # the longest lies beyond the 99.5 % quantile


def test_the_share_beyond_the_budget_is_cut_off():
    ruler = Ruler(unit="letters", measure=lambda texts: [len(text) for text in texts], budget=99)
    facts = length_facts(DOCUMENTS, WORDS, ruler)
    assert facts["most"] == 199
    assert facts["cut_off"] == pytest.approx(0.5)


def test_many_documents_are_sampled(monkeypatch):
    monkeypatch.setattr(lengths, "SAMPLE", 30)
    ruler = Ruler(unit="letters", measure=lambda texts: [len(text) for text in texts])
    facts = length_facts(DOCUMENTS, WORDS, ruler)
    assert facts["measured"] == 30
    assert facts == length_facts(DOCUMENTS, WORDS, ruler)
