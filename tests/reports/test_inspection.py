import json

import pytest

from clmil.reports.inspection import inspect_data
from clmil.reports.inspection_tables import odd_rows, part_rows, terminal_tables
from tests.reports.test_page import check_page
from tests.tiny import save_encoder, toy_documents

pytest.importorskip("matplotlib")

from clmil.reports.inspection_page import write_inspection


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return save_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def report(tmp_path_factory, encoder):
    """Inspect a folder with everything wrong in it."""
    folder = tmp_path_factory.mktemp("data")
    texts, labels = toy_documents(60, 0)
    labels = [[*names, "marine"] if "sea" in names else names for names in labels]
    train = [*zip(texts, labels, strict=True), (texts[0], ["fruit", "metal"]), (" ", ["fruit"])]
    train += [("<b>apple</b> &", None), ("iron", ["once"])]
    test = [(texts[5], ["Fruit"]), ("a new text", ["fruit"])]
    for part, rows in (("train", train), ("test", test)):
        lines = [json.dumps({"text": text, "labels": names}) for text, names in rows]
        (folder / f"{part}.jsonl").write_text("\n".join(lines))
    return inspect_data(folder, encoder=encoder, max_length=16)


def told(report, *words):
    return any(all(word in sentence for word in words) for sentence in report["suggestions"])


def test_every_fault_is_told_with_what_to_do(report):
    assert told(report, "also stand in train", "remove")
    assert told(report, "different labels", "decide")
    assert told(report, "no annotation")
    assert told(report, "blank", "document 62")
    assert told(report, "Fruit", "training stops otherwise")
    assert told(report, "differ in writing only")
    assert told(report, "fewer than 5", "once")
    assert told(report, "always stand together", "sea")
    assert told(report, "linear")


def test_sound_data_need_no_change(tmp_path, encoder):
    texts, labels = toy_documents(400, 3)
    rows = [
        {"text": f"{text} {k}", "labels": names}
        for k, (text, names) in enumerate(zip(texts, labels, strict=True))
    ]
    path = tmp_path / "sound.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    found = inspect_data(path, encoder=encoder, max_length=64)
    assert found["suggestions"] == []
    assert found["budget"] == 64 - 4 - 3
    assert found["parts"]["train"]["lengths"]["cut_off"] == 0


def test_a_longer_input_is_advised_where_texts_are_cut(tmp_path, encoder):
    rows = [{"text": "apple " * 70 + str(k), "labels": ["a", "b"][: k % 3]} for k in range(320)]
    path = tmp_path / "long.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    found = inspect_data(path, encoder=encoder, max_length=32)
    assert told(found, "cut at 27", "--set encoder.max_length=64 --set encoder.windows=2")
    full = inspect_data(path, encoder=encoder, max_length=64)
    assert told(full, "are cut at 59", "encoder's window leaves; set `--set encoder.windows=2`")
    many = [row | {"labels": [f"l{k % 9}"]} for k, row in enumerate(rows)]
    path.write_text("\n".join(map(json.dumps, many)))
    full = inspect_data(path, encoder=encoder, max_length=64)
    assert told(full, "are cut at 52", "labels.see_text=false", "10 tokens are free, or set `")
    path.write_text("\n".join(json.dumps(row | {"text": row["text"][:300]}) for row in rows))
    short = inspect_data(path, encoder=encoder, max_length=32)
    assert told(short, "100 % of the texts are cut at 27", "set `--set encoder.max_length=64` if")


def test_tables_have_a_column_a_part(report):
    rows = part_rows(report)
    assert all(len(row) == 3 for row in rows)
    assert rows[0] == ("documents", "64", "2")
    assert ("train", "blank text", "1", "62") in odd_rows(report)
    assert terminal_tables(report)[0].row_count == len(rows)


def test_the_page_is_well_formed_and_needs_nothing_from_outside(report, tmp_path):
    path = tmp_path / "page.html"
    write_inspection(report, path)
    page = path.read_text(encoding="utf-8")
    check_page(page)
    assert "&lt;b&gt;" in page or "<b>" not in page
    assert "Suggestions" in page
    assert page.count("<svg") == 4
