"""Mining contrastive negatives over distinct label sets (section 3.2; method notes 13 to 17)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from clmil.labels.drawing import distinct_ranks
from clmil.labels.relations import LabelRelations, Rule, any_product, blocked_labels
from clmil.labels.screened import ScreenedSources
from clmil.labels.sets import DistinctSets, Targets

WEAKER: dict[Rule, tuple[Rule, ...]] = {
    "zero": ("zero", "lowmean", "disjoint"),
    "lowmean_sym": ("lowmean_sym", "lowmean", "disjoint"),
    "lowmean": ("lowmean", "disjoint"),
    "target_low_only": ("target_low_only", "disjoint"),
    "disjoint": ("disjoint",),
}
"""A rule and what it falls back to, in turn, where it admits no source."""

CELLS = 8_000_000
"""Cells of a block: (target sets, distinct sets), or (targets, labels)."""

LISTED = 16_384
"""Distinct sets up to which the admissible ones of each target set are listed."""


def low_frequency(
    counts: npt.ArrayLike, documents: npt.ArrayLike, *, share: float = 1000 / 53840
) -> np.ndarray:
    """Return (l,) bool: labels on fewer than `share` of the documents (Table 6's tail on AAPD).

    Args:
        counts: (l,) documents of each label.
        documents: their number, or (l,) in how many each label is known.
        share: of the documents.

    """
    cut = np.round(share * np.asarray(documents), 6)  # a count on the cut is not below it
    low: np.ndarray = np.asarray(counts) < cut
    return low


def target_documents(
    targets: np.ndarray, low: np.ndarray, *, membership: Literal["any", "all"] = "any"
) -> np.ndarray:
    """Return the documents with a rare label (`any`), or with rare labels only (`all`).

    Args:
        targets: (n, l) int8, 1 relevant.
        low: (l,) bool, the rare labels.
        membership: `any` or `all`.

    """
    chosen = (targets[:, low] == 1).any(axis=1)
    if membership == "all":
        chosen &= ~(targets[:, ~low] == 1).any(axis=1)
    return np.flatnonzero(chosen)


@dataclass
class NegativeSampler:
    """Draws sources that share negligible co-occurrence with a target.

    Never builds an n x n matrix. Where label sets recur, which sets admit which is decided for
    a block of the distinct target sets at a time; where nearly every document has its own, the
    sources are drawn and tested (`clmil.labels.screened`). A document with an unknown label is
    no source: the label may be the target's. A target's own unknown labels count as not relevant:
    were sources to avoid them too, hardly any would be left where much is unknown.

    Attributes:
        distinct: label sets of all n documents.
        relations: co-occurrence of the training part.
        rule: as in `clmil.labels.relations.blocked_labels`.
        low_frequency: (l,) bool, for `target_low_only`.
        report: targets of the latest `sample` by the rule that served them; `none` counts
            those without any source.

    """

    distinct: DistinctSets
    relations: LabelRelations
    rule: Rule = "lowmean"
    low_frequency: np.ndarray | None = None
    report: dict[str, int] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        targets: Targets,
        relations: LabelRelations,
        *,
        rule: Rule = "lowmean",
        low_frequency: np.ndarray | None = None,
    ) -> "NegativeSampler":
        """Prepare to sample among (n, l) targets; -1, unknown, counts as not relevant."""
        return cls(DistinctSets.of(targets), relations, rule, low_frequency)

    def sample(self, targets: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
        """Return (t, k) int64 source documents for (t,) target documents.

        Uniform over the admissible documents, without replacement where there are at least k,
        else with it. Where none is, one rule weaker serves; a row is -1 where that fails too.
        """
        self.report = dict.fromkeys([*WEAKER[self.rule], "none"], 0)
        if len(self.distinct.sets) <= LISTED:
            return self._sample_listed(targets, k, rng)
        step = max(1, CELLS // self.distinct.sets.shape[1])
        blocks = [targets[start : start + step] for start in range(0, len(targets), step)]
        empty = np.empty((0, k), dtype=np.int64)
        return np.concatenate([empty, *(self._sample_tested(block, k, rng) for block in blocks)])

    def _sample_listed(self, targets: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
        kinds, place = np.unique(self.distinct.inverse[targets], return_inverse=True)
        sizes = np.bincount(place, minlength=len(kinds))
        rows = np.split(np.argsort(place, kind="stable"), np.cumsum(sizes)[:-1])
        drawn = np.full((len(place), k), -1, dtype=np.int64)
        for number, (used, admitted) in enumerate(self._admitted(kinds)):
            self.report[used] += int(sizes[number])
            if used != "none":
                drawn[rows[number]] = self._draw(admitted, int(sizes[number]), k, rng)
        return drawn

    def _sample_tested(self, targets: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
        sets = self.distinct.sets[self.distinct.inverse[targets]]
        drawn = np.full((len(sets), k), -1, dtype=np.int64)
        pending = np.flatnonzero(sets.any(axis=1))  # without labels nothing contrasts
        for rule in WEAKER[self.rule]:
            blocked = blocked_labels(sets[pending], self.relations, rule, self.low_frequency)
            drawn[pending] = found = self._screened.draw(blocked, k, rng)
            served = (found >= 0).all(axis=1)
            self.report[rule] += int(served.sum())
            pending = pending[~served]
        self.report["none"] += len(sets) - int((drawn >= 0).all(axis=1).sum())
        return drawn

    def admissible(self, targets: np.ndarray, sources: np.ndarray) -> np.ndarray:
        """Return (t, s) bool for documents, by the rule that serves each target in `sample`."""
        kinds, place = np.unique(self.distinct.inverse[targets], return_inverse=True)
        others = self.distinct.inverse[sources]
        rows = [admitted[others] for _, admitted in self._admitted(kinds)]
        return np.array(rows, dtype=bool).reshape(len(kinds), len(others))[place]

    @cached_property
    def _sources(self) -> np.ndarray:
        return self.distinct.sets.T.astype(np.float32)

    @cached_property
    def _screened(self) -> ScreenedSources:
        return ScreenedSources.of(self.distinct)

    def _admitted(self, kinds: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the serving rule and the (u,) bool admitted sets of each target set."""
        step = max(1, CELLS // len(self.distinct.sets))
        for start in range(0, len(kinds), step):
            targets = self.distinct.sets[kinds[start : start + step]]
            admitted = np.zeros((len(targets), len(self.distinct.sets)), dtype=bool)
            used = np.full(len(targets), "none", dtype=object)
            pending = np.flatnonzero(targets.any(axis=1))  # without labels nothing contrasts
            for rule in WEAKER[self.rule]:
                blocked = blocked_labels(targets[pending], self.relations, rule, self.low_frequency)
                rows = ~any_product(blocked, self._sources) & self.distinct.annotated
                served = rows.any(axis=1)
                admitted[pending], used[pending[served]] = rows, rule
                pending = pending[~served]
            yield from zip(used.tolist(), admitted, strict=True)

    def _draw(
        self, admitted: np.ndarray, number: int, k: int, rng: np.random.Generator
    ) -> np.ndarray:
        sets = np.flatnonzero(admitted)
        ends = np.cumsum(self.distinct.counts[sets])
        ranks = distinct_ranks(number, k, int(ends[-1]), rng)
        place = np.searchsorted(ends, ranks, side="right")
        within = ranks - (ends - self.distinct.counts[sets])[place]
        documents: np.ndarray = self.distinct.documents[self.distinct.offsets[sets[place]] + within]
        return documents
