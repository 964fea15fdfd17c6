import gzip
import json
import time

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

from clmil.data import corpus as rooms
from clmil.data.corpus import from_lists, read_corpus, read_documents
from clmil.errors import DataError
from clmil.labels.space import LabelSpace

DOCUMENTS = [
    {"text": "oil rises", "labels": ["oil"]},
    {"text": "gas falls", "labels": ["gas", "oil"]},
    {"text": "nothing", "labels": []},
    {"text": "unread", "labels": None},
]


def jsonl(path, documents=DOCUMENTS):
    raw = "".join(json.dumps(document) + "\n" for document in documents).encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def plain(dataset):
    return [{key: row[key] for key in ("text", "labels")} for row in dataset]


def test_a_single_file_is_the_train_part(tmp_path):
    corpus = read_corpus(jsonl(tmp_path / "a.jsonl"))
    assert plain(corpus.train) == DOCUMENTS
    assert corpus.train["unknown"] == [[], [], [], []]
    assert (corpus.validation, corpus.test, corpus.descriptions) == (None, None, {})


def test_columns_and_types_are_fixed(tmp_path):
    train = read_corpus(jsonl(tmp_path / "a.jsonl")).train
    assert train.features == Features(
        {"text": Value("string"), "labels": List(Value("string")), "unknown": List(Value("string"))}
    )
    assert train.cache_files, "the documents lie on disk"


def test_a_folder_with_its_parts_and_descriptions(tmp_path):
    jsonl(tmp_path / "train.jsonl.gz")
    jsonl(tmp_path / "test.jsonl", DOCUMENTS[:1])
    (tmp_path / "dev.csv").write_text("text,labels\na,oil;gas\n")
    (tmp_path / "notes.txt").write_text("not a part")
    (tmp_path / "labels.json").write_text(
        json.dumps([{"name": "oil", "description": "Crude", "n": 3}, {"name": "gas"}])
    )
    corpus = read_corpus(tmp_path)
    assert corpus.validation["labels"] == [["oil", "gas"]]
    assert any("dev.csv" in note and "split at ';'" in note for note in corpus.notes)
    assert [len(part) for part in (corpus.train, corpus.validation, corpus.test)] == [4, 1, 1]
    assert corpus.descriptions == {"oil": "Crude", "gas": ""}
    assert any("1 texts of the test part also stand in train" in note for note in corpus.notes)


def test_held_out_labels_are_split_as_in_train(tmp_path):
    (tmp_path / "train.csv").write_text('text,labels\na,"oil, crude|gas"\nb,gas\n')
    (tmp_path / "test.csv").write_text('text,labels\nc,"oil, crude"\n')
    assert read_corpus(tmp_path).test["labels"] == [["oil, crude"]]
    documents, notes = read_documents(tmp_path)
    assert documents["labels"] == [["oil, crude"]]
    assert any("split at '|'" in note for note in notes)


def test_a_part_may_have_another_form_than_train(tmp_path):
    (tmp_path / "train.csv").write_text("text,labels\na,oil\nb,gas\n")
    (tmp_path / "test.csv").write_text('text,labels\nc,"oil, crude"\n')
    jsonl(tmp_path / "dev.jsonl", DOCUMENTS[:2])
    test, _ = read_documents(tmp_path)
    assert test["labels"] == [["oil, crude"]], "train holds single labels"
    validation, _ = read_documents(tmp_path, part="validation")
    assert validation["labels"] == [["oil"], ["gas", "oil"]]


def test_a_label_that_train_has_never_seen_is_refused(tmp_path):
    (tmp_path / "train.csv").write_text("text,labels\na,oil\nb,gas\n")
    (tmp_path / "test.csv").write_text("text,labels\nc,tin\n")
    with pytest.raises(DataError, match="the test part has the label 'tin'"):
        read_corpus(tmp_path)


def test_flag_columns_without_a_positive_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("text,oil,gas,tin\na,1,0,0\nb,0,1,0\n")
    with pytest.raises(DataError, match="carries the label tin;"):
        read_corpus(tmp_path / "a.csv")


def test_read_documents_takes_a_part_or_a_file(tmp_path):
    path = jsonl(tmp_path / "train.jsonl")
    assert plain(read_documents(path)[0]) == DOCUMENTS
    assert plain(read_documents(tmp_path, part="train")[0]) == DOCUMENTS
    with pytest.raises(DataError, match="has no test part; its parts are train"):
        read_documents(tmp_path)


def test_a_changed_file_is_read_again(tmp_path):
    path, cache = tmp_path / "a.jsonl", tmp_path / "cache"
    before = read_corpus(jsonl(path), cache_dir=cache).train
    changed = [{"text": "oil RISES", "labels": ["oil"]}, *DOCUMENTS[1:]]
    after = read_corpus(jsonl(path, changed), cache_dir=cache).train
    assert (before[0]["text"], after[0]["text"]) == ("oil rises", "oil RISES")
    assert str(cache) in after.cache_files[0]["filename"]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ((), "no train, validation or test file"),
        (("train.csv", "train.jsonl"), "two files for the train part"),
        (("valid.csv", "dev.csv"), "two files for the validation part"),
        (("test.csv",), "has no train part"),
    ],
)
def test_folders_that_are_no_corpus(tmp_path, names, says):
    for name in names:
        (tmp_path / name).write_text("text,labels\na,b\n")
    with pytest.raises(DataError, match=says):
        read_corpus(tmp_path)


def test_the_fault_names_file_and_line(tmp_path):
    path = jsonl(tmp_path / "train.jsonl", [*DOCUMENTS, {"text": "x", "labels": [4]}])
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path)
    assert str(caught.value).startswith(f"{path}, line 5: ")


@pytest.mark.parametrize("source", ["none.csv", "nowhere", "./a/b", "/none/at/all"])
def test_what_does_not_exist(tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        read_corpus(source)


def class_labels():
    features = Features(
        {
            "text": Value("string"),
            "labels": List(ClassLabel(names=["no", "yes"])),
            "id": Value("int8"),
        }
    )
    rows = {"text": ["a", "b"], "labels": [[1], [0, 1]], "id": [5, 6]}
    return Dataset.from_dict(rows, features=features)


def test_a_saved_data_set(tmp_path):
    class_labels().save_to_disk(tmp_path / "one")
    assert read_corpus(tmp_path / "one").train["labels"] == [["yes"], ["no", "yes"]]
    assert len(read_documents(tmp_path / "one")[0]) == 2
    DatasetDict(train=class_labels(), test=class_labels()).save_to_disk(tmp_path / "many")
    assert len(read_corpus(tmp_path / "many").test) == 2


def test_a_damaged_data_set(tmp_path):
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(DataError, match="cannot be loaded as a `datasets` folder"):
        read_corpus(tmp_path)


def test_a_hub_id(monkeypatch):
    asked = []

    def load(name):
        asked.append(name)
        return DatasetDict(train=class_labels(), valid=class_labels())

    monkeypatch.setattr("clmil.data.locate.load_dataset", load)
    corpus = read_corpus("someone/something")
    assert asked == ["someone/something"]
    assert corpus.validation["labels"] == [["yes"], ["no", "yes"]]


def test_a_hub_that_cannot_be_reached(monkeypatch):
    def load(name):
        raise ConnectionError("Couldn't reach the Hub\nlong story")

    monkeypatch.setattr("clmil.data.locate.load_dataset", load)
    with pytest.raises(DataError) as caught:
        read_corpus("someone/something")
    assert "'someone/something' cannot be loaded on the Hugging Face hub" in str(caught.value)
    assert "long story" not in str(caught.value)


def test_rows_of_a_data_set_are_numbered(tmp_path):
    Dataset.from_dict({"text": ["a", None], "labels": [["x"], ["y"]]}).save_to_disk(tmp_path / "d")
    with pytest.raises(DataError, match="row 2: the text in the column 'text' is null"):
        read_corpus(tmp_path / "d")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[1]", "neither a list"),
        ("{", "not JSON"),
        ('{"a": 3}', "'a'"),
        ('[{"description": "x"}]', "None"),
        ('[{"name": " "}]', "is blank"),
        ('[{"name": "a"}, {"name": "a"}]', "'a' occurs twice"),
    ],
)
def test_bad_descriptions(tmp_path, content, says):
    (tmp_path / "labels.json").write_text(content)
    with pytest.raises(DataError, match=says) as caught:
        read_corpus(jsonl(tmp_path / "a.jsonl"))
    assert "labels.json" in str(caught.value)


def test_unknown_marks_must_name_a_label(tmp_path):
    rows = [*DOCUMENTS, {"text": "x", "labels": [], "unknown": ["oli"]}]
    with pytest.raises(DataError, match=r"the label 'oli' .*; did you mean 'oil'"):
        read_corpus(jsonl(tmp_path / "a.jsonl", rows))


def test_the_labels_of_a_model_are_no_descriptions(tmp_path):
    space = LabelSpace.from_counts({"other": 2, "more": 1}, documents=3)
    (tmp_path / "labels.json").write_text(json.dumps(space.to_json() | {"decisions": {}}))
    assert read_corpus(jsonl(tmp_path / "a.jsonl")).descriptions == {}


def test_descriptions_as_a_mapping(tmp_path):
    (tmp_path / "labels.json").write_text('{"oil": "Crude", "gas": null}')
    assert read_corpus(jsonl(tmp_path / "a.jsonl")).descriptions == {"oil": "Crude", "gas": ""}


def test_lists_in_memory():
    documents = from_lists(
        np.array(["a", "b", "c", "d"]),
        [("x", "y"), np.array(["y"]), None, {"z", "a"}],
        unknown=[[], ["x"], [], []],
    )
    assert documents["labels"] == [["x", "y"], ["y"], None, ["a", "z"]]
    assert documents["unknown"] == [[], ["x"], [], []]
    assert not documents.cache_files


@pytest.mark.parametrize(
    ("texts", "labels", "says"),
    [
        (["a"], [], "1 texts, but 0 label lists; give as many"),
        ([], [], "no texts"),
        ("text", [["a"]], "single string"),
        (["a", 3], [["a"], ["b"]], "index 1: the text"),
        (["a", "b"], [["a"], "b"], "index 1: the column 'labels' holds 'b'"),
        (["a"], [[1]], "index 0: .* label 1"),
    ],
)
def test_lists_are_checked(texts, labels, says):
    with pytest.raises(DataError, match=says):
        from_lists(texts, labels)


def test_an_unwritable_cache_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        read_corpus(jsonl(tmp_path / "a.jsonl"), cache_dir=tmp_path / "file" / "cache")


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("clmil.data.store.pa.OSFile", full)
    with pytest.raises(DataError, match="No space left on device"):
        read_corpus(jsonl(tmp_path / "a.jsonl"))


def test_reading_is_quick(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", DOCUMENTS * 2500)
    started = time.monotonic()
    assert len(rooms.read_corpus(path).train) == 10_000
    assert time.monotonic() - started < 30
