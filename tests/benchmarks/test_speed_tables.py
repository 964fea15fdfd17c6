"""No figure of the performance page is typed."""

from pathlib import Path

from benchmarks.speed.tables import STATED, fill, read_results

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_json_files() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert page.count("<!-- bench:") == 8
    assert fill(page, read_results(ROOT / "results")) == page


def test_ratios_and_the_time_to_a_score() -> None:
    row = {
        "predict_documents_per_second": 1.0,
        "peak_memory_gb": 1.0,
        "seconds_to_first_step": 1.0,
        "test": {"micro_f1": 50.0, "macro_f1": 40.0},
    }
    slow = row | {"train_documents_per_second": 2.0, "curve": [[5.0, STATED - 1]]}
    fast = row | {"train_documents_per_second": 7.0, "curve": [[3.0, 1.0], [6.0, STATED]]}
    systems = {"Trainer, fp32": slow, "ours": fast, "other": {"failed": "no module"}}
    page = "<!-- bench:peers -->\n<!-- /bench -->"
    shown = fill(page, {"peers": {"corpora": {"toy": {"systems": systems}}}})
    assert "| ours | 7.0 | 3.50 |  | 1.0 | 1.00 | 6 | 1.0 | 1.0 | 50.0 / 40.0 |" in shown
    assert "not reached" in shown
    assert "failed: no module" in shown


def test_a_block_without_results_says_so() -> None:
    page = "a\n<!-- bench:pairs -->\nold\n<!-- /bench -->\nz"
    assert fill(page, {}) == ("a\n<!-- bench:pairs -->\n(not measured yet)\n<!-- /bench -->\nz")
