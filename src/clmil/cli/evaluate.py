"""`clmil evaluate`: score a model on labelled texts, alone or against others."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clmil.cli.console import show, tell
from clmil.cli.options import ColumnOptions, Part, Precision
from clmil.cli.places import check_targets

if TYPE_CHECKING:
    from datasets import Dataset

    from clmil.reports.evaluation import Evaluation
    from clmil.reports.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What to report, and where."""

    output: Annotated[
        Path | None, typer.Option(help="JSON file to write; an earlier report is replaced.")
    ] = None
    html: Annotated[
        Path | None,
        typer.Option(
            help="Page with plots and the worst errors, one HTML file; replaced likewise."
        ),
    ] = None
    per_label: Annotated[bool, typer.Option(help="Show a row for each label.")] = True
    resamples: Annotated[
        int, typer.Option(min=1, help="How often documents are drawn anew, for intervals.")
    ] = 1000
    seed: Annotated[int, typer.Option(min=0, help="Seed of these draws.")] = 0


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """Which predictions to score."""

    part: Part = "test"
    precision: Precision = "auto"
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="MODEL", help="Model folder to compare with; repeatable."),
    ] = None
    predictions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Score what `clmil predict` wrote, instead of MODEL and DATA."
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class _Scored:
    """Outcomes of one set of documents, the model itself first, and what belongs into reports."""

    outcomes: "list[Outcome]"
    documents: "Dataset"
    recipe: dict[str, Any]
    facts: dict[str, Any]


def evaluate(
    columns: ColumnOptions,
    source: SourceOptions,
    report: ReportOptions,
    model: Annotated[Path | None, typer.Argument(metavar="MODEL", help="Model folder.")] = None,
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="Labelled texts, as `clmil train` takes them."),
    ] = None,
) -> None:
    """Score a model on labelled texts: overall, by label frequency and by label.

    With --against, other models are scored on the same texts and the differences are tested.
    """
    if report.html is not None:
        from clmil.reports.page import require_matplotlib

        require_matplotlib()
    check_targets(  # before minutes of prediction
        report.output,
        report.html,
        inputs=(data, source.predictions),
        models=(model, *(source.against or ())),
    )
    if source.predictions is None:
        if model is None or data is None:
            raise typer.BadParameter("give MODEL and DATA, or --predictions FILE.")
        scored = _predicted(model, data, columns, source)
    elif model is not None or data is not None or source.against:
        raise typer.BadParameter("--predictions takes the place of MODEL, DATA and --against.")
    elif (source.part, source.precision) != (SourceOptions.part, SourceOptions.precision):
        raise typer.BadParameter("--part and --precision go with MODEL and DATA.")
    else:
        scored = _read(source.predictions, columns)
    _report(scored, report)


def _predicted(model: Path, data: str, columns: ColumnOptions, source: SourceOptions) -> _Scored:
    from clmil.data.corpus import read_documents
    from clmil.reports.outcome import check_same_labels, left_out, predict_outcome
    from clmil.reports.progress import counting
    from clmil.runtime.caches import bound_caches

    bound_caches()
    from clmil.runtime.predictor import Predictor

    folders = [model, *(source.against or ())]
    predictors = [Predictor.load(folder, precision=source.precision) for folder in folders]
    labels = predictors[0].space.names
    for folder, predictor in zip(folders, predictors, strict=True):
        check_same_labels(str(model), labels, str(folder), predictor.space.names)
    documents, notes = read_documents(data, columns=columns.columns(labels), part=source.part)
    tell(*notes)
    outcomes: list[Outcome] = []
    for name, predictor in zip(_names(folders), predictors, strict=True):
        with counting(f"evaluating {name}", len(documents)) as advance:
            where = f"{data} ({source.part})"
            found = predict_outcome(predictor, documents, name=name, where=where, advance=advance)
        if not outcomes:
            tell(*left_out(found.targets, labels, where))
        outcomes.append(found.ordered(outcomes[0]) if outcomes else found.known())
    facts = {"data": Path(data).name, "part": source.part, "precision": predictors[0].precision}
    recipe = predictors[0].recipe
    return _Scored(outcomes=outcomes, documents=documents, recipe=recipe, facts=facts)


def _read(path: Path, columns: ColumnOptions) -> _Scored:
    from clmil.reports.predictions_file import read_outcome

    outcome, documents, notes = read_outcome(path, columns=columns.columns())
    tell(*notes)
    facts = {"data": path.name, "part": "all"}
    return _Scored(outcomes=[outcome], documents=documents, recipe={}, facts=facts)


def _report(scored: _Scored, report: ReportOptions) -> None:
    from clmil.reports.comparison import compare
    from clmil.reports.evaluation import evaluate_outcomes, full_report
    from clmil.storage.atomic import write_json

    first, *others = evaluate_outcomes(
        scored.outcomes, resamples=report.resamples, seed=report.seed
    )
    facts = {"model": first.outcome.name, **scored.facts}
    texts = scored.documents["text"]
    values = full_report(first, scored.recipe, facts, texts)
    values |= {"comparison": compare(first, others)} if others else {}
    if report.output is not None:
        write_json(report.output, values)
        tell(f"The report is in {report.output}.")
    if report.html is not None:
        from clmil.reports.evaluation_page import write_evaluation

        write_evaluation(report.html, first, values, texts)
        tell(f"The page is in {report.html}.")
    _show(first, values, per_label=report.per_label)  # last: the files stay if this is cut off


def _show(first: "Evaluation", values: dict[str, Any], *, per_label: bool) -> None:
    from clmil.reports.comparison import comparison_table
    from clmil.reports.tables import (
        LENGTHS,
        group_table,
        label_table,
        length_rows,
        plain_table,
        ranking_rows,
        scores_table,
    )

    overall = scores_table(first.columns(values["part"]), intervals=values["intervals"])
    order = plain_table(("without a threshold", ""), ranking_rows(values))
    lengths = length_rows(values)
    by_length = [plain_table(LENGTHS, lengths)] if lengths else []
    show(overall, group_table(first.scores), *by_length, order)
    if per_label:
        show(label_table(first.scores))
    show(*(comparison_table(one, values["scores"]) for one in values.get("comparison", ())))


def _names(folders: Sequence[Path]) -> list[str]:
    """Return the names of folders; where two are equal, their paths."""
    names = [folder.resolve().name for folder in folders]
    pairs = zip(names, folders, strict=True)
    return [str(folder) if names.count(name) > 1 else name for name, folder in pairs]
