"""The page of an evaluation: whole, escaped, and complete by itself."""

import re

import numpy as np
import pytest

from clmil.decisions.calibration import Temperature
from clmil.decisions.rule import DecisionRule
from clmil.labels.space import LabelSpace
from clmil.reports.comparison import compare
from clmil.reports.evaluation import evaluate_outcomes, full_report
from clmil.reports.evaluation_page import write_evaluation
from clmil.reports.label_curves import curves_html
from clmil.reports.outcome import Outcome
from clmil.reports.worst_errors import LONGEST
from tests.reports.test_page import check_page

pytest.importorskip("matplotlib")

NAMES = ("<b>", *(f"label {k}" for k in range(24)))
SPACE = LabelSpace(
    names=NAMES, descriptions=("",) * 25, counts=tuple(range(500, 0, -20)), documents=900
)
RNG = np.random.default_rng(0)
TARGETS = RNG.choice([-1, 0, 1], (60, 25), p=[0.1, 0.7, 0.2]).astype(np.int8)
TARGETS[:, 24] = 0
RAW = np.clip(0.4 * (TARGETS == 1) + 0.6 * RNG.random(TARGETS.shape), 0, 1).astype(np.float32)
TEXTS = [f"<script>alert({k})</script> " + "word " * 200 for k in range(60)]
RULE = DecisionRule(
    thresholds=np.linspace(0.3, 0.6, 25),
    calibration=Temperature(slopes=np.full(25, 1.5), biases=np.zeros(25)),
)


def write(path, *rules, targets=TARGETS, raw=RAW):
    outcomes = [
        Outcome.decided(f"model {k}", SPACE, targets, raw, rule) for k, rule in enumerate(rules)
    ]
    first, *others = evaluate_outcomes(outcomes, resamples=20)
    report = full_report(first, {}, {"model": "m & m", "data": "d", "part": "test"})
    report |= {"comparison": compare(first, others)} if others else {}
    write_evaluation(path, first, report, TEXTS)
    return path.read_text(encoding="utf-8")


def test_the_page_is_whole(tmp_path):
    page = write(tmp_path / "page.html", RULE, DecisionRule.fixed(25))
    checker = check_page(page)
    assert {"scores", "compared-with-model-1", "thresholds", "reliability", "labels"} <= set(
        checker.ids
    )
    assert {"precision-and-recall-by-label", "taken-for-another", "the-worst-errors"} <= set(
        checker.ids
    )
    assert "m &amp; m on d" in page
    assert "&lt;b&gt;" in page
    assert "at 0.5" in page
    assert "calibrated" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_texts_are_cut(tmp_path):
    page = write(tmp_path / "page.html", RULE)
    texts = re.findall(r"<p>(&lt;script.*?)</p>", page)
    assert len(texts) == 30
    assert all(len(text.replace("&lt;", "<").replace("&gt;", ">")) == LONGEST for text in texts)


def test_nothing_wrong_and_nothing_calibrated(tmp_path):
    raw = (TARGETS == 1).astype(np.float32)
    page = write(tmp_path / "page.html", DecisionRule.fixed(25), raw=raw)
    assert "Every document is right." in page
    assert "No label was." in page
    assert "at 0.5</th>" not in page.split('id="labels"')[0]


def test_every_label_with_a_relevant_document_has_one_curve():
    report = full_report(
        evaluate_outcomes([Outcome.decided("m", SPACE, TARGETS, RAW, RULE)], resamples=5)[0], {}, {}
    )
    html = curves_html(RAW, TARGETS, report["per_label"])
    assert html.count("<figure") == 24
    assert "8 more labels" in html
    assert html.index("Frequent") < html.index("&lt;b&gt;") < html.index("Weakest")
    assert "label 23" not in html
