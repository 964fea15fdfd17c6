"""Representations as Figures 3 and 4 show them: points at their first principal components."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clmil.reports.geometry import principal_axes


@dataclass(frozen=True, kw_only=True, eq=False)
class Cloud:
    """Texts in space.

    Attributes:
        points: (n, 3) first principal components, on one scale of no meaning.
        shares: (3,) of the variance that they hold.
        classes: (n,) index into `CLASS_NAMES`, -1 for none.
    """

    points: np.ndarray
    shares: np.ndarray
    classes: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, classes: np.ndarray) -> "Cloud":
        """Return the cloud of (n, h) representations."""
        points, shares = principal_axes(vectors)
        return cls(points=points, shares=shares, classes=classes)

    def arrays(self, stage: str) -> dict[str, np.ndarray]:
        """Return what a cell keeps of it: half of single precision is enough to draw."""
        points = (self.points / max(float(np.abs(self.points).max()), 1e-12)).astype(np.float16)
        return {f"points_{stage}": points, f"shares_{stage}": self.shares, "classes": self.classes}

    @classmethod
    def read(cls, array: Callable[[str], np.ndarray | None], stage: str) -> "Cloud | None":
        """Return what `arrays` kept, None where there is nothing.

        Args:
            array: from a name to an array of the cell.
            stage: `initial`, `contrastive` or `trained`.
        """
        points, shares = array(f"points_{stage}"), array(f"shares_{stage}")
        classes = array("classes")
        if points is None or shares is None or classes is None:
            return None
        return cls(points=points.astype(np.float64), shares=shares, classes=classes)
