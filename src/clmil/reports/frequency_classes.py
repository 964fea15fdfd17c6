"""The seven classes of documents that Figures 3 and 4 tell apart: [h, m, l]."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from clmil.reports.geometry import geometry

CLASSES = tuple(
    (head, mid, tail) for head in (0, 1) for mid in (0, 1) for tail in (0, 1) if head + mid + tail
)
"""The paper's seven classes [h, m, l]: which label groups a document has (caption of Figure 3)."""


def frequency_classes(targets: np.ndarray, groups: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the (n,) index into `CLASSES` of each document, -1 for one without a label.

    Args:
        targets: (n, l), 1 relevant; unknown cells count as absent.
        groups: columns of `head`, `mid` and `tail`.
    """
    flags = np.stack(
        [(targets[:, groups[name]] == 1).any(axis=1) for name in ("head", "mid", "tail")]
    )
    return np.asarray(flags[0] * 4 + flags[1] * 2 + flags[2] - 1, dtype=np.int64)


def class_name(index: int) -> str:
    """Return a class as the paper writes it, such as `[1,0,0]`."""
    return "[{},{},{}]".format(*CLASSES[index])


def geometry_by_class(vectors: np.ndarray, classes: np.ndarray) -> dict[str, Any]:
    """Return the geometry of each class of at least two documents, and how far out it lies.

    `outwardness` is the mean distance of a class' documents from the centre of all, over the
    mean distance of all documents: above 1 lies outside.
    """
    far = np.linalg.norm(vectors - vectors.mean(axis=0), axis=1)
    mean = max(float(far.mean()), 1e-300)
    found = {}
    for index in range(len(CLASSES)):
        rows = classes == index
        if rows.sum() > 1:
            own = {"outwardness": float(far[rows].mean() / mean)}
            found[class_name(index)] = geometry(vectors[rows]).to_json() | own
    return found
