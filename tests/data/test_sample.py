"""The sample corpus keeps the promises that its README makes."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clmil.data import packaged
from clmil.data.packaged import sample_corpus_path
from clmil.errors import DataError

FREQUENT = {"bug", "question"}
RARE = {"accessibility", "data-loss", "export"}


def read(part: str) -> list[dict[str, Any]]:
    lines = (sample_corpus_path() / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def label_counts(part: str) -> Counter[str]:
    return Counter(label for row in read(part) for label in row["labels"])


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return read("train") + read("test")


@pytest.fixture(scope="module")
def label_names() -> list[str]:
    labels = json.loads((sample_corpus_path() / "labels.json").read_text(encoding="utf-8"))
    assert all(set(label) == {"name", "description"} for label in labels)
    assert all(label["description"].endswith(".") for label in labels)
    return [label["name"] for label in labels]


def test_sizes_and_ids() -> None:
    for part, least, most in (("train", 430, 470), ("test", 150, 170)):
        rows = read(part)
        assert least <= len(rows) <= most
        assert [row["id"] for row in rows] == [f"{part}-{i:03d}" for i in range(1, len(rows) + 1)]
        assert all(set(row) == {"id", "text", "labels"} for row in rows)


def test_labels_are_the_described_ones(rows: list[dict[str, Any]], label_names: list[str]) -> None:
    assert len(label_names) == len(set(label_names)) == 12
    for part in ("train", "test"):
        assert set(label_counts(part)) == set(label_names)
    assert all(1 <= len(row["labels"]) == len(set(row["labels"])) <= 4 for row in rows)
    assert 1.5 <= sum(len(row["labels"]) for row in rows) / len(rows) <= 2.0
    assert sum(len(row["labels"]) > 1 for row in rows) / len(rows) >= 0.4


def test_labels_are_skewed() -> None:
    train, test = label_counts("train"), label_counts("test")
    assert {label for label, count in train.items() if count >= 150} == FREQUENT
    assert {label for label, count in train.items() if count <= 18} == RARE
    assert all(train[label] >= 10 and test[label] >= 5 for label in RARE)
    assert all(40 <= train[label] <= 90 for label in set(train) - FREQUENT - RARE)


def test_parts_are_drawn_alike() -> None:
    sizes = {part: len(read(part)) for part in ("train", "test")}
    train, test = label_counts("train"), label_counts("test")
    for label, count in train.items():
        assert test[label] / sizes["test"] == pytest.approx(count / sizes["train"], abs=0.02)


def test_texts_are_short_messages(rows: list[dict[str, Any]]) -> None:
    assert all(10 <= len(row["text"].split()) <= 45 for row in rows)


def test_no_text_occurs_twice(rows: list[dict[str, Any]]) -> None:
    texts = [" ".join(words(row["text"])) for row in rows]
    assert len(set(texts)) == len(texts)


def test_train_and_test_share_no_text() -> None:
    train, test = ({" ".join(words(row["text"])) for row in read(p)} for p in ("train", "test"))
    assert train.isdisjoint(test)


def test_no_run_of_six_words_in_more_than_three_messages(rows: list[dict[str, Any]]) -> None:
    messages: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        tokens = words(row["text"])
        messages.update({tuple(tokens[i : i + 6]) for i in range(len(tokens) - 5)})
    assert max(messages.values()) <= 3


def test_readme_says_made_up_and_counts_right() -> None:
    readme = (sample_corpus_path() / "README.md").read_text(encoding="utf-8")
    assert "made up" in readme
    assert "Apache-2.0" in readme
    train, test = label_counts("train"), label_counts("test")
    for label, count in train.items():
        assert f"| `{label}` | {count} | {test[label]} |" in readme
    for part in ("train", "test"):
        assert f"| `{part}.jsonl` | {len(read(part))} |" in readme


def test_a_package_without_the_sample_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged, "files", lambda _: tmp_path)
    with pytest.raises(DataError, match="reinstall"):
        sample_corpus_path()
