"""No figure of the results page or of the README is typed."""

import json
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_pages_are_made_from_the_json_files():
    tables = runpy.run_path(str(ROOT / "benchmarks" / "tables.py"))
    reports = tables["read_reports"](ROOT / "results")
    assert (ROOT / "docs" / "results.md").read_text(encoding="utf-8") == tables["page"](reports)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "<!-- demo -->" in readme
    assert tables["tour"](readme, reports["demo"]) == readme


def test_the_reproduction_page_is_made_from_its_findings():
    made = runpy.run_path(str(ROOT / "benchmarks" / "reproduction.py"), run_name="made")
    page = (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")
    assert page == made["page"]()


def test_the_table_of_trials_is_made_from_its_file():
    made = runpy.run_path(str(ROOT / "benchmarks" / "trials.py"), run_name="made")
    page = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    report = json.loads((ROOT / "results" / "trials.json").read_text(encoding="utf-8"))
    assert made["filled"](page, report) == page


def test_the_table_of_lengths_is_made_from_its_file() -> None:
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(ROOT / "benchmarks" / "by_length.py"))["filled"](page) == page


def test_the_tables_of_crowding_are_made_from_their_files() -> None:
    pytest.importorskip("torch")
    page = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "benchmarks" / "crowding.py"), run_name="made")
    assert made["filled"](page) == page


def test_the_page_on_accuracy_is_made_from_the_results() -> None:
    page = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert runpy.run_path(str(ROOT / "benchmarks" / "accuracy_table.py"))["filled"](page) == page
