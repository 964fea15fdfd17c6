"""`clmil train`: from labelled texts to a model folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clmil.cli.console import show
from clmil.cli.options import ColumnOptions, Overwrite, RecipeOptions, Resume

if TYPE_CHECKING:
    from clmil.training.progress import ProgressListener


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run treats its folder and the terminal."""

    resume: Resume = False
    overwrite: Overwrite = False
    quiet: Annotated[bool, typer.Option("--quiet", help="Show results and errors only.")] = False

    def listener(self) -> "ProgressListener":
        """Return what shows the progress; of several processes, the first does."""
        from clmil.training.ranks import leads

        if self.quiet or not leads():
            from clmil.training.progress import Silent

            return Silent()
        from clmil.reports.progress import RichProgress

        return RichProgress()


def train(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="A file, a folder of parts, a `datasets` folder or a hub id."
        ),
    ],
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
    progress = run.listener()
    try:
        result = run_training(
            corpus,
            recipe,
            output,
            resume=run.resume,
            overwrite=run.overwrite,
            progress=progress,
            start=start,
        )
    finally:
        progress.finish()
    if not leads():
        return
    held_out = data if corpus.test is not None else "HELD-OUT-FILE"
    show(
        scores_table({"validation": result.metrics["validation"]}),
        f"The model is in {result.folder}. For scores on data that it has never seen:",
        f"  clmil evaluate {result.folder} {held_out}",
    )
