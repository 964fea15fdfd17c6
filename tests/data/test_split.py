import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clmil.data.corpus import from_lists, read_corpus
from clmil.data.split import carve_validation
from clmil.data.targets import label_counts
from clmil.data.validate import text_keys
from clmil.errors import DataError


def many(n=1000, seed=0):
    rng = np.random.default_rng(seed)
    labels = [
        [name for name, p in (("often", 0.5), ("some", 0.1), ("rare", 0.03)) if rng.random() < p]
        for _ in range(n)
    ]
    return from_lists([f"text {k}" for k in range(n)], labels)


def test_the_split_is_a_partition_in_order():
    train = many()
    rest, validation, (note,) = carve_validation(train, seed=1)
    assert sorted([*rest["text"], *validation["text"]]) == sorted(train["text"])
    numbers = [int(text.split()[1]) for text in rest["text"]]
    assert numbers == sorted(numbers)
    assert len(validation) == pytest.approx(100, abs=3)
    assert f"{len(validation)} of 1,000" in note
    assert "seed 1" in note


def test_every_label_has_its_share():
    train = many()
    whole, part = label_counts(train), label_counts(carve_validation(train, seed=3)[1])
    for name, count in whole.items():
        assert part[name] == pytest.approx(count / 10, abs=1.5), name


def test_the_seed_decides():
    train = many(300)
    first, again, other = (carve_validation(train, seed=seed)[1]["text"][:] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_equal_texts_stay_together_and_unannotated_ones_in_train():
    texts = [f"Text  {k % 40}" if k % 2 else f"text {k % 40} " for k in range(200)]
    labels = [None if k % 40 == 7 else [("a", "b")[k % 2]] for k in range(200)]
    rest, validation, _ = carve_validation(from_lists(texts, labels), share=0.2, seed=0)
    assert len(validation) > 0
    assert not np.isin(text_keys(validation), text_keys(rest)).any()
    assert None not in validation["labels"]


def test_parts_of_a_file_lie_on_disk_without_an_index(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in many(100)))
    rest, validation, _ = carve_validation(read_corpus(path).train, seed=0)
    assert rest.cache_files
    assert rest.data.num_rows == len(rest)
    assert validation.data.num_rows == len(validation)
    assert len(rest) + len(validation) == 100


def test_a_large_corpus_is_stratified_in_a_subset(monkeypatch):
    monkeypatch.setattr("clmil.data.split.MOST_CANDIDATES", 200)
    rest, validation, (note,) = carve_validation(many(), seed=0)
    assert len(validation) == pytest.approx(20, abs=3)
    assert len(rest) + len(validation) == 1000
    assert "200 random texts" in note


def test_too_little_to_spare():
    with pytest.raises(DataError, match="no training document can be spared"):
        carve_validation(from_lists(["a", "b"], [["x"], ["y"]]), seed=0)
    with pytest.raises(DataError, match="share is 1"):
        carve_validation(many(10), share=1, seed=0)


SMALL = st.lists(
    st.tuples(
        st.sampled_from("pqrstuvw"), st.lists(st.sampled_from("abc"), unique=True, max_size=3)
    ),
    min_size=2,
    max_size=30,
)


@settings(max_examples=50, deadline=None)
@given(SMALL, st.integers(0, 9))
def test_no_label_is_lost_and_no_text_torn(rows, seed):
    train = from_lists([text for text, _ in rows], [labels for _, labels in rows])
    try:
        rest, validation, _ = carve_validation(train, share=0.3, seed=seed)
    except DataError:
        return
    assert len(rest) + len(validation) == len(rows)
    assert min(len(rest), len(validation)) > 0
    assert set(label_counts(rest)) == set(label_counts(train))
    assert not set(rest["text"]) & set(validation["text"])
