"""Finished cells as tables, figures and claims look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clmil.decisions.bootstrap import Difference, Draws, Interval, difference, interval, resample
from clmil.decisions.metrics import score
from clmil.experiments.cells import Cell, CorpusFacts, Settings, make_cell
from clmil.experiments.plan import arrays_path, read_finished
from clmil.experiments.variants import Variant

GROUPS = ("head", "mid", "tail")


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """One finished cell.

    Attributes:
        key: of the cell.
        seed: of the cell.
        values: the `results` of its JSON file.
        arrays: its `.npz` file.
    """

    key: str
    seed: int
    values: Mapping[str, Any]
    arrays: Path

    def array(self, name: str) -> np.ndarray | None:
        """Return an array by name, None if the cell has none of that name."""
        if not self.arrays.is_file():
            return None
        with np.load(self.arrays, allow_pickle=False) as stored:
            return stored[name] if name in stored.files else None

    def number(self, *path: str) -> float | None:
        """Return a number by its path, such as `scores`, `fixed`, `micro_f1`; None: not there."""
        value: Any = self.values
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return None if value is None else float(value)


@dataclass(frozen=True, kw_only=True)
class Side:
    """What is compared: labels that a variant's cells decided.

    Attributes:
        variant: the system.
        decided: name of the array; `decided` at 0.5, `decided_fil` by FIL alone.
    """

    variant: Variant
    decided: str = "decided"


@dataclass(frozen=True, kw_only=True, eq=False)
class Results:
    """The finished cells of one corpus and one recipe.

    Attributes:
        corpus: its facts.
        settings: recipe and budget.
        seeds: of the plan.
        folder: output of the plan.
        finished: as `read_finished` gives them.
    """

    corpus: CorpusFacts
    settings: Settings
    seeds: tuple[int, ...]
    folder: Path
    finished: Mapping[str, Mapping[str, Any]]
    _drawn: dict[Any, Draws] = field(default_factory=dict)
    _cells: dict[Any, Cell] = field(default_factory=dict)

    @classmethod
    def read(
        cls, corpus: CorpusFacts, settings: Settings, seeds: Sequence[int], folder: Path
    ) -> "Results":
        """Read all finished cells of a folder.

        Raises:
            DataError: if a file is damaged.
        """
        return cls(
            corpus=corpus,
            settings=settings,
            seeds=tuple(seeds),
            folder=folder,
            finished=read_finished(folder),
        )

    def cell(self, variant: Variant, seed: int) -> Cell:
        """Return the cell of a variant."""
        if (variant, seed) not in self._cells:
            self._cells[variant, seed] = make_cell(self.corpus, variant, self.settings, seed)
        return self._cells[variant, seed]

    def of(self, variant: Variant) -> list[Outcome]:
        """Return the finished cells of a variant, by seed."""
        keys = [(self.cell(variant, seed).key, seed) for seed in self.seeds]
        return [
            Outcome(
                key=key,
                seed=seed,
                values=self.finished[key]["results"],
                arrays=arrays_path(self.folder, key),
            )
            for key, seed in keys
            if key in self.finished
        ]

    def values(self, variant: Variant, *path: str) -> list[float]:
        """Return a number of each finished cell that has it; `Outcome.number` finds it."""
        found = (outcome.number(*path) for outcome in self.of(variant))
        return [value for value in found if value is not None]

    def columns(self, group: str | None) -> np.ndarray | None:
        """Return the columns of a label group, None for all labels or where no cell tells."""
        if group is None:
            return None
        told = (values["results"].get("groups", {}) for key, values in self._mine())
        found = next((groups[group] for groups in told if group in groups), None)
        return None if found is None else np.array(found, dtype=np.int64)

    def compare(
        self, first: Side, second: Side, metric: str, group: str | None = None
    ) -> Difference | None:
        """Return how much more the first side scores, on the same resampled documents.

        Seeds that both have are averaged, and drawn too (`_over_seeds`). None where no seed has
        both, or where the group has no label.

        Args:
            first: one side.
            second: the other.
            metric: a field of `Draws`.
            group: `head`, `mid` or `tail`; None: all labels.
        """
        columns = self.columns(group)
        if columns is not None and not len(columns):
            return None
        values, draws = [], []
        for one, other in self._pairs(first.variant, second.variant):
            scored = [
                self._scored(outcome, side.decided, metric, columns)
                for outcome, side in ((one, first), (other, second))
            ]
            if scored[0] is not None and scored[1] is not None:
                values.append(scored[0][0] - scored[1][0])
                draws.append(scored[0][1] - scored[1][1])
        if not values:
            return None
        sign = -1 if metric == "hamming_loss" else 1
        return difference(float(np.mean(values)), _over_seeds(draws), sign=sign)

    def common_seeds(self, first: Variant, second: Variant) -> int:
        """Return how many seeds two variants share."""
        return len(self._pairs(first, second))

    def interval(self, side: Side, metric: str) -> Interval | None:
        """Return the 95 % interval of a score over resampled documents and seeds.

        None where no seed has kept its decisions.
        """
        scored = [
            self._scored(outcome, side.decided, metric, None) for outcome in self.of(side.variant)
        ]
        draws = [one[1] for one in scored if one is not None]
        return interval(_over_seeds(draws)) if draws else None

    def _mine(self) -> list[tuple[str, Mapping[str, Any]]]:
        return [
            (key, values)
            for key, values in self.finished.items()
            if values["cell"]["corpus"] == self.corpus.name
        ]

    def _pairs(self, first: Variant, second: Variant) -> list[tuple[Outcome, Outcome]]:
        others = {outcome.seed: outcome for outcome in self.of(second)}
        return [(one, others[one.seed]) for one in self.of(first) if one.seed in others]

    def _scored(
        self, outcome: Outcome, decided: str, metric: str, columns: np.ndarray | None
    ) -> tuple[float, np.ndarray] | None:
        """Return a score on the test part and on every resample of it."""
        key = (outcome.key, decided, None if columns is None else tuple(columns.tolist()))
        targets, given = outcome.array("targets"), outcome.array(decided)
        if targets is None or given is None:
            return None
        if columns is not None:
            targets, given = targets[:, columns], given[:, columns]
        if key not in self._drawn:
            (self._drawn[key],) = resample(targets, [given])
        return float(getattr(score(targets, given), metric)), getattr(self._drawn[key], metric)


def _over_seeds(draws: Sequence[np.ndarray]) -> np.ndarray:
    """Return (b,) draws of the mean over s seeds, from (b,) draws of each.

    A draw takes documents, which all seeds share, and s of the seeds with replacement. Their
    departures from the mean are widened by sqrt(s / (s - 1)), without which few seeds would vary
    too little (Davison and Hinkley, 1997, section 3.8). One seed tells nothing of others.
    """
    each = np.stack(draws)
    seeds = len(each)
    mean: np.ndarray = each.mean(axis=0)
    if seeds == 1:
        return mean
    drawn = np.random.default_rng(0).integers(seeds, size=(seeds, each.shape[1]))
    apart = np.take_along_axis(each, drawn, axis=0).mean(axis=0) - mean
    widened: np.ndarray = mean + apart * np.sqrt(seeds / (seeds - 1))
    return widened
