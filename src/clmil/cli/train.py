"""`clmil train`: from labelled texts to a model folder."""

from pathlib import Path
from typing import Annotated

import typer

from clmil.cli.console import show
from clmil.cli.options import ColumnOptions, Data, RecipeOptions, RunOptions


def train(
    data: Data,
    output: Annotated[Path, typer.Option(help="Folder to make for the model.")],
    choice: RecipeOptions,
    columns: ColumnOptions,
    run: RunOptions,
    from_model: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Go on from a trained model, with more documents or other labels.",
        ),
    ] = None,
) -> None:
    """Learn to label texts, with progress, early stop and resume.

    A test part is never read for learning; `clmil evaluate` scores it.
    """
    start = None
    if from_model is not None:
        from clmil.systems.start import read_start

        start = read_start(from_model)
    recipe = choice.load(start)
    from clmil.data.corpus import read_corpus
    from clmil.reports.tables import scores_table
    from clmil.training.ranks import leads
    from clmil.training.run import train as run_training

    corpus = read_corpus(data, columns=columns.columns())
    result = run_training(
        corpus,
        recipe,
        output,
        resume=run.resume,
        overwrite=run.overwrite,
        progress=run.listener(),
        start=start,
    )
    if not leads():
        return
    held_out = data if corpus.test is not None else "HELD-OUT-FILE"
    show(
        scores_table({"validation": result.metrics["validation"]}),
        f"The model is in {result.folder}. For scores on data that it has never seen:",
        f"  clmil evaluate {result.folder} {held_out}",
    )
