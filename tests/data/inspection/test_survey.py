import json

from clmil.data.inspection.lengths import Ruler
from clmil.data.inspection.survey import survey
from clmil.data.parts import read_parts


def test_a_survey_is_plain_values_of_all_parts(parts):
    held = parts(
        train=[(f"text {k}", ["a", "b"] if k % 2 else ["a"]) for k in range(20)],
        test=[("text 3", ["a", "c"]), ("new", [])],
    )
    report = survey(held, Ruler())
    assert json.loads(json.dumps(report)) == report
    assert report["parts"]["train"]["documents"] == 20
    assert report["missing"] == {"train": ["c"], "test": ["b"]}
    assert report["leakage"]["test"]["rows"] == [1]
    assert report["implications"][0]["label"] == "b"
    assert report["lengths_in"] == "words"


def test_parts_are_read_in_their_order_and_unseen_labels_let_through(tmp_path):
    for part, label in (("test", "z"), ("train", "a"), ("valid", "a")):
        (tmp_path / f"{part}.jsonl").write_text(json.dumps({"text": part, "labels": [label]}))
    held = read_parts(tmp_path)
    assert list(held.documents) == ["train", "validation", "test"]
    assert survey(held, Ruler())["missing"]["train"] == ["z"]
