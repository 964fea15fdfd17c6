"""Reports in a real browser: nothing overlaps, is cut off or reaches beyond the page."""

import pytest

from clmil.decisions.rule import DecisionRule
from clmil.reports.inspection import inspect_data
from tests.reports.browser import layout_faults
from tests.reports.test_evaluation_page import RULE, write
from tests.tiny import save_encoder

pytest.importorskip("matplotlib")

from clmil.reports.inspection_page import write_inspection
from clmil.reports.page import Section, write_page


def test_faults_are_found(tmp_path):
    body = (
        '<p>below</p><p style="margin-top:-2.5rem">above</p><p style="width:2000px">wide</p>'
        '<svg width="50" height="20"><text x="30" y="15">cut</text></svg>'
    )
    write_page(tmp_path / "page.html", title="t", sections=[Section(heading="h", body=body)])
    found = layout_faults((tmp_path / "page.html").read_text(encoding="utf-8"), tmp_path)
    assert "400: overlap: above and below" in found or "400: overlap: below and above" in found
    assert "1280: cut off: cut" in found
    assert any("the page is 20" in fault for fault in found)


def test_an_inspection_is_well_laid_out(tmp_path):
    """Of many labels with long names, repeated long texts, and unbroken words."""
    rows = [
        f'{{"text": "{"word " * (k % 37)}{"unbroken" * (k % 5)}", '
        f'"labels": ["a rather long name of a label {k % 50}", "{"x" * (k % 60)}y"]}}'
        for k in range(300)
    ]
    data, page = tmp_path / "data.jsonl", tmp_path / "page.html"
    data.write_text("\n".join(rows))
    report = inspect_data(data, encoder=save_encoder(tmp_path / "encoder"), max_length=128)
    assert len(report["cooccurrence"]["labels"]) == 40
    write_inspection(report, page)
    assert layout_faults(page.read_text(encoding="utf-8"), tmp_path) == []


def test_an_evaluation_is_well_laid_out(tmp_path):
    page = write(tmp_path / "page.html", RULE, DecisionRule.fixed(25))
    assert layout_faults(page, tmp_path) == []
