"""How a claim is judged: comparisons by paired bootstrap, joined into one verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from clmil.decisions.bootstrap import Difference
from clmil.experiments.results import Results, Side

Word = Literal["holds", "does not hold", "cannot be told here"]

ALIKE = 0.01
"""Two scores count as alike while their difference surely lies within one point."""

METRIC_NAMES = {
    "micro_f1": "F1",
    "micro_precision": "precision",
    "micro_recall": "recall",
    "hamming_loss": "Hamming loss",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is found of a claim, and why: numbers, or what is missing.

    Attributes:
        word: the verdict.
        reason: a sentence.
        missing: systems that were not run and that it hangs on.
        unkept: systems that were run but whose decisions were not kept.
    """

    word: Word
    reason: str
    missing: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One comparison that a claim makes.

    Attributes:
        first: one side.
        second: the other.
        metric: a key of `METRIC_NAMES`.
        expect: what the first scores against the second.
        group: `head`, `mid` or `tail`; None: all labels.
    """

    first: Side
    second: Side
    metric: str
    expect: Literal["more", "less", "alike", "not more"]
    group: str | None = None

    def judge(self, results: Results) -> Verdict:
        """Compare the two sides on the test part."""
        found = results.compare(self.first, self.second, self.metric, self.group)
        if found is None:
            sides = self.first.variant, self.second.variant
            missing = tuple(side.name for side in sides if not results.of(side))
            unkept = tuple(
                side.name
                for side in sides
                if results.of(side)
                and all(one.array("decided") is None for one in results.of(side))
            )
            return Verdict(
                word="cannot be told here",
                reason=f"{self._names()}: no seed in common",
                missing=missing,
                unkept=unkept,
            )
        return Verdict(
            word=settle(found, self.expect),
            reason=f"{self._names()} {self._say(found, alone=self._seeds(results) == 1)}",
        )

    def _seeds(self, results: Results) -> int:
        return results.common_seeds(self.first.variant, self.second.variant)

    def _names(self) -> str:
        where = f" on {self.group} labels" if self.group else ""
        named = [_side(side) for side in (self.first, self.second)]
        return f"{METRIC_NAMES[self.metric]}{where}, {named[0]} against {named[1]}"

    def _say(self, found: Difference, *, alone: bool) -> str:
        factor, places = (1, 4) if self.metric == "hamming_loss" else (100, 1)
        value, low, high = (
            f"{factor * end:+.{places}f}" for end in (found.value, found.low, found.high)
        )
        return f"{value} ({low} to {high}{', one seed' if alone else ''})"


def settle(found: Difference, expect: str) -> Word:
    """Judge a difference by its 95 % interval.

    `more` and `less` hold where the interval lies on that side of zero, and do not where it lies
    on the other. `alike` holds where it lies within one point of zero, and does not where it
    lies beyond zero and the difference beyond a point. `not more` holds where the interval ends
    below one point, so that at most a trifle more is possible, and does not where it lies above
    zero.
    """
    if expect == "less":
        low, high = -found.high, -found.low
    else:
        low, high = found.low, found.high
    if expect == "alike":
        if low > -ALIKE and high < ALIKE:
            return "holds"
        apart = (low > 0 or high < 0) and abs(found.value) >= ALIKE
        return "does not hold" if apart else "cannot be told here"
    if expect == "not more":
        if low > 0:
            return "does not hold"
        return "holds" if high < ALIKE else "cannot be told here"
    if low > 0:
        return "holds"
    return "does not hold" if high < 0 else "cannot be told here"


def joined(verdicts: Sequence[Verdict]) -> Verdict:
    """Join the verdicts on the statements of one claim.

    It does not hold if one does not, holds if all do, and else cannot be told.
    """
    words = [verdict.word for verdict in verdicts]
    word: Word = "cannot be told here"
    if "does not hold" in words:
        word = "does not hold"
    elif words and set(words) == {"holds"}:
        word = "holds"
    told = [f"{one.reason}: {one.word}" for one in verdicts if not (one.missing or one.unkept)]
    missing = tuple(dict.fromkeys(name for one in verdicts for name in one.missing))
    unkept = tuple(dict.fromkeys(name for one in verdicts for name in one.unkept))
    if unkept:
        told.append(f"decisions not kept: {', '.join(unkept)}")
    if missing:
        told.append(f"not run: {', '.join(missing)}")
    reason = f"{'; '.join(told)}." if told else "there is nothing to compare."
    return Verdict(word=word, reason=reason, missing=missing, unkept=unkept)


def _side(side: Side) -> str:
    part = side.decided.removeprefix("decided").removeprefix("_")
    return f"{side.variant.name}'s {part.upper()}" if part else side.variant.name
