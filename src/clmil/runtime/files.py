"""Predicting the texts of a file, in constant memory. Needs no torch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from clmil.data.chunks import iter_chunks
from clmil.data.columns import PREDICTED, STANDARD, Columns
from clmil.data.files import split_name
from clmil.data.formats import JOINED, check_joinable
from clmil.data.records import parquet_schema
from clmil.data.writers import open_writer
from clmil.decisions.referral import uncertainty
from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError

Predict: TypeAlias = Callable[[list[str]], tuple[np.ndarray, np.ndarray]]
"""Texts to (n, l) float32 calibrated probabilities and (n, l) 0/1 decided labels."""

LABELS, PROBABILITIES, PERSON = PREDICTED, "probabilities", "needs_person"
"""The columns that are added, the last where a rule leaves texts to a person."""


def check_output(source: Path, output: Path, *, overwrite: bool) -> None:
    """Raise a `DataError` if the output exists and is not to be replaced."""
    if not overwrite and output.exists():
        raise DataError(f"the output {output} exists; choose another name or add --overwrite.")
    if output.exists() and source.exists() and output.samefile(source):
        raise DataError(f"{output} is the input too; choose another name for the output.")


def check_labels(output: Path, names: Sequence[str]) -> None:
    """Raise a `DataError` if a file is of a form that cannot hold lists of some labels."""
    if split_name(output)[1] in JOINED:
        check_joinable(output, names)


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
        output: the same forms; it appears when it is whole. From Parquet to Parquet, columns
            keep their types.
        columns: names of the columns.
        rule: which labels are predicted; None: those more probable than 0.5.
        advance: told how many rows were done.

    Raises:
        DataError: with file and line, if a text is not usable, a column has the name of an
            added one, the output's form cannot hold a value, or it cannot be written.
    """
    rule = rule or DecisionRule.fixed(len(names))

    def predict(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        probabilities = predict_proba(texts)
        return probabilities, rule.decide(probabilities)

    write_predictions(
        predict,
        names,
        source,
        output,
        columns=columns,
        refer_above=rule.refer_above,
        advance=advance,
    )


def write_predictions(
    predict: Predict,
    names: Sequence[str],
    source: Path,
    output: Path,
    *,
    columns: Columns = STANDARD,
    refer_above: float | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Do the same with a function that decides too, which gets a chunk's texts at a time.

    With `refer_above`, as of a `DecisionRule`, a further column says which texts need a person.

    Raises:
        DataError: as `predict_file`.
    """
    check_labels(output, names)
    added = (LABELS, PROBABILITIES, *((PERSON,) if refer_above is not None else ()))
    with open_writer(output, known=parquet_schema(source)) as writer:
        for rows in iter_chunks(source, columns=columns):
            taken = {name for row in rows for name in added if name in row}
            if taken:
                raise DataError(
                    f"{source} has a column {min(taken)!r} already, which the prediction would "
                    "replace; rename it."
                )
            pairs = zip(*predict([row[columns.text] for row in rows]), strict=True)
            writer.write(
                [
                    row | prediction(names, values, decided, refer_above)
                    for row, (values, decided) in zip(rows, pairs, strict=True)
                ]
            )
            advance(len(rows))


def prediction(
    names: Sequence[str],
    probabilities: np.ndarray,
    decided: np.ndarray,
    refer_above: float | None = None,
) -> dict[str, Any]:
    """Return one text's predicted labels, most probable first, and its rounded probabilities.

    Args:
        names: (l,) label names.
        probabilities: (l,) calibrated.
        decided: (l,) 1 for the predicted labels, as `DecisionRule.decide` gives a row.
        refer_above: uncertainty above which a person has to see the text; None: it is not told.
    """
    order = np.argsort(-probabilities, kind="stable")
    values = probabilities.tolist()
    told: dict[str, Any] = {}
    if refer_above is not None:
        told[PERSON] = bool(uncertainty(probabilities[None], decided[None])[0] > refer_above)
    return {
        LABELS: [names[k] for k in order if decided[k]],
        PROBABILITIES: {name: round(value, 4) for name, value in zip(names, values, strict=True)},
        **told,
    }
