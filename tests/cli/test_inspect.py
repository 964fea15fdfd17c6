"""What `clmil inspect` prints and writes; words stand in for an encoder's word pieces."""

import json

import pytest

from clmil.data.inspection.lengths import Ruler
from clmil.reports import inspection


@pytest.fixture(autouse=True)
def words(monkeypatch):
    facts = {"name": "minilm", "max_length": 256}
    monkeypatch.setattr(inspection, "_ruler", lambda *_, **__: (Ruler(), facts))


def test_prints_tables_and_suggestions(clmil, colours):
    result = clmil("inspect", colours.data)
    assert result.exit_code == 0, result.stderr
    assert "not annotated" in result.stdout
    assert "* 1 document of the train part" in result.stdout
    assert "counted in words" in result.stderr


def test_writes_json_and_a_page(clmil, colours):
    pytest.importorskip("matplotlib")
    report, page = colours.folder / "report.json", colours.folder / "page.html"
    result = clmil("inspect", colours.data, "--output", report, "--html", page)
    assert result.exit_code == 0, result.stderr
    value = json.loads(report.read_text())
    assert value["parts"]["train"]["unannotated"] == {"documents": 1, "rows": [5]}
    assert "<h1>Data: colours.jsonl</h1>" in page.read_text()
    assert f"The page is in {page}." in result.stderr


def test_a_missing_file_is_one_sentence(clmil, colours):
    result = clmil("inspect", colours.folder / "nothing.jsonl")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_data_and_descriptions_are_not_replaced(clmil, colours):
    descriptions = colours.folder / "labels.json"
    for place in (colours.data, descriptions):
        result = clmil("inspect", colours.data, "--output", place)
        assert result.exit_code == 2
        assert "is the input too" in result.stderr
    assert not descriptions.exists()
