"""What is read is never written over."""

from pathlib import Path

import pytest

from clmil.cli.places import check_outside, check_targets
from clmil.errors import DataError, ModelError


def test_other_files_may_be_replaced(tmp_path):
    report = tmp_path / "report.json"
    report.write_text("of yesterday")
    check_targets(report, None, inputs=("owner/name", None), models=(tmp_path / "model", None))
    assert report.read_text() == "of yesterday"


@pytest.mark.parametrize("given", ["data.csv", "model/../data.csv", "link.csv", "hidden/data.csv"])
def test_an_input_by_any_name_is_spared(tmp_path, given):
    (tmp_path / "model").mkdir()
    (tmp_path / "data.csv").write_text("text")
    (tmp_path / "link.csv").symlink_to("data.csv")
    (tmp_path / "hidden").symlink_to(tmp_path)
    with pytest.raises(DataError, match="is the input too"):
        check_targets(tmp_path / given, inputs=(str(tmp_path / "data.csv"),))


def test_files_of_a_folder_of_data_are_spared_but_new_ones_may_come(tmp_path):
    (tmp_path / "train.jsonl").write_text("{}")
    check_targets(tmp_path / "report.json", inputs=(tmp_path,))
    with pytest.raises(DataError, match="exists already in the folder of the input"):
        check_targets(tmp_path / "train.jsonl", inputs=(tmp_path,))


def test_two_files_are_two(tmp_path):
    with pytest.raises(DataError, match="is to be written twice"):
        check_targets(tmp_path / "same.x", tmp_path / "." / "same.x")


def test_a_model_folder_is_left_alone(tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    for inside in (model / "labels.json", model / "new.html", model):
        with pytest.raises(DataError, match="whose files are left alone"):
            check_outside(inside, None, model)
    check_outside(tmp_path / "model.html", model)


def test_places_that_are_none(tmp_path):
    with pytest.raises(DataError, match="`-` cannot be written to"):
        check_targets(Path("-"))
    with pytest.raises(ModelError, match="is no folder; make it"):
        check_targets(tmp_path / "none" / "report.json")
