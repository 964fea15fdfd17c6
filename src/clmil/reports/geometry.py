"""How text representations lie in space: numbers for what Figures 3 and 4 show by eye."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

SAMPLE, SEED = 2000, 0
"""Rows of which pairs are taken; more are sampled with this seed."""


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """What is measured of (n, h) representations.

    Attributes:
        documents: n.
        mean_cosine: of all pairs, in [-1, 1]; near 1 in a narrow cone (Ethayarajh, 2019).
        uniformity: log of the mean of exp(-2 d^2) over the pairs' distances on the unit sphere,
            at most 0 and the lower, the more evenly spread (Wang and Isola, 2020).
        partition: smallest over largest partition function along the principal axes, in (0, 1];
            1 is isotropic (Mu and Viswanath, 2018, equation 3).
        isoscore: evenness of variance over the principal axes, in [0, 1]; 1: all axes vary
            alike, 0: one alone does (Rudman et al., 2022). Other than the rest it does not see
            where the mean lies.
        variance: shares of the variance on the first principal components, at most 10.
    """

    documents: int
    mean_cosine: float
    uniformity: float
    partition: float
    isoscore: float
    variance: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def geometry(vectors: np.ndarray) -> Geometry:
    """Measure (n, h) representations, n at least 2; rows of zeros are left out of directions."""
    points = np.asarray(vectors, dtype=np.float64)
    spectrum = _spectrum(points)
    directions = unit(_sampled(points))
    return Geometry(
        documents=len(points),
        mean_cosine=mean_cosine(directions),
        uniformity=uniformity(directions),
        partition=partition_ratio(points),
        isoscore=isoscore(spectrum),
        variance=tuple((spectrum / max(spectrum.sum(), 1e-300))[:10].tolist()),
    )


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return the rows that are not zero, with length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    kept = lengths[:, 0] > 0
    scaled: np.ndarray = vectors[kept] / lengths[kept]
    return scaled


def mean_cosine(directions: np.ndarray) -> float:
    """Return the mean cosine of all pairs of (n, h) unit vectors; 0 for fewer than two."""
    n = len(directions)
    if n < 2:
        return 0.0
    return float((np.square(directions.sum(axis=0)).sum() - n) / (n * (n - 1)))


def uniformity(directions: np.ndarray, scale: float = 2.0) -> float:
    """Return log mean exp(-scale d^2) over pairs of (n, h) unit vectors; 0 for fewer than two."""
    n = len(directions)
    if n < 2:
        return 0.0
    cosines = directions @ directions.T
    near = np.exp(-scale * (2 - 2 * cosines[np.triu_indices(n, k=1)]))
    return float(np.log(near.mean()))


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean squared distance of matching rows on the unit sphere (Wang, Isola, 2020).

    Args:
        first: (n, h), one view of each document.
        second: (n, h), another one, such as a second pass with dropout; no row is zero.
    """
    return float(np.square(unit(first) - unit(second)).sum(axis=1).mean())


def partition_ratio(points: np.ndarray) -> float:
    """Return min Z(c) / max Z(c) over the principal axes c and -c, Z(c) = sum exp(c x).

    Representations are scaled to a mean length of 1, so that the ratio does not hang on their
    unit; the axes are those of the uncentred matrix.
    """
    length = float(np.linalg.norm(points, axis=1).mean())
    if length == 0:
        return 1.0
    scaled = points / length
    axes = np.linalg.svd(scaled, full_matrices=False)[2]
    along = scaled @ np.concatenate([axes, -axes]).T
    sums = np.exp(along).sum(axis=0)
    return float(sums.min() / sums.max())


def isoscore(spectrum: np.ndarray) -> float:
    """Return IsoScore of the (h,) variances along the principal axes (their algorithm 1).

    A single axis is isotropic in itself; no variance at all scores 0.
    """
    h = len(spectrum)
    length = float(np.linalg.norm(spectrum))
    if length == 0:
        return 0.0
    if h == 1:
        return 1.0
    even = np.sqrt(h) * spectrum / length
    defect = np.linalg.norm(even - 1) / np.sqrt(2 * (h - np.sqrt(h)))
    used = np.square(h - defect**2 * (h - np.sqrt(h))) / h**2
    return float((h * used - 1) / (h - 1))


def principal_axes(vectors: np.ndarray, axes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, axes) principal components and their shares of the variance.

    Each axis points where its largest loading is positive, so that a picture does not flip.
    """
    centred = vectors - vectors.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    chosen = directions[:axes]
    largest = np.take_along_axis(chosen, np.abs(chosen).argmax(axis=1)[:, None], axis=1)
    shares = np.square(sizes) / max(float(np.square(sizes).sum()), 1e-300)
    found = np.zeros((len(vectors), axes))
    found[:, : len(chosen)] = centred @ (chosen * np.where(largest < 0, -1, 1)).T
    return found, np.pad(shares, (0, max(0, axes - len(shares))))[:axes]


def _spectrum(points: np.ndarray) -> np.ndarray:
    """Return the (h,) variances along the principal axes, largest first."""
    centred = points - points.mean(axis=0)
    sizes = np.linalg.svd(centred, compute_uv=False)
    return np.pad(np.square(sizes) / max(len(points) - 1, 1), (0, points.shape[1] - len(sizes)))


def _sampled(points: np.ndarray) -> np.ndarray:
    if len(points) <= SAMPLE:
        return points
    rows = np.random.default_rng(SEED).choice(len(points), SAMPLE, replace=False)
    return np.asarray(points[np.sort(rows)])
