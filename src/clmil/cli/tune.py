"""`clmil tune`: searching for a recipe that does better on validation."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from clmil.cli.console import show
from clmil.cli.options import ColumnOptions, Data, RecipeOptions, RunOptions, read_time


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """How long to search, and for what."""

    trials: Annotated[int, typer.Option(min=1, help="In all, with those before a --resume.")] = 20
    time: Annotated[
        str | None, typer.Option(help="Start no trial after this long: 2h, 90m, 1h30m.")
    ] = None
    metric: Annotated[
        Literal["micro_f1", "macro_f1"], typer.Option(help="Validation score to raise.")
    ] = "micro_f1"
    space: Annotated[
        Path | None, typer.Option(help="YAML file of what varies (default: docs/training.md).")
    ] = None


def tune(
    data: Data,
    output: Annotated[Path, typer.Option(help="Folder to make for recipe and trials.")],
    search: SearchOptions,
    choice: RecipeOptions,
    columns: ColumnOptions,
    run: RunOptions,
) -> None:
    """Search for a better recipe by training many times, judged on validation alone.

    A test part is never read. Interrupt it when you like: --resume goes on.
    """
    seconds = read_time(search.time)
    recipe = choice.load()
    from clmil.systems.search import read_space

    space = None if search.space is None else read_space(search.space, recipe)
    from clmil.data.corpus import read_corpus
    from clmil.reports.trials import trials_table
    from clmil.training.tune import Search
    from clmil.training.tune import tune as run_search

    wanted = Search(trials=search.trials, seconds=seconds, metric=search.metric, space=space)
    corpus = read_corpus(data, columns=columns.columns())
    result = run_search(
        corpus,
        recipe,
        output,
        wanted,
        resume=run.resume,
        overwrite=run.overwrite,
        progress=run.listener(),
    )
    show(
        trials_table([asdict(trial) for trial in result.trials], search.metric),
        f"The best recipe, {search.metric} {result.score:.4f} on validation, is in "
        f"{result.recipe}. Train with it:",
        f"  clmil train {data} --recipe {result.recipe} --output MODEL",
    )
