"""A whole reproduction: corpora, cells, findings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from clmil.errors import RecipeError, TrainingError
from clmil.experiments.budgets import REHEARSAL, budget_overrides
from clmil.experiments.cells import Cell, Settings, make_cell
from clmil.experiments.corpora import Subject, check_test_part, read_subjects
from clmil.experiments.corpus_tables import groups_table, statistics_table
from clmil.experiments.layout import Layout
from clmil.experiments.plan import (
    Estimate,
    PlanListener,
    RunCell,
    estimate,
    read_finished,
    run_plan,
)
from clmil.experiments.report import Findings, find, text_report, to_json, write_report
from clmil.experiments.results import Results
from clmil.experiments.variants import VARIANTS, Variant, variants_of
from clmil.storage.atomic import write_json, write_text
from clmil.systems.recipe import load_recipe

ALL = "all"

Engine = Callable[[Sequence[Cell], Path, RunCell, PlanListener], dict[str, str]]
"""`run_plan`, or a way to spread cells over machines."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to reproduce, with what.

    Attributes:
        part: a key of `VARIANTS`, or `all`.
        sources: corpora.
        seeds: one cell each.
        recipe: `default`, `paper` or a YAML file.
        encoder: alias, folder or hub id; None: the recipe's.
        budget: `full` or `small`.
        systems: names of `clmil systems`; none: all that the part needs.
    """

    part: str
    sources: tuple[str, ...]
    seeds: tuple[int, ...]
    recipe: str = "default"
    encoder: str | None = None
    budget: str = "full"
    systems: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the paper.

        Raises:
            RecipeError: if there is no such part.
        """
        if self.part != ALL and self.part not in VARIANTS:
            known = ", ".join((*VARIANTS, ALL))
            raise RecipeError(f"the paper has no part {self.part!r} here; known are {known}.")
        return tuple(VARIANTS) if self.part == ALL else (self.part,)

    def settings(self) -> Settings:
        """Return what all cells share."""
        return Settings(
            recipe=self.recipe,
            overrides=budget_overrides(self.budget, self.encoder),
            version=version("clmil"),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Reproduction:
    """A plan, ready to run.

    Attributes:
        wanted: what to reproduce.
        subjects: the corpora.
        cells: in the order in which they run.
    """

    wanted: Wanted
    subjects: tuple[Subject, ...]
    cells: tuple[Cell, ...]

    def estimates(self, output: Path) -> list[tuple[Cell, Estimate]]:
        """Return every cell with how long it may take.

        Raises:
            DataError: if a finished cell is damaged.
        """
        done = read_finished(output)
        return [(cell, estimate(cell, done)) for cell in self.cells]

    def run(
        self,
        output: Path,
        run_cell: RunCell,
        listener: PlanListener,
        engine: Engine = run_plan,
    ) -> Findings:
        """Run what is not finished, and write the report as HTML, Markdown and JSON.

        Raises:
            TrainingError: if a cell failed; the report is written from the others before.
            ClmilError: if data or folder cannot be used.
        """
        failures = engine(self.cells, output, run_cell, listener)
        findings = self.findings(output)
        title = f"CL-MIL re-run: {self.wanted.part}"
        output.mkdir(parents=True, exist_ok=True)
        write_report(findings, output / "report.html", title=title)
        command = f"clmil reproduce {self.wanted.part}"
        write_text(output / "reproduction.md", text_report(findings, command=command))
        write_json(output / "findings.json", {"command": command, **to_json(findings)})
        if failures:
            key, reason = next(iter(failures.items()))
            raise TrainingError(
                f"{len(failures)} of {len(self.cells)} cells failed, first {key} ({reason}) "
                f"What the others show is in {output / 'report.html'}; run the same command to "
                "try the failed ones again."
            )
        return findings

    def findings(self, output: Path) -> Findings:
        """Return what the finished cells show.

        Raises:
            DataError: if a finished cell is damaged.
        """
        wanted, settings = self.wanted, self.wanted.settings()
        results = [
            Results.read(subject.facts, settings, wanted.seeds, output) for subject in self.subjects
        ]
        small = wanted.budget == "small" and self.cells
        return find(
            wanted.parts,
            results if self.cells else (),
            output,
            described=_described(wanted.parts, self.subjects),
            encoder=_encoder(wanted),
            remarks=(REHEARSAL,) if small else (),
        )


def prepare(wanted: Wanted) -> Reproduction:
    """Read the corpora and make the cells; nothing is trained yet.

    Raises:
        DataError: if a corpus cannot be read or lacks a test part that is needed.
        RecipeError: if the recipe, the budget, a system or the part does not exist, or
            if the part does not need a wanted system.
    """
    variants, settings = _chosen(wanted), wanted.settings()
    subjects = tuple(read_subjects(wanted.sources))
    for subject in subjects if variants else ():
        check_test_part(subject)
    cells = tuple(
        make_cell(subject.facts, variant, settings, seed)
        for seed in wanted.seeds  # one seed of everything first
        for subject in subjects
        for variant in variants
    )
    once = {cell.key: cell for cell in cells}
    return Reproduction(wanted=wanted, subjects=subjects, cells=tuple(once.values()))


def _chosen(wanted: Wanted) -> tuple[Variant, ...]:
    """Return the variants of the wanted parts and systems."""
    variants = variants_of(wanted.parts)
    known = dict.fromkeys(variant.system for variant in variants)
    for name in wanted.systems:
        if name not in known:
            needed = f"needs {', '.join(known)}" if known else "needs no training"
            raise RecipeError(f"{wanted.part} {needed}, and not {name!r}.")
    return tuple(one for one in variants if not wanted.systems or one.system in wanted.systems)


def _described(parts: Sequence[str], subjects: Sequence[Subject]) -> list[Layout]:
    corpora = [(subject.facts.name, subject.corpus) for subject in subjects]
    makers = {"table2": statistics_table, "table6": groups_table}
    return [maker(corpora) for part, maker in makers.items() if part in parts]


def _encoder(wanted: Wanted) -> str:
    """Return the encoder that the joint systems start from."""
    if wanted.encoder is not None:
        return wanted.encoder
    recipe = load_recipe(wanted.recipe, system="cl-mil")
    return str(recipe.plain()["encoder"]["name"])
