"""Every system by name: what it is, and what it switches on or off in a recipe."""

from dataclasses import dataclass, field
from typing import Any

CL_MIL_PAPER = "Li et al. 2024, Multi-granularity Information for MLTC"
BERT_PAPER = "Devlin et al. 2019, BERT"


@dataclass(frozen=True, kw_only=True)
class SystemSpec:
    """One system that can be trained.

    Attributes:
        name: what `--system` takes.
        summary: one line.
        paper: where it is described.
        switches: settings that make it, by dotted recipe key.
    """

    name: str
    summary: str
    paper: str
    switches: dict[str, Any] = field(default_factory=dict)


def _switched(
    *, contrastive: bool, fil: bool, cil: bool, clrl: bool, joint: bool = True
) -> dict[str, Any]:
    return {
        "contrastive.enabled": contrastive,
        "fil.enabled": fil,
        "cil.enabled": cil,
        "clrl.enabled": clrl,
        "labels.joint": joint,
    }


_SPECS = (
    SystemSpec(
        name="cl-mil",
        summary="contrastive stage, then FIL, CIL and CLRL over text and labels together",
        paper=CL_MIL_PAPER,
        switches=_switched(contrastive=True, fil=True, cil=True, clrl=True),
    ),
    SystemSpec(
        name="mil",
        summary="CL-MIL without the contrastive stage (the paper's MIL_clrl)",
        paper=CL_MIL_PAPER,
        switches=_switched(contrastive=False, fil=True, cil=True, clrl=True),
    ),
    SystemSpec(
        name="dil",
        summary="dual-grained interaction alone: FIL and CIL",
        paper=CL_MIL_PAPER,
        switches=_switched(contrastive=False, fil=True, cil=True, clrl=False),
    ),
    SystemSpec(
        name="fil",
        summary="fine-grained interaction alone: words by labels",
        paper=CL_MIL_PAPER,
        switches=_switched(contrastive=False, fil=True, cil=False, clrl=False),
    ),
    SystemSpec(
        name="cil",
        summary="coarse-grained interaction alone: gated dilated convolutions",
        paper=CL_MIL_PAPER,
        switches=_switched(contrastive=False, fil=False, cil=True, clrl=False),
    ),
    SystemSpec(
        name="bert",
        summary="plain fine-tune of the encoder, [CLS] or mean pooling",
        paper=BERT_PAPER,
        switches=_switched(contrastive=False, fil=False, cil=False, clrl=False, joint=False),
    ),
    SystemSpec(
        name="bert-joint",
        summary="plain classifier over text and labels together",
        paper=BERT_PAPER,
        switches=_switched(contrastive=False, fil=False, cil=False, clrl=False),
    ),
    SystemSpec(
        name="bert-joint+clrl",
        summary="the same with label relations learning (the paper's BERT_clrl)",
        paper=CL_MIL_PAPER,
        switches=_switched(contrastive=False, fil=False, cil=False, clrl=True),
    ),
)

SYSTEMS = {spec.name: spec for spec in _SPECS}
