"""The systems of each table and figure, as the paper names them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A system with settings of its own.

    Attributes:
        name: as the paper writes it.
        system: a name of `clmil systems`.
        overrides: `part.key=value`, beyond the recipe and the budget.
    """

    name: str
    system: str
    overrides: tuple[str, ...] = ()


CONTRASTIVE = ("contrastive.enabled=true",)

CNN = Variant(name="CNN", system="cnn")
BERT = Variant(name="BERT", system="bert")
LEAM = Variant(name="LEAM", system="leam")
LEAM_LABELWISE = Variant(name="LEAM, label-wise", system="leam-labelwise")
LSAN = Variant(name="LSAN", system="lsan")
LACO = Variant(name="LACO", system="laco")
SGM = Variant(name="SGM", system="sgm")
SGM_GE = Variant(name="SGM + GE", system="sgm-ge")
SEQ2SET = Variant(name="Seq2set", system="seq2set")
LACO_PLCP = Variant(name="LACO_plcp", system="laco-plcp")
LACO_CLCP = Variant(name="LACO_clcp", system="laco-clcp")
CL_BERT_KNN = Variant(name="CL-BERT_kNN", system="cl-bert-knn")
LINEAR = Variant(name="TF-IDF, SVM", system="linear")
CL_MIL = Variant(name="CL-MIL", system="cl-mil")
BERT_JOINT = Variant(name="BERT (joint)", system="bert-joint")
BERT_JOINT_CL = Variant(name="BERT (joint) + CL", system="bert-joint", overrides=CONTRASTIVE)
BERT_CLRL = Variant(name="BERT_clrl", system="bert-joint+clrl")
FIL = Variant(name="FIL", system="fil")
CIL = Variant(name="CIL", system="cil")
DIL = Variant(name="DIL", system="dil")
DIL_CL = Variant(name="DIL + CL", system="dil", overrides=CONTRASTIVE)
MIL = Variant(name="MIL_clrl", system="mil")

BASELINES = (
    CNN,
    BERT,
    LEAM,
    LSAN,
    LACO,
    SGM,
    SEQ2SET,
    LACO_PLCP,
    LACO_CLCP,
    CL_BERT_KNN,
)

OTHERS = (BERT_JOINT, LEAM_LABELWISE, SGM_GE)
"""Relatives of the baselines, which the paper leaves out of Table 3."""

WEIGHTS = ((1.0, 1.0), (0.5, 1.0), (1.0, 0.5), (1.5, 1.0), (1.0, 1.5))
"""Loss weights (alpha, beta) of Figure 5; the paper says no more than that they lie in (0, 2)."""

WEIGHTED = (
    DIL,
    *(
        Variant(
            name=f"DIL, alpha {alpha:g}, beta {beta:g}",
            system="dil",
            overrides=(f"loss.alpha={alpha}", f"loss.beta={beta}"),
        )
        for alpha, beta in WEIGHTS[1:]
    ),
)
"""One a pair of `WEIGHTS`; the recipes' own weights are the first pair."""

ORDERED = (
    CL_MIL,
    Variant(name="CL-MIL, alphabet", system="cl-mil", overrides=("labels.order=alphabet",)),
    *(
        Variant(
            name=f"CL-MIL, at random ({seed})",
            system="cl-mil",
            overrides=("labels.order=seed", f"labels.order_seed={seed}"),
        )
        for seed in (1, 2, 3)
    ),
)
"""Orders of the label tokens, the paper's second limitation; the recipes order by frequency."""

VARIANTS: dict[str, tuple[Variant, ...]] = {
    "table2": (),
    "table3": (LINEAR, *BASELINES, *OTHERS, CL_MIL),
    "table4": (BERT_JOINT, BERT_JOINT_CL, DIL, DIL_CL, MIL, CL_MIL),
    "table5": (CIL, FIL, DIL),
    "table6": (),
    "figure3": (CL_MIL,),
    "figure4": (BERT_JOINT, BERT_JOINT_CL, DIL, DIL_CL, MIL, CL_MIL),
    "figure5": WEIGHTED,
    "figure6": (BERT_JOINT, BERT_CLRL, DIL, MIL),
    "orders": ORDERED,
}
"""What each part of the paper needs; tables 2 and 6 need no training.

The linear system is not in the paper: it is the bar that a neural one has to pass. Nor are the
rows of `OTHERS`.
"""


def variants_of(parts: tuple[str, ...]) -> tuple[Variant, ...]:
    """Return the variants that some parts need, each once."""
    return tuple(dict.fromkeys(variant for part in parts for variant in VARIANTS[part]))
