"""`clmil predict`: label the texts of a file or of a folder of files, or a single text."""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clmil.cli.console import show, tell
from clmil.cli.options import Overwrite, Precision
from clmil.cli.places import check_outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clmil.runtime.predictor import Predictor


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """Where the texts are."""

    text_column: Annotated[str, typer.Option(help="Column of the text.")] = "text"
    text: Annotated[str | None, typer.Option(help="One text, instead of a file.")] = None


@dataclass(frozen=True, kw_only=True)
class PredictionOptions:
    """How to predict."""

    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="One threshold for all labels (default: the model's own)."
        ),
    ] = None
    thresholds: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='JSON or YAML, {"label": 0.3, ...}, or a labels.json.'),
    ] = None
    never_empty: Annotated[
        bool | None,
        typer.Option("--never-empty/--allow-empty", help="Give every text at least one label."),
    ] = None
    precision: Precision = "auto"
    batch_size: Annotated[int, typer.Option(min=1, help="Texts at once.")] = 32


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Where to predict files."""

    engine: Annotated[
        Literal["here", "ray"],
        typer.Option(help="here: in this process; ray: on the machines of RAY_ADDRESS, or here."),
    ] = "here"
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that predict, with --engine ray.")
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Keep what is done of a file, and go on with what an interrupted run has kept. "
            "Of a folder, and by ray, it is kept in any case.",
        ),
    ] = False


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model folder.")],
    texts: TextOptions,
    how: PredictionOptions,
    where: EngineOptions,
    source: Annotated[
        Path | None,
        typer.Argument(metavar="INPUT", help="A .jsonl, .csv, .tsv or .parquet file, or a folder."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="File to write, in any such form; or a folder.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Add labels and probabilities to a file of any length, keeping its other columns.

    The output has two more columns: `predicted_labels`, most probable first, and `probabilities`;
    a third, `needs_person`, if the model leaves uncertain texts to a person (`clmil decide`).
    Of a folder, each file is predicted to one of the same name.
    """
    from clmil.runtime.caches import bound_caches

    bound_caches()
    if (source is None) == (texts.text is None):
        raise typer.BadParameter("give either an INPUT file or --text.")
    if how.threshold is not None and how.thresholds is not None:
        raise typer.BadParameter("give either --threshold or --thresholds.")
    of_input = output is not None or overwrite or where != EngineOptions()
    if texts.text is not None and (of_input or texts.text_column != TextOptions.text_column):
        raise typer.BadParameter(
            "--text shows a table; --output, --overwrite, --engine, --workers, --resume and "
            "--text-column go with an INPUT."
        )
    if where.workers is not None and where.engine != "ray":
        raise typer.BadParameter("--workers goes with --engine ray.")
    if output is not None:
        check_outside(output, model)
    if texts.text is not None:
        _predict_one(model, texts.text, how)
    elif source is None or output is None:
        raise typer.BadParameter("an INPUT needs --output.")
    elif source.is_dir() or where.engine == "ray" or where.resume:
        _predict_pieces(model, (source, output), texts.text_column, how, where, overwrite=overwrite)
    else:
        _predict_file(model, source, output, texts.text_column, how, overwrite=overwrite)


def _predict_one(model: Path, text: str, how: PredictionOptions) -> None:
    from clmil.reports.tables import probability_table
    from clmil.runtime.predictor import Predictor

    predictor = Predictor.load(model, precision=how.precision)
    found = _with_options(predictor, how).predict([text])
    show(
        probability_table(
            predictor.space.names, found.probabilities[0].tolist(), found.decided[0].tolist()
        )
    )


def _predict_file(
    model: Path,
    source: Path,
    output: Path,
    text_column: str,
    how: PredictionOptions,
    *,
    overwrite: bool,
) -> None:
    from clmil.data.columns import Columns
    from clmil.reports.progress import counting
    from clmil.runtime.files import check_output, write_predictions
    from clmil.runtime.loading import deciding
    from clmil.runtime.predictor import Predictor

    check_output(source, output, overwrite=overwrite)
    predictor = _with_options(Predictor.load(model, precision=how.precision), how)
    with counting("predicting") as advance:
        write_predictions(
            deciding(predictor, how.batch_size),
            predictor.space.names,
            source,
            output,
            columns=Columns(text=text_column),
            refer_above=predictor.rule.refer_above,
            advance=advance,
        )
    tell(f"The predictions are in {output}.")


def _predict_pieces(
    model: Path,
    places: tuple[Path, Path],
    text_column: str,
    how: PredictionOptions,
    where: EngineOptions,
    *,
    overwrite: bool,
) -> None:
    """Predict a folder, or a file on Ray, so that an interruption loses nothing."""
    from clmil.data.columns import Columns
    from clmil.reports.progress import counting
    from clmil.runtime.folders import open_folder, predict_folder
    from clmil.runtime.loading import Loading, deciding
    from clmil.runtime.pieces import prediction_key
    from clmil.runtime.predictor import Predictor
    from clmil.runtime.ray_engine import check_ray, predict_on_ray

    if where.engine == "ray":
        check_ray()
    predictor = _with_options(Predictor.load(model, precision=how.precision), how)
    names, rule, folder = predictor.space.names, predictor.rule, predictor.folder or model
    precision, batch_size = predictor.precision, how.batch_size
    key = prediction_key(
        folder,
        rule,
        names,
        precision=precision,
        batch_size=batch_size,
        text_column=text_column,
    )
    run = open_folder(
        *places,
        key,
        names=names,
        refer_above=rule.refer_above,
        resume=where.resume,
        overwrite=overwrite,
    )
    if where.resume and not run.resumed:
        tell("There is no interrupted prediction to go on with; it starts at the first text.")
    columns = Columns(text=text_column)
    with _resumable(), counting("predicting") as advance:
        if where.engine == "ray":
            loading = Loading(
                model=folder.resolve(), precision=precision, rule=rule, batch_size=batch_size
            )
            predict_on_ray(
                run, loading, names, columns=columns, workers=where.workers, advance=advance
            )
        else:
            predict = deciding(predictor, batch_size)
            predict_folder(run, predict, names, columns=columns, advance=advance)
    tell(f"The predictions are in {places[1]}.")


@contextmanager
def _resumable() -> "Iterator[None]":
    """Say, if the work is interrupted, that nothing of it is lost."""
    try:
        yield
    except KeyboardInterrupt:
        tell("What is done is kept; run the same command with --resume to go on.")
        raise


def _with_options(predictor: "Predictor", how: PredictionOptions) -> "Predictor":
    """Return the predictor with what the command line changes of its rule."""
    from clmil.decisions.thresholds_file import read_thresholds

    rule = predictor.rule
    if how.threshold is not None:
        rule = rule.with_thresholds(how.threshold)
    elif how.thresholds is not None:
        names = predictor.space.names
        rule = rule.with_thresholds(read_thresholds(how.thresholds, names, rule.thresholds))
    if how.never_empty is not None:
        rule = replace(rule, never_empty=how.never_empty)
    return predictor if rule is predictor.rule else predictor.with_rule(rule)
