"""Every claim of the paper as data, and a function from results to a verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from clmil.experiments.curves import judge_bounds
from clmil.experiments.geometry_claims import judge_outward, judge_uniform
from clmil.experiments.results import Results, Side
from clmil.experiments.variants import (
    BASELINES,
    BERT,
    BERT_CLRL,
    BERT_JOINT,
    BERT_JOINT_CL,
    CIL,
    CL_MIL,
    CNN,
    DIL,
    DIL_CL,
    FIL,
    LACO,
    LACO_CLCP,
    LACO_PLCP,
    MIL,
    Variant,
)
from clmil.experiments.verdicts import Statement, Verdict, joined
from clmil.storage.adapted import read_adaptation

CONTRASTIVE_ENCODERS = ("minilm", "all-minilm", "mpnet", "sbert", "simcse", "sentence-transformers")
"""Parts of the names of encoders that contrastive training has already spread out."""

UNDONE, CLEARLY = 0.3, 0.1
"""Mean cosine of texts from which an adapted encoder is no longer spread out, and the least rise
of it that tells."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim.

    Attributes:
        name: short.
        text: what the paper says.
        section: where.
        part: the table or figure that shows it.
        judge: results to a verdict.
        plain_encoder: whether only an encoder without contrastive training can tell.
    """

    name: str
    text: str
    section: str
    part: str
    judge: Callable[[Results], Verdict]
    plain_encoder: bool = False

    def verdict(self, results: Results, encoder: str) -> Verdict:
        """Judge the claim; on an encoder that cannot tell, the numbers are all that is said."""
        found = self.judge(results)
        if not (self.plain_encoder and is_contrastive(encoder)):
            return found
        reason = (
            f"the encoder {encoder} has been spread out by contrastive training before, unlike the "
            f"paper's BERT. Measured all the same: {found.reason}"
        )
        return Verdict(word="cannot be told here", reason=reason)


def is_contrastive(encoder: str) -> bool:
    """Tell whether contrastive training has spread out an encoder: by its name.

    One that `clmil adapt` wrote was, if the one it came from was, unless masked language modelling
    has undone it: its texts then lie clearly closer together than before (`UNDONE`).
    """
    facts = read_adaptation(Path(encoder))
    if facts is not None:
        before, after = (
            facts["geometry"][when]["mean"]["mean_cosine"] for when in ("before", "after")
        )
        undone = after >= UNDONE and after > before + CLEARLY
        return is_contrastive(facts["encoder"]) and not undone
    return any(part in encoder.lower() for part in CONTRASTIVE_ENCODERS)


def _states(*statements: Statement) -> Callable[[Results], Verdict]:
    def judge(results: Results) -> Verdict:
        return joined([statement.judge(results) for statement in statements])

    return judge


def _state(
    first: Variant, second: Variant, metric: str, expect: str, group: str | None = None
) -> Statement:
    return Statement(
        first=Side(variant=first),
        second=Side(variant=second),
        metric=metric,
        expect=expect,  # type: ignore[arg-type]
        group=group,
    )


def _gains_recall_for_precision(systems: Sequence[Variant]) -> list[Statement]:
    return [
        _state(system, LACO, metric, expect)
        for system in systems
        for metric, expect in (("micro_recall", "more"), ("micro_precision", "less"))
    ]


def _by_parts(metric: str, more: str, less: str) -> Statement:
    return Statement(
        first=Side(variant=DIL, decided=f"decided_{more}"),
        second=Side(variant=DIL, decided=f"decided_{less}"),
        metric=metric,
        expect="more",
    )


CLAIMS = (
    Claim(
        name="best of all",
        text="CL-MIL has the lowest Hamming loss and the highest F1 of all systems",
        section="5.1",
        part="table3",
        judge=_states(
            *(
                _state(CL_MIL, other, metric, expect)
                for other in BASELINES
                for metric, expect in (("hamming_loss", "less"), ("micro_f1", "more"))
            )
        ),
    ),
    Claim(
        name="precision against BERT",
        text="against coarse-grained BERT, CL-MIL raises precision",
        section="5.1",
        part="table3",
        judge=_states(_state(CL_MIL, BERT, "micro_precision", "more")),
    ),
    Claim(
        name="recall against CNN and LACO",
        text="against fine-grained CNN and LACO, CL-MIL raises recall",
        section="5.1",
        part="table3",
        judge=_states(*(_state(CL_MIL, other, "micro_recall", "more") for other in (CNN, LACO))),
    ),
    Claim(
        name="label correlations cost precision",
        text="systems that learn label correlations gain recall at the cost of precision",
        section="5.4",
        part="table3",
        judge=_states(*_gains_recall_for_precision((LACO_PLCP, LACO_CLCP))),
    ),
    Claim(
        name="label relations cost MIL nothing",
        text="MIL_clrl gains both precision and recall over DIL",
        section="5.4",
        part="table4",
        judge=_states(
            *(_state(MIL, DIL, metric, "more") for metric in ("micro_precision", "micro_recall"))
        ),
    ),
    Claim(
        name="contrastive learning by backbone",
        text="contrastive learning hurts plain BERT, is neutral for DIL and helps MIL_clrl",
        section="5.2",
        part="table4",
        judge=_states(
            _state(BERT_JOINT_CL, BERT_JOINT, "micro_f1", "less"),
            _state(DIL_CL, DIL, "micro_f1", "alike"),
            _state(CL_MIL, MIL, "micro_f1", "more"),
        ),
        plain_encoder=True,
    ),
    Claim(
        name="both grains are better than one",
        text="DIL beats FIL and CIL alone",
        section="5.3",
        part="table5",
        judge=_states(*(_state(DIL, other, "micro_f1", "more") for other in (FIL, CIL))),
    ),
    Claim(
        name="fine for precision, coarse for recall",
        text="weight on the fine-grained part raises precision, on the coarse-grained part recall",
        section="5.3",
        part="figure5",
        judge=_states(
            _by_parts("micro_precision", "fil", "cil"), _by_parts("micro_recall", "cil", "fil")
        ),
    ),
    Claim(
        name="lower and upper bound",
        text="the ratio of the loss weights sets the lower bound of performance, the proportion "
        "of the predictions the upper",
        section="5.3",
        part="figure5",
        judge=judge_bounds,
    ),
    Claim(
        name="label relations by group",
        text="without DIL, CLRL helps the head labels only; with DIL it helps mid and tail labels",
        section="5.4",
        part="figure6",
        judge=_states(
            _state(BERT_CLRL, BERT_JOINT, "micro_f1", "more", "head"),
            *(_state(BERT_CLRL, BERT_JOINT, "micro_f1", "not more", g) for g in ("mid", "tail")),
            *(_state(MIL, DIL, "micro_f1", "more", group) for group in ("mid", "tail")),
        ),
    ),
    Claim(
        name="more uniform",
        text="contrastive learning spreads the representations more uniformly",
        section="5.2",
        part="figure3",
        judge=judge_uniform,
        plain_encoder=True,
    ),
    Claim(
        name="head labels move outward",
        text="contrastive learning moves texts with head labels alone away from the centre",
        section="5.2",
        part="figure3",
        judge=judge_outward,
        plain_encoder=True,
    ),
)
"""What the paper claims, in its order."""
