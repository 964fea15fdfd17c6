"""Every system by name: what it is, of which family, and what it switches in a recipe."""

from dataclasses import dataclass, field
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clmil.systems.family import Family

CL_MIL_PAPER = "Li et al. 2024, Multi-granularity Information for MLTC"
BERT_PAPER = "Devlin et al. 2019, BERT"
LEAM_PAPER = "Wang et al. 2018, Joint Embedding of Words and Labels"
LACO_PAPER = "Zhang et al. 2021, Enhancing Label Correlation Feedback"
SGM_PAPER = "Yang et al. 2018, SGM: Sequence Generation Model"

SHIPPED = ("default", "paper")
"""Names of packaged recipes; not every system has a `paper`."""


@dataclass(frozen=True, kw_only=True)
class SystemSpec:
    """One system that can be trained.

    Attributes:
        name: what `--system` takes.
        summary: one line.
        paper: where it is described.
        family: module of this folder that trains and loads it, and the kind of its model folders.
        recipes: what the names of its packaged recipes begin with, after those of its own name.
        switches: settings that make it, by dotted recipe key.
    """

    name: str
    summary: str
    paper: str
    family: str = "joint"
    recipes: str = ""
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
    SystemSpec(
        name="cnn",
        summary="filters over windows of word vectors, their maximum over the text",
        paper="Kim 2014, Convolutional Neural Networks; Kurata et al. 2016 as an option",
        family="words",
        recipes="words-",
    ),
    SystemSpec(
        name="leam",
        summary="words weighed by how well they agree with their best label",
        paper=LEAM_PAPER,
        family="words",
        recipes="words-",
    ),
    SystemSpec(
        name="leam-labelwise",
        summary="words weighed by each label for itself, as LEAM's public code does",
        paper=LEAM_PAPER,
        family="words",
        recipes="words-",
    ),
    SystemSpec(
        name="lsan",
        summary="self-attention and label attention over a BiLSTM, fused for each label",
        paper="Xiao et al. 2019, Label-Specific Document Representation",
        family="words",
        recipes="words-",
    ),
    SystemSpec(
        name="sgm",
        summary="writes a text's labels one after the other, each at most once",
        paper=SGM_PAPER,
        family="sequences",
        recipes="sequences-",
    ),
    SystemSpec(
        name="sgm-ge",
        summary="the same, fed with all labels by their probability (global embedding)",
        paper=SGM_PAPER,
        family="sequences",
        recipes="sequences-",
        switches={"network.global_embedding": True},
    ),
    SystemSpec(
        name="seq2set",
        summary="SGM, trained further by reinforcement with a reward that sees no order",
        paper="Yang et al. 2019, A Deep Reinforced Sequence-to-Set Model",
        family="sequences",
        recipes="sequences-",
    ),
    SystemSpec(
        name="laco",
        summary="words by labels over text and labels together, after LACO",
        paper=LACO_PAPER,
        family="laco",
        recipes="laco-",
    ),
    SystemSpec(
        name="laco-plcp",
        summary="the same, beside telling which pairs of labels go together",
        paper=LACO_PAPER,
        family="laco",
        recipes="laco-",
        switches={"laco.task": "pairs"},
    ),
    SystemSpec(
        name="laco-clcp",
        summary="the same, beside telling labels from one that is given",
        paper=LACO_PAPER,
        family="laco",
        recipes="laco-",
        switches={"laco.task": "conditional"},
    ),
    SystemSpec(
        name="cl-bert-knn",
        summary="contrastive fine-tune, and votes of the nearest training texts",
        paper="Su et al. 2022, Contrastive Learning-Enhanced Nearest Neighbor Mechanism",
        family="neighbours",
        recipes="neighbours-",
        switches={"labels.joint": False},
    ),
    SystemSpec(
        name="linear",
        summary="TF-IDF and one linear support vector machine a label; needs no torch",
        paper="Joachims 1998, Text Categorization with Support Vector Machines",
        family="linear",
        recipes="linear-",
    ),
    SystemSpec(
        name="blend",
        summary="several systems side by side, their probabilities weighed on validation",
        paper="Wolpert 1992, Stacked Generalization",
        family="blend",
        recipes="blend-",
    ),
)

SYSTEMS = {spec.name: spec for spec in _SPECS}


def packaged_recipe(name: str, spec: SystemSpec) -> str | None:
    """Return the text of a packaged recipe: the system's own, else its family's, else None."""
    if name not in SHIPPED:
        return None
    folder = files("clmil.systems").joinpath("recipes")
    for prefix in (f"{spec.name}-", spec.recipes):
        file = folder.joinpath(f"{prefix}{name}.yaml")
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return None


def shipped_recipes(spec: SystemSpec) -> tuple[str, ...]:
    """Return the names of the packaged recipes that a system has."""
    return tuple(name for name in SHIPPED if packaged_recipe(name, spec) is not None)


def family_of(system: str) -> "Family":
    """Return the family of a system, whose module is imported now."""
    return family_named(SYSTEMS[system].family)


def family_named(name: str) -> "Family":
    """Return a family by the name of its module, which is the kind of its model folders.

    Raises:
        KeyError: if no system has it.
    """
    if name not in {spec.family for spec in SYSTEMS.values()}:
        raise KeyError(name)
    family: Family = import_module(f"clmil.systems.{name}").FAMILY
    return family
