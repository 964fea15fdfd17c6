"""`clmil reproduce`: the paper's tables, figures and claims, honestly re-run."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clmil.cli import completion
from clmil.cli.console import show, tell
from clmil.cli.options import Encoder, RecipeName
from clmil.errors import RecipeError

if TYPE_CHECKING:
    from rich.table import Table

    from clmil.experiments.cells import Cell
    from clmil.experiments.layout import Layout
    from clmil.experiments.reproduce import Engine, Reproduction, Wanted

Part = Literal[
    "table2",
    "table3",
    "table4",
    "table5",
    "table6",
    "figure3",
    "figure4",
    "figure5",
    "figure6",
    "orders",
    "all",
]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What is run."""

    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATA",
            help="Folder, file or hub id with a test part; repeatable (default: the sample).",
        ),
    ] = None
    encoder: Encoder = None
    recipe: RecipeName = "default"
    seeds: Annotated[
        str | None,
        typer.Option(metavar="1,2,3", help="Seeds (default: 1,2,3; with --budget small: 1)."),
    ] = None
    budget: Annotated[
        Literal["small", "full"],
        typer.Option(help="full: the recipe's epochs; small: a rehearsal of one epoch."),
    ] = "full"

    system: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.systems,
            help="Run no other systems; repeatable. What others have shown before stays.",
        ),
    ] = None

    def wanted(self, part: str) -> "Wanted":
        """Return it as a plan takes it.

        Raises:
            RecipeError: if the seeds are no numbers.
        """
        from clmil.data.packaged import sample_corpus_path
        from clmil.experiments.reproduce import Wanted

        return Wanted(
            part=part,
            sources=tuple(self.data or (str(sample_corpus_path()),)),
            seeds=_seeds(self.seeds or ("1" if self.budget == "small" else "1,2,3")),
            recipe=self.recipe,
            encoder=self.encoder,
            budget=self.budget,
            systems=tuple(self.system or ()),
        )


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How it is run."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the runs with an estimate of their time, only.")
    ] = False
    report_only: Annotated[
        bool, typer.Option("--report-only", help="Report what is finished, and run nothing.")
    ] = False
    engine: Annotated[
        Literal["plain", "ray"],
        typer.Option(help="ray: spread runs over a Ray cluster (RAY_ADDRESS)."),
    ] = "plain"
    keep_models: Annotated[
        bool, typer.Option("--keep-models", help="Keep the model folders, in OUTPUT/runs.")
    ] = False

    def run_cells(self) -> "Engine":
        """Return what runs the cells."""
        if self.report_only:
            return lambda *_: {}
        if self.engine == "ray":
            from clmil.experiments.spread import run_spread

            return run_spread
        from clmil.experiments.plan import run_plan

        return run_plan


def reproduce(
    part: Annotated[Part, typer.Argument(help="A table or figure of the paper, or all of them.")],
    output: Annotated[Path, typer.Option(help="Folder for results, report and figures.")],
    chosen: Chosen,
    manner: Manner,
) -> None:
    """Run the paper's tables and figures on your data, and judge its claims.

    Finished runs are never run again: give the same command to go on where it stopped.
    """
    from clmil.experiments.cell import CellRunner
    from clmil.experiments.reproduce import prepare

    ready = prepare(chosen.wanted(part))
    if manner.dry_run:
        show(*_estimates(ready, output))
        return
    corpora = {subject.facts.source: subject.corpus for subject in ready.subjects}
    runner = CellRunner(
        keep_models=manner.keep_models, corpora=corpora if manner.engine == "plain" else {}
    )
    findings = ready.run(output, runner, _Teller(), manner.run_cells())
    show(*findings.remarks)
    for layout in (*findings.tables, *findings.verdicts):
        show(_table(layout.narrow()), *layout.narrow().notes)
    show(f"The report, with figures and the paper's numbers, is {output / 'report.html'}.")


class _Teller:
    """Tells on stderr which run begins and ends."""

    def started(self, cell: "Cell", number: int, total: int) -> None:
        tell(f"{number}/{total} {cell.key}")

    def finished(self, cell: "Cell", seconds: float) -> None:
        tell(f"  {cell.system}: {seconds:.0f} s")

    def failed(self, cell: "Cell", sentence: str) -> None:
        tell(f"  {cell.system} failed: {sentence}")


def _seeds(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() for part in parts):
        raise RecipeError(f"--seeds {text} is not a list of numbers; write them like 1,2,3.")
    return tuple(dict.fromkeys(map(int, parts)))


def _estimates(ready: "Reproduction", output: Path) -> "tuple[Table, str]":
    from clmil.reports.tables import plain_table

    headings = ("run", "system", "corpus", "seed", "about, s", "from")
    rows, total = [], 0.0
    for number, (cell, found) in enumerate(ready.estimates(output), start=1):
        total += found.seconds
        cost = f"{found.seconds:,.0f}"
        changed = [item for item in cell.overrides if item not in ready.wanted.settings().overrides]
        name = " ".join([cell.system, *changed])
        rows.append((str(number), name, cell.corpus, str(cell.seed), cost, found.basis))
    table = plain_table(headings, rows, wordy=len(headings))
    return table, f"{len(ready.cells)} runs, about {total / 60:,.0f} minutes; nothing was run."


def _table(layout: "Layout") -> "Table":
    from clmil.reports.tables import plain_table

    wordy = len(layout.headers) if layout.title.startswith("Verdicts") else 1
    return plain_table(layout.headers, layout.rows, layout.title, wordy=wordy)
