import pytest
from hypothesis import given
from hypothesis import strategies as st

from clmil.data.columns import STANDARD, Columns
from clmil.data.layout import resolve_layout
from clmil.data.records import Record
from clmil.data.rows import RowParser
from clmil.data.sources import Source
from clmil.errors import DataError


def parse(*rows, columns=STANDARD):
    records = [Record(line, row) for line, row in enumerate(rows, start=2)]
    source = Source("a.csv", "line", lambda: iter(records))
    parser = RowParser(resolve_layout(source, columns), source)
    return list(parser.rows_of()), parser.notes()


def labels_of(*cells, **settings):
    rows, notes = parse(*({"text": "t", "labels": cell} for cell in cells), **settings)
    return [row.labels for row in rows], notes


def test_lists_keep_the_three_meanings():
    labels, notes = labels_of(["a", "b"], [], None)
    assert labels == [["a", "b"], [], None]
    assert len(notes) == 1
    assert "1 documents are not annotated" in notes[0]


def test_an_absent_column_in_one_row_is_not_annotated():
    rows, _ = parse({"text": "t", "labels": ["a"]}, {"text": "t"})
    assert rows[1].labels is None


def test_delimited_cells():
    labels, notes = labels_of("a| b c ", "a|", "", "  ", "null", "b|a")
    assert labels == [["a", "b c"], ["a"], [], [], None, ["b", "a"]]
    assert "2 documents have an empty label cell" in notes[0]
    assert "'no label applies'" in notes[0]
    assert "1 documents are not annotated" in notes[1]


def test_lists_written_as_strings():
    assert labels_of('["a", "b|c"]', "[]", "")[0] == [["a", "b|c"], [], []]
    with pytest.raises(DataError, match=r"line 3: .*'labels' holds .*JSON"):
        labels_of('["a"]', "['a']")


def test_a_label_given_twice_counts_once_and_is_said():
    labels, notes = labels_of(["a", "b", "a"], ["b"])
    assert labels == [["a", "b"], ["b"]]
    assert notes == ("a.csv: 1 documents name a label twice; it counts once.",)


def test_labels_named_like_an_empty_cell_are_said():
    labels, notes = labels_of("oil", "NaN", "gas|N/A", "null", "NULL")
    assert labels == [["oil"], ["NaN"], ["gas", "N/A"], None, ["NULL"]]
    assert "3 documents have the label 'N/A', 'NULL', 'NaN', taken as a name" in notes[1]


def test_repeated_ids_are_said():
    rows = [{"id": name, "text": "t", "labels": ["a"]} for name in (1, "2", None, "", None, "1", 2)]
    (note,) = parse(*rows)[1]
    assert "2 documents have the id of an earlier one (first: document 6)" in note
    assert parse(*rows[:5])[1] == ()
    (note,) = parse(*({"key": "k"} | row for row in rows[:2]), columns=Columns(id="key"))[1]
    assert "1 documents have the id" in note


def test_flags_leave_single_labels_unknown():
    rows, notes = parse(
        {"text": "t", "oil": "1", "gas": ""},
        {"text": "t", "oil": "0", "gas": "0"},
        {"text": "t", "oil": "", "gas": ""},
    )
    assert [(row.labels, row.unknown) for row in rows] == [(["oil"], ["gas"]), ([], []), (None, [])]
    assert "1 documents are not annotated" in notes[0]


def test_the_unknown_column_masks():
    rows, _ = parse(
        {"text": "t", "labels": ["a"], "unknown": ["b"]},
        {"text": "t", "labels": None, "unknown": ["b"]},
        {"text": "t", "labels": [], "unknown": None},
    )
    assert [row.unknown for row in rows] == [["b"], [], []]


BAD_LABELS = [
    (3, "3"),
    ({"a": 1}, "{'a': 1}"),
    ([["a"]], "['a']"),
    ([1], "label 1"),
    ([None], "label None"),
    (["a", " "], "blank label"),
    ("a", "'a'"),
    (["\ud800"], "surrogate"),
]


@pytest.mark.parametrize(("value", "says"), BAD_LABELS)
def test_bad_labels_are_refused_with_line_and_column(value, says):
    with pytest.raises(DataError) as caught:
        labels_of(["fine"], value)
    assert says in str(caught.value)
    assert str(caught.value).startswith("a.csv, line 3: ")


def test_an_empty_name_between_delimiters():
    with pytest.raises(DataError, match="line 2: the column 'labels' holds a blank label"):
        labels_of("a||b")


def test_a_flag_that_is_none():
    with pytest.raises(DataError, match="line 3: the label column 'oil' holds 'maybe'"):
        parse(
            {"text": "t", "oil": "1"},
            {"text": "t", "oil": "maybe"},
            columns=Columns(label_columns=("oil",)),
        )


def test_a_label_cannot_be_given_and_unknown():
    with pytest.raises(DataError, match="line 2: the label 'a' is given and marked unknown"):
        parse({"text": "t", "labels": ["a"], "unknown": ["a"]})


BAD_TEXTS = [
    ({"text": None}, "is null"),
    ({"text": 3}, "is a int"),
    ({"txt": "a"}, "no text column 'text' among the columns 'txt', 'labels'; did you mean 'txt'?"),
    ({"text": "x" * 10_000_000}, "10,000,000 characters, more than the 1,000,000 allowed; split"),
    ({"text": "\udcff"}, "surrogate"),
]


@pytest.mark.parametrize(("row", "says"), BAD_TEXTS)
def test_bad_texts_are_refused_with_their_line(row, says):
    with pytest.raises(DataError) as caught:
        parse({"text": "fine", "labels": ["a"]}, row | {"labels": ["a"]})
    assert says in str(caught.value)
    assert str(caught.value).startswith("a.csv, line 3: ")


def test_a_text_of_the_greatest_length_is_fine():
    rows, _ = parse({"text": "x" * 1_000_000, "labels": ["a"]})
    assert len(rows[0].text) == 1_000_000


def test_blank_texts_are_fine_unless_all_are():
    rows, _ = parse({"text": " ", "labels": ["a"]}, {"text": "b", "labels": ["a"]})
    assert [row.text for row in rows] == [" ", "b"]
    with pytest.raises(DataError, match="every text in the column 'text' is blank"):
        parse({"text": "", "labels": ["a"]}, {"text": " \n", "labels": ["a"]})


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="|"), min_size=1).filter(
    lambda name: name == name.strip() and name != "null" and not name.startswith("[")
)


@given(st.lists(st.lists(NAMES, unique=True), min_size=1))
def test_joined_and_split_again_is_the_same(lists):
    cells = ["|".join(names) for names in lists]
    assert labels_of(*cells, columns=Columns(delimiter="|"))[0] == lists


def test_several_unknown_labels_beside_single_ones_are_split():
    rows = [{"text": "x", "labels": "a", "unknown": "b|c"}, {"text": "y", "labels": "b"}]
    parsed, _ = parse(*rows)
    assert [row.labels for row in parsed] == [["a"], ["b"]]
    assert parsed[0].unknown == ["b", "c"]


def test_a_cell_that_is_a_known_label_is_not_split():
    columns = Columns(delimiter=";", known=frozenset({"a; b", "c"}))
    assert labels_of("a; b", "c;a", columns=columns)[0] == [["a; b"], ["c", "a"]]


def test_a_known_label_without_a_column_is_unknown():
    rows = [{"text": "t", "a": 1, "b": 0}, {"text": "t", "a": None, "b": None}]
    parsed, _ = parse(*rows, columns=Columns(known=frozenset("abc")))
    assert parsed[0][1:] == (["a"], ["c"])
    assert parsed[1][1:] == (None, [])
