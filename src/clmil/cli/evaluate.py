"""`clmil evaluate`: score a model on labelled texts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from clmil.cli.console import show, tell
from clmil.cli.options import ColumnOptions, Precision

THRESHOLD = 0.5
"""A label is predicted when its probability is greater."""


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What to report, and where."""

    output: Annotated[Path | None, typer.Option(help="JSON file to write.")] = None
    per_label: Annotated[bool, typer.Option(help="Show a row for each label.")] = True


def evaluate(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model folder.")],
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="Labelled texts, as `clmil train` takes them.")
    ],
    columns: ColumnOptions,
    report: ReportOptions,
    part: Annotated[str, typer.Option(help="Which part of a folder.")] = "test",
    precision: Precision = "fp32",
) -> None:
    """Score a model on labelled texts: overall, by label frequency and by label."""
    from clmil.data.corpus import read_documents
    from clmil.reports.evaluation import evaluate_documents, evaluation_report
    from clmil.reports.progress import counting
    from clmil.reports.tables import group_table, label_table, scores_table
    from clmil.runtime.predictor import Predictor
    from clmil.storage.atomic import write_json

    documents, notes = read_documents(data, columns=columns.columns(), part=part)
    tell(*notes)
    predictor = Predictor.load(model, precision=precision)
    with counting("evaluating", len(documents)) as advance:
        scores = evaluate_documents(
            predictor.predict_proba,
            documents,
            predictor.space,
            where=f"{data} ({part})",
            threshold_at=THRESHOLD,
            advance=advance,
        )
    show(scores_table({part: scores.to_json()}), group_table(scores))
    if report.per_label:
        show(label_table(scores))
    if report.output is not None:
        facts = {
            "model": model.name,
            "data": Path(data).name,
            "part": part,
            "threshold": THRESHOLD,
            "precision": precision,
        }
        write_json(report.output, evaluation_report(scores, predictor.model.recipe, facts))
        tell(f"The report is in {report.output}.")
