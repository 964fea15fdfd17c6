"""Predicting the texts of a file, in constant memory. Needs no torch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from clmil.data.chunks import iter_chunks
from clmil.data.columns import STANDARD, Columns
from clmil.data.writers import open_writer
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError

Predict: TypeAlias = Callable[[list[str]], tuple[np.ndarray, np.ndarray]]
"""Texts to (n, l) float32 calibrated probabilities and (n, l) 0/1 decided labels."""

LABELS, PROBABILITIES = "predicted_labels", "probabilities"
"""The columns that are added."""


def check_output(source: Path, output: Path, *, overwrite: bool) -> None:
    """Raise a `DataError` if the output exists and is not to be replaced."""
    if not overwrite and output.exists():
        raise DataError(f"the output {output} exists; choose another name or add --overwrite.")
    if output.exists() and source.exists() and output.samefile(source):
        raise DataError(f"{output} is the input too; choose another name for the output.")


def predict_file(
    predict_proba: Callable[[list[str]], np.ndarray],
    names: Sequence[str],
    source: Path,
    output: Path,
    *,
    columns: Columns = STANDARD,
    rule: DecisionRule | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write the rows of a file with predicted labels, most probable first, and probabilities.

    Args:
        predict_proba: texts to (n, l) calibrated probabilities.
        names: (l,) label names.
        source: JSON Lines, CSV, TSV or Parquet; only its text column is looked at.
        output: the same forms; it appears when it is whole.
        columns: names of the columns.
        rule: which labels are predicted; None: those more probable than 0.5.
        advance: told how many rows were done.

    Raises:
        DataError: with file and line, if a text is not usable, a column has the name of an
            added one, or the output cannot be written.
    """
    rule = rule or DecisionRule.fixed(len(names))

    def predict(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        probabilities = predict_proba(texts)
        return probabilities, rule.decide(probabilities)

    write_predictions(predict, names, source, output, columns=columns, advance=advance)


def write_predictions(
    predict: Predict,
    names: Sequence[str],
    source: Path,
    output: Path,
    *,
    columns: Columns = STANDARD,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Do the same with a function that decides too, which gets a chunk's texts at a time.

    Raises:
        DataError: as `predict_file`.
    """
    with open_writer(output) as writer:
        for rows in iter_chunks(source, columns=columns):
            taken = {name for row in rows for name in (LABELS, PROBABILITIES) if name in row}
            if taken:
                raise DataError(
                    f"{source} has a column {min(taken)!r} already, which the prediction would "
                    "replace; rename it."
                )
            pairs = zip(*predict([row[columns.text] for row in rows]), strict=True)
            writer.write(
                [
                    row | prediction(names, values, decided)
                    for row, (values, decided) in zip(rows, pairs, strict=True)
                ]
            )
            advance(len(rows))


def prediction(
    names: Sequence[str], probabilities: np.ndarray, decided: np.ndarray
) -> dict[str, Any]:
    """Return one text's predicted labels, most probable first, and its rounded probabilities.

    Args:
        names: (l,) label names.
        probabilities: (l,) calibrated.
        decided: (l,) 1 for the predicted labels, as `DecisionRule.decide` gives a row.
    """
    order = np.argsort(-probabilities, kind="stable")
    values = probabilities.tolist()
    return {
        LABELS: [names[k] for k in order if decided[k]],
        PROBABILITIES: {name: round(value, 4) for name, value in zip(names, values, strict=True)},
    }
