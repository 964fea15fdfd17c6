"""The benchmark of `clmil review`: swaps, what counts as found, and its report."""

import json

import numpy as np
import pytest
from benchmarks.review import share_found, swapped
from benchmarks.review_table import PAGE, REPORT, filled


@pytest.mark.parametrize("drawn", ["uniform", "frequency"])
def test_one_label_of_five_per_cent_is_swapped(drawn):
    rng = np.random.default_rng(0)
    targets = (rng.random((400, 9)) < 0.2).astype(np.int8)
    changed, documents = swapped(targets, drawn, 3)
    assert len(set(documents.tolist())) == 20
    differ = changed != targets
    assert set(np.flatnonzero(differ.any(axis=1))) == set(documents)
    assert (differ[documents].sum(axis=1) == 2).all()
    np.testing.assert_array_equal(changed.sum(axis=1), targets.sum(axis=1))
    np.testing.assert_array_equal(changed, swapped(targets, drawn, 3)[0])


def test_swaps_follow_the_frequency_where_that_is_wanted():
    targets = np.zeros((2000, 3), dtype=np.int8)
    targets[:1000, 0] = targets[1000:1980, 1] = targets[1980:, 2] = 1
    added = {
        drawn: (swapped(targets, drawn, 0)[0] > targets)[:, 2].sum()
        for drawn in ("uniform", "frequency")
    }
    assert added["uniform"] > 30
    assert added["frequency"] < 10


def test_only_the_ranked_first_count():
    quality = np.linspace(0, 1, 100)
    assert share_found(quality, np.array([0, 4, 5, 99])) == 0.5


def test_swapped_documents_are_found():
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    assert report["seed"] != report["choice_seed"]
    uniform = next(row for row in report["found"] if row["drawn"] == "uniform")
    assert uniform["swapped"] == round(report["share"] * report["documents"])
    assert uniform["found"]["linear"] >= 0.7


def test_the_tables_of_the_page_are_made_from_the_report():
    told = PAGE.read_text(encoding="utf-8")
    assert filled(told, json.loads(REPORT.read_text(encoding="utf-8"))) == told
    assert "| linear | yes | no |" in told
