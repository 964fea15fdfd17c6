"""Reviews: what is ranked first, why, and that the file trains again."""

import json
from dataclasses import replace

import numpy as np
import pytest

from clmil.data.columns import Columns
from clmil.data.corpus import read_corpus
from clmil.errors import DataError
from clmil.reports.review import Review, ReviewSettings, review_data
from clmil.reports.review_file import write_review
from clmil.reports.review_material import read_material
from clmil.reports.review_tables import review_sentences, review_table

pytest.importorskip("cleanlab")

WORDS = {"fruit": "apple pear plum", "metal": "iron zinc lead", "sea": "wave tide reef"}


def rows_of(number=90):
    rng = np.random.default_rng(0)
    rows = []
    for k in range(number):
        names = [name for name in WORDS if rng.random() < 0.45]
        words = [word for name in names for word in WORDS[name].split()]
        words += [str(word) for word in rng.choice(["so", "it", "goes"], 3)]
        text = " ".join([*rng.permutation(words), f"note{k}"])
        rows.append({"id": f"d{k}", "text": text, "labels": names})
    return rows


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path):
    rows = rows_of()
    rows[5] |= {"text": "apple pear plum note5", "labels": ["metal"]}
    rows[8] |= {"text": "wave tide reef note8", "labels": []}
    rows.append({"id": None, "text": "apple tide", "labels": None})
    return written(tmp_path / "data.jsonl", rows)


def test_wrong_and_missing_labels_come_first_and_say_why(data):
    review = review_data(data, settings=ReviewSettings(share=0.03))
    first = {row["id"]: row for row in review.rows[:2]}
    assert set(first) == {"d5", "d8"}
    assert first["d5"]["reason"].startswith("likely wrong: metal (0.")
    assert "likely missing: fruit (" in first["d5"]["reason"]
    assert first["d5"]["suggested_labels"] == ["fruit"]
    assert first["d8"]["labels"] == []
    assert first["d8"]["suggested_labels"] == ["sea"]
    assert [row["rank"] for row in review.rows] == list(range(1, 92))
    assert review.facts["annotated"] == 90
    quality = [row["quality"] for row in review.rows if row["quality"] is not None]
    assert quality[:2] == sorted(quality)[:2]


def test_all_documents_are_kept_and_unlabelled_ones_asked_for(data, tmp_path):
    rows = [{"text": "apple iron"}, {"id": "new", "text": "so it goes"}]
    other = written(tmp_path / "other.jsonl", rows)
    review = review_data(data, unlabelled=other, settings=ReviewSettings(wanted=2))
    given = [json.loads(line)["text"] for line in data.read_text().splitlines()]
    assert set(given) <= {row["text"] for row in review.rows}
    asked = [row for row in review.rows if row["reason"].startswith("label next: perhaps ")]
    assert len(asked) == review.facts["label_next"] == 2
    assert {row["id"] for row in asked} <= {"91", "other.jsonl:1", "new"}
    assert all(row["labels"] is None for row in asked)
    assert all(row["suggested_labels"] for row in asked)
    none = review_data(data, unlabelled=other, settings=ReviewSettings(wanted=0))
    assert [row["id"] for row in none.rows if row["labels"] is None] == ["91"]


def test_near_texts_with_other_labels_are_told(tmp_path):
    rows = rows_of()
    text = " ".join(f"word{k}" for k in range(20))
    rows += [
        {"id": "one", "text": text, "labels": ["sea"]},
        {"id": "two", "text": f"{text} end", "labels": ["sea", "metal"]},
    ]
    data = written(tmp_path / "data.jsonl", rows)
    review = review_data(data, settings=ReviewSettings(share=1e-9))
    assert review.facts | {"suspicious": 0, "near": 2} == review.facts
    reasons = {row["id"]: row["reason"] for row in review.rows[:2]}
    assert reasons == {
        "one": "has nearly the text of two, whose labels are: sea, metal",
        "two": "has nearly the text of one, whose labels are: sea",
    }


def as_sets(corpus):
    return {
        text: None if labels is None else frozenset(labels)
        for text, labels in zip(corpus.train["text"], corpus.train["labels"], strict=True)
    }


@pytest.mark.parametrize("name", ["review.csv", "review.tsv", "review.jsonl", "review.parquet"])
def test_the_file_trains_again_with_the_same_labels(data, tmp_path, name):
    write_review(review_data(data), tmp_path / name)
    again = read_corpus(tmp_path / name)
    assert as_sets(again) == as_sets(read_corpus(data))
    assert None in again.train["labels"]


def review_of(*label_lists, unknown=()):
    names = ("id", "rank", "reason", "labels", "suggested_labels", "quality", "unknown", "text")
    rows = [
        dict(zip(names, (str(k), k, "", labels, [], 0.5, list(unknown), f"text {k}"), strict=True))
        for k, labels in enumerate(label_lists, start=1)
    ]
    return Review(rows=rows, facts={})


@pytest.mark.parametrize("name", ["review.csv", "review.tsv"])
def test_names_that_mean_something_else_alone_stay_whole(tmp_path, name):
    write_review(review_of(["a, b"], ["c; d"], [], ["null"]), tmp_path / name)
    labels = read_corpus(tmp_path / name).train["labels"]
    assert list(labels) == [["a, b"], ["c; d"], [], ["null"]]


def test_unknown_labels_stay_unknown(tmp_path):
    review = review_of(["a"], ["b", "c"], unknown=["d"])
    write_review(replace(review, rows=review.rows + review_of(["d"]).rows), tmp_path / "review.csv")
    train = read_corpus(tmp_path / "review.csv").train
    assert list(train["unknown"]) == [["d"], ["d"], []]


def test_a_label_that_the_data_only_mark_unknown_stands_in_no_way(tmp_path):
    rows = [{"text": f"t{k}", "labels": ["ab"[k % 2]], "unknown": ["d"]} for k in range(6)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_material(tmp_path / "a.jsonl", Columns(), "train", None).names == ("a", "b")


def test_a_label_with_the_joining_sign_needs_another_form(tmp_path):
    with pytest.raises(DataError, match=r"write \.jsonl instead"):
        write_review(review_of(["a|b"]), tmp_path / "review.csv")
    write_review(review_of(["a|b"], ["c"]), tmp_path / "review.jsonl")
    assert list(read_corpus(tmp_path / "review.jsonl").train["labels"]) == [["a|b"], ["c"]]


def test_the_terminal_shows_rows_with_a_reason_only(data):
    review = review_data(data, settings=ReviewSettings(share=0.03, wanted=0))
    assert review_table(review).row_count == sum(bool(row["reason"]) for row in review.rows[:10])
    (sentence,) = review_sentences(review)
    assert sentence.startswith("Of 90 annotated documents 2 have labels")


@pytest.mark.parametrize("wrong", [{"share": 0}, {"share": 1.1}, {"near": 0}])
def test_numbers_out_of_range_are_told(wrong):
    with pytest.raises(DataError, match="not above 0 and at most 1"):
        ReviewSettings(**wrong)


def test_data_with_one_label_have_nothing_to_mistake(tmp_path):
    rows = [{"text": f"text {k}", "labels": ["a"]} for k in range(20)]
    with pytest.raises(DataError, match="fewer than two labels"):
        review_data(written(tmp_path / "data.jsonl", rows))
