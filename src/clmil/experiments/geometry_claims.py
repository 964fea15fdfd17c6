"""What Figure 3 shows by eye, judged by numbers: uniformity and who lies outside."""

from clmil.experiments.results import Results
from clmil.experiments.variants import CL_MIL
from clmil.experiments.verdicts import Verdict, Word

SURE = 0.02
"""Smallest change of a measure that counts."""


def judge_uniform(results: Results) -> Verdict:
    """Judge whether the contrastive stage lowers uniformity and mean cosine, in every seed."""
    changes = {
        said: _changes(results, "overall", name)
        for said, name in (("uniformity", "uniformity"), ("mean cosine", "mean_cosine"))
    }
    return _verdict(changes, wanted=-1)


def judge_outward(results: Results) -> Verdict:
    """Judge whether documents of class [1,0,0] lie further out after the contrastive stage."""
    changes = {"outwardness of [1,0,0]": _changes(results, "[1,0,0]", "outwardness")}
    return _verdict(changes, wanted=1)


def _changes(results: Results, where: str, name: str) -> list[tuple[float, float]]:
    """Return a measure before and after the contrastive stage, a pair a seed."""
    pairs = []
    for outcome in results.of(CL_MIL):
        before, after = (
            outcome.number("geometry", stage, where, name) for stage in ("initial", "contrastive")
        )
        if before is not None and after is not None:
            pairs.append((before, after))
    return pairs


def _verdict(changes: dict[str, list[tuple[float, float]]], *, wanted: int) -> Verdict:
    if not all(changes.values()):
        reason = (
            "CL-MIL was not run, or its contrastive stage was left out for want of rare labels."
        )
        return Verdict(word="cannot be told here", reason=reason)
    moves = [wanted * (after - before) for pairs in changes.values() for before, after in pairs]
    word: Word = "cannot be told here"
    if min(moves) > SURE:
        word = "holds"
    elif any(max(wanted * (b - a) for a, b in pairs) < -SURE for pairs in changes.values()):
        word = "does not hold"
    told = [
        f"{name} from {_mean([a for a, _ in pairs]):.3f} to {_mean([b for _, b in pairs]):.3f}"
        for name, pairs in changes.items()
    ]
    return Verdict(word=word, reason=f"{', '.join(told)}, means over seeds.")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
