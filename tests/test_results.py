"""No figure of the results page is typed."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_results_page_is_made_from_the_json_files():
    tables = runpy.run_path(str(ROOT / "benchmarks" / "tables.py"))
    expected = tables["page"](tables["read_reports"](ROOT / "results"))
    assert (ROOT / "docs" / "results.md").read_text(encoding="utf-8") == expected
