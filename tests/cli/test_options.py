"""What options that commands share become."""

import pytest
import typer

from clmil.cli.options import ColumnOptions, listed, read_time
from clmil.errors import DataError


def test_columns():
    options = ColumnOptions(text_column="t", delimiter=r"\t", label_columns="a, b ,c,")
    columns = options.columns()
    assert (columns.text, columns.delimiter, columns.label_columns) == ("t", "\t", ("a", "b", "c"))
    assert ColumnOptions().columns().label_columns == ()


def test_names_with_commas_stand_in_quotes():
    assert listed('"a, b",c, "d""e" ,') == ["a, b", "c", 'd"e']
    assert listed("") == listed(" , ") == []
    with pytest.raises(DataError, match="cannot be told apart"):
        listed("a\nb,c")


@pytest.mark.parametrize(
    ("text", "seconds"), [("2h", 7200), ("90m", 5400), ("1h30m", 5400), ("1.5s", 1.5), (None, None)]
)
def test_times(text, seconds):
    assert read_time(text) == seconds


@pytest.mark.parametrize("text", ["2", "h", "2 days", "0m", "-1h"])
def test_what_is_no_time(text):
    with pytest.raises(typer.BadParameter, match="90m"):
        read_time(text)
