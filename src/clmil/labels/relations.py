"""Label relations from co-occurrence: equations 9 and 10, Table 1, contrastive admissibility."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from clmil.errors import DataError, RecipeError
from clmil.labels.sets import CHUNK, DistinctSets, Targets

RELATED, INDIRECT, IRRELEVANT, UNCLASSED = 0, 1, 2, -1
Rule = Literal["zero", "lowmean", "lowmean_sym", "target_low_only", "disjoint"]
Ties = Literal["complement", "strict"]


@dataclass(frozen=True, eq=False)
class LabelRelations:
    """How the labels of the training part occur together. The arrays cannot be written to.

    Attributes:
        cooccurrence: (l, l) int64, M of equation 9 with a zero diagonal.
        mean_cooccurrence: (l,) float64, the row means of equation 10, over l - 1 others.
        strong: (l, l) bool, `strong[k, j]` iff M_kj > mean of row k; ties are weak.

    """

    cooccurrence: np.ndarray
    mean_cooccurrence: np.ndarray
    strong: np.ndarray

    @classmethod
    def fit(cls, targets: Targets) -> "LabelRelations":
        """Count co-occurrence in (n, l) targets; only 1 counts as relevant.

        Raises:
            DataError: with fewer than two labels.

        """
        rows = targets if sparse.issparse(targets) else np.asarray(targets)
        if rows.ndim != 2 or rows.shape[1] < 2:
            raise DataError(
                "label relations need (documents, labels) targets with at least two labels, but "
                f"the targets have the shape {rows.shape}; give data with more labels."
            )
        distinct = DistinctSets.of(rows)
        together = np.zeros((rows.shape[1],) * 2)
        for start in range(0, len(distinct.sets), CHUNK):
            sets = distinct.sets[start : start + CHUNK].astype(np.float64)
            together += (sets.T * distinct.counts[start : start + CHUNK]) @ sets  # exact to 2**53
        np.fill_diagonal(together, 0)
        cooccurrence = together.astype(np.int64)
        mean = cooccurrence.sum(axis=1) / (len(cooccurrence) - 1)
        strong = cooccurrence > mean[:, None]
        for array in (cooccurrence, mean, strong):
            array.setflags(write=False)
        return cls(cooccurrence, mean, strong)

    def partition(
        self,
        y: npt.ArrayLike,
        *,
        rule: Literal["table1", "anchor"] = "table1",
        anchor: int | None = None,
        ties: Ties = "complement",
    ) -> np.ndarray:
        """Return (l,) int8: 0 directly related, 1 indirectly related, 2 irrelevant (Table 1).

        Args:
            y: (l,) the labels of a document, 1 relevant.
            rule: `table1` tests against every relevant label, `anchor` against one.
            anchor: column of the one, matching label A, for `anchor`.
            ties: an exact tie M_jk = mean_k is irrelevant (`complement`), or in no set, -1
                (`strict`, Table 1 to the letter).

        Raises:
            RecipeError: on an unknown rule, or `anchor` without a relevant label A.

        """
        relevant = np.asarray(y) == 1
        if rule == "table1":
            return self._classes(relevant[None], relevant[None], ties).squeeze(0)
        if rule != "anchor" or anchor is None or not relevant[anchor]:
            raise RecipeError(
                f"the partition rule is {rule!r} with anchor {anchor}; give `table1`, or `anchor` "
                "with the column of a relevant label."
            )
        alone = np.arange(len(relevant)) == anchor
        return self._classes(relevant[None], alone[None], ties).squeeze(0)

    def partition_many(self, targets: Targets, *, ties: Ties = "complement") -> np.ndarray:
        """Return (n, l) int8, the `table1` partition of every document (see `partition`)."""
        distinct = DistinctSets.of(targets)
        return self._classes(distinct.sets, distinct.sets, ties).take(distinct.inverse, axis=0)

    def admissible(
        self,
        targets: npt.ArrayLike,
        sources: npt.ArrayLike,
        rule: Rule = "lowmean",
        *,
        low_frequency: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return (t, s) bool: may source s be a contrastive negative of target t (section 3.2).

        Takes (t, l) and (s, l) 0/1 arrays and a rule of `blocked_labels`. For small inputs: a
        corpus uses `clmil.labels.negatives.NegativeSampler`.
        """
        first, second = np.asarray(targets) == 1, np.asarray(sources) == 1
        blocked = blocked_labels(first, self, rule, low_frequency)
        allowed: np.ndarray = ~any_product(blocked, second.T)
        return allowed

    def _classes(self, relevant: np.ndarray, against: np.ndarray, ties: Ties) -> np.ndarray:
        reached = any_product(against, self.strong)
        classes: np.ndarray = np.where(reached, INDIRECT, IRRELEVANT).astype(np.int8)
        if ties == "strict":
            tied = self.cooccurrence == self.mean_cooccurrence[:, None]
            classes[~reached & any_product(against, tied)] = UNCLASSED
        classes[relevant] = RELATED
        return classes


def blocked_labels(
    targets: np.ndarray, relations: LabelRelations, rule: Rule, low_frequency: np.ndarray | None
) -> np.ndarray:
    """Return (t, l) bool: labels that no contrastive negative of a target may have.

    With a in the target's labels, b is allowed (method notes, point 16) by `disjoint` iff it
    is not the target's; by `zero` iff also M_ab = 0; by `lowmean` iff also M_ab <= mean_a; by
    `lowmean_sym` iff also M_ab <= mean_b; by `target_low_only` as by `lowmean`, but only for
    a among the (l,) low-frequency labels.
    """
    strong = relations.strong
    clashes = {
        "disjoint": np.zeros_like(strong),
        "zero": relations.cooccurrence > 0,
        "lowmean": strong,
        "lowmean_sym": strong | strong.T,
        "target_low_only": strong if low_frequency is None else strong & low_frequency[:, None],
    }
    if rule not in clashes or (rule == "target_low_only" and low_frequency is None):
        raise RecipeError(
            f"the negatives' rule {rule!r} is unknown or lacks its low-frequency labels; "
            f"give one of {', '.join(clashes)}."
        )
    blocked: np.ndarray = targets | any_product(targets, clashes[rule])
    return blocked


def any_product(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the boolean matrix product (float32 sums of at most l ones are exact)."""
    left, right = (part.astype(np.float32, copy=False) for part in (first, second))
    product: np.ndarray = (left @ right) > 0
    return product
