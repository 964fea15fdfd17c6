"""Figures 3 and 4 in numbers: the geometry of representations, overall and by class."""

import numpy as np

from clmil.experiments.drawing import CLASS_NAMES
from clmil.experiments.layout import NOTHING, Layout
from clmil.experiments.results import Results
from clmil.experiments.variants import CL_MIL, VARIANTS, Variant

MEASURES = {
    "mean cosine": "mean_cosine",
    "uniformity": "uniformity",
    "partition ratio": "partition",
    "IsoScore": "isoscore",
}

STAGES = {
    "encoder as given": "initial",
    "after the contrastive stage": "contrastive",
    "after training": "trained",
}


def geometry_table(part: str, results: Results) -> Layout:
    """Return the measures of a figure's representations, means over seeds.

    Args:
        part: `figure3`, stage by stage of CL-MIL, or `figure4`, every system after training.
        results: of one corpus.
    """
    notes = [
        "Mean cosine and uniformity fall, the ratio of the partition function and IsoScore "
        "rise as representations spread. out: mean distance of a class [head, mid, tail] from "
        "the centre, over that of all texts."
    ]
    rows: dict[str, tuple[Variant, str]] = {v.name: (v, "trained") for v in VARIANTS["figure4"]}
    if part == "figure3":
        rows = {said: (CL_MIL, stage) for said, stage in STAGES.items()}
        notes.append(
            "The first two rows are of the text alone, as the contrastive stage reads it; after "
            "training the label tokens are encoded beside it. The encoder as given has not been "
            "adapted, whatever the recipe."
        )
    return Layout(
        title=f"Figure {part.removeprefix('figure')} in numbers on {results.corpus.name}",
        headers=("representations", *MEASURES, *(f"out {name}" for name in CLASS_NAMES)),
        rows=tuple((said, *_cells(results, *of)) for said, of in rows.items()),
        notes=tuple(notes),
        aside=len(CLASS_NAMES),
    )


def _cells(results: Results, variant: Variant, stage: str) -> list[str]:
    paths = [("overall", key) for key in MEASURES.values()]
    paths += [(name, "outwardness") for name in CLASS_NAMES]
    found = [results.values(variant, "geometry", stage, *path) for path in paths]
    return [f"{np.mean(values):.3f}" if values else NOTHING for values in found]
