import pytest

from clmil.data.columns import Columns
from clmil.data.layout import read_flag, resolve_layout
from clmil.data.records import Record
from clmil.data.sources import Source
from clmil.errors import DataError


def source(*rows):
    records = [Record(line, row) for line, row in enumerate(rows, start=2)]
    return Source("a.csv", "line", lambda: iter(records))


def labelled(*cells):
    return source(*({"text": "t", "labels": cell} for cell in cells))


@pytest.mark.parametrize(
    ("cells", "form", "delimiter"),
    [
        ((None, ["a"]), "list", None),
        ((None, None), "list", None),
        (("a|b", "c"), "delimited", "|"),
        (("a\tb", "c; d"), "delimited", "\t"),
        (("oil, crude;gas", "x"), "delimited", ";"),
        (("a, b", ""), "delimited", ","),
        (("a b", "c", ""), "single", None),
        (('["a", "b"]', "", "[]"), "json", None),
    ],
)
def test_form_and_delimiter_are_found(cells, form, delimiter):
    layout = resolve_layout(labelled(*cells), Columns())
    assert (layout.form, layout.columns.delimiter) == (form, delimiter)


def test_what_was_found_is_said_aloud():
    (note,) = resolve_layout(labelled("a, b|c", "d|e", "f"), Columns()).notes
    assert all(part in note for part in ("a.csv", "'labels'", "'|'", "2 cells", "','"))
    (note,) = resolve_layout(labelled("a"), Columns()).notes
    assert "one label" in note


def test_a_given_delimiter_is_taken_silently():
    layout = resolve_layout(labelled("a|b"), Columns(delimiter="/"))
    assert (layout.form, layout.columns.delimiter, layout.notes) == ("delimited", "/", ())


def test_flag_columns_are_found_and_said():
    rows = source(
        {"": "0", "id": "7", "text": "a", "oil": "1", "gas": "false"},
        {"": "1", "id": "8", "text": "b", "oil": "", "gas": "TRUE"},
    )
    layout = resolve_layout(rows, Columns())
    assert (layout.form, layout.columns.label_columns) == ("flags", ("oil", "gas"))
    assert "'oil'" in layout.notes[0]
    assert "2 columns" in layout.notes[0]


def test_given_flag_columns_are_taken_silently():
    layout = resolve_layout(
        source({"text": "a", "oil": 1, "year": 1999}), Columns(label_columns=("oil",))
    )
    assert (layout.form, layout.notes) == ("flags", ())


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (Columns(), ["label column 'labels'", "'text', 'Label', 'year'", "did you mean 'Label'"]),
        (Columns(text="txet", labels="none"), ["text column 'txet'", "mean 'text'"]),
        (Columns(label_columns=("yaer",)), ["'yaer'", "did you mean 'year'"]),
        (Columns(label_columns=("year", "year")), ["twice"]),
        (Columns(labels="Label", id="key"), ["id column 'key'"]),
    ],
)
def test_missing_columns_are_named_with_the_nearest(columns, says):
    with pytest.raises(DataError) as caught:
        resolve_layout(source({"text": "a", "Label": "b", "year": "1999"}), columns)
    assert all(part in str(caught.value) for part in says), str(caught.value)


def test_missing_text_beside_flag_columns():
    with pytest.raises(DataError, match=r"text column 'text'.*did you mean 'Text'"):
        resolve_layout(source({"Text": "1", "oil": "1"}), Columns())


def test_columns_refuses_contradictions():
    with pytest.raises(DataError, match="both text and labels"):
        Columns(text="labels")
    with pytest.raises(DataError, match="delimiter is empty"):
        Columns(delimiter="")


def test_flags():
    yes, no, open_ = (1, 1.0, True, "1", " True "), (0, 0.0, False, "0", "false"), (None, "", " ")
    assert [read_flag(v) for v in yes + no + open_] == [True] * 5 + [False] * 5 + [None] * 3
    assert read_flag(float("nan")) is None
    for value in (2, "yes", [], -1):
        with pytest.raises(ValueError, match=r"^"):
            read_flag(value)


def test_a_header_that_was_not_split_is_told():
    with pytest.raises(DataError) as caught:
        resolve_layout(source({"text;labels": "a;b"}), Columns())
    assert "'text;labels' is a single column, so put a comma" in str(caught.value)
    assert "did you mean" not in str(caught.value)


def test_predicted_labels_are_never_proposed_as_labels():
    with pytest.raises(DataError) as caught:
        resolve_layout(source({"text": "a", "predicted_labels": "b"}), Columns())
    assert "did you mean" not in str(caught.value)
    assert "name the right one" in str(caught.value)


def test_known_labels_that_hold_a_delimiter_are_no_lists():
    known = Columns(known=frozenset({"a; b", "c"}))
    assert resolve_layout(labelled("a; b", "c"), known).form == "single"
    layout = resolve_layout(labelled("a; b", "c, a; b", " a; b "), known)
    assert layout.columns.delimiter == ";"
    assert "found in 1 cells" in layout.notes[0]
