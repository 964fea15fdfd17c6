"""`clmil compare`: which system to take, by evidence and within a budget of time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from clmil.cli.console import show, tell
from clmil.cli.options import ColumnOptions, Data, Encoder, RunOptions, read_time


@dataclass(frozen=True, kw_only=True)
class CompareOptions:
    """What is compared, and for how long."""

    systems: Annotated[
        str, typer.Option(metavar="A,B,C", help="Names that `clmil systems` lists.")
    ] = "linear,bert,cl-mil"
    time: Annotated[str, typer.Option(help="For all systems together: 30m, 2h, 1h30m.")] = "30m"
    output: Annotated[Path, typer.Option(help="Folder for models and report.")] = Path("comparison")
    metric: Annotated[
        Literal["micro_f1", "macro_f1", "hamming_loss"],
        typer.Option(help="Validation score that decides."),
    ] = "micro_f1"
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PART.KEY=VALUE", help="Change a setting, for all systems; repeatable."
        ),
    ] = None
    encoder: Encoder = None


def compare(
    data: Data,
    columns: ColumnOptions,
    options: CompareOptions,
    run: RunOptions,
) -> None:
    """Train several systems within a budget of time and recommend one.

    All are judged on the same validation part, at thresholds chosen without the documents that
    they are judged on. A test part is never read. After an interruption --resume goes on.
    """
    seconds = read_time(options.time) or 0.0
    from clmil.data.corpus import read_corpus
    from clmil.reports.contest import contest_report, contest_table, remarks
    from clmil.storage.atomic import write_json
    from clmil.systems.recipe import as_overrides
    from clmil.training.compare import Comparison
    from clmil.training.compare import compare as run_comparison

    overrides = (*(options.overrides or ()), *as_overrides({"encoder.name": options.encoder}))
    systems = tuple(name.strip() for name in options.systems.split(",") if name.strip())
    wanted = Comparison(systems=systems, seconds=seconds, overrides=overrides)
    corpus = read_corpus(data, columns=columns.columns())
    contest = run_comparison(
        corpus,
        wanted,
        options.output,
        resume=run.resume,
        overwrite=run.overwrite,
        progress=run.listener(),
    )
    report = contest_report(contest, options.metric)
    write_json(options.output / "comparison.json", report)
    tell(*remarks(report))
    show(
        contest_table(report),
        f"Take {report['recommended']}. " + " ".join(report["reasons"]),
        f"The report is in {options.output / 'comparison.json'}.",
    )
