"""What figures look like, whatever they show: panels without pyplot, heat maps, short names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clmil.reports.page_style import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUP_COLOURS = dict(zip(("head", "mid", "tail"), PALETTE, strict=False))
GRID = "#8f8f8f"
WIDTH = 8.6
"""Inches of a figure."""

LONGEST = 18
"""Characters of a name beside a heat map."""


def panels(
    height: float, *, width: float = WIDTH, heights: Sequence[float] = (1,)
) -> "tuple[Figure, list[Axes]]":
    """Return a figure with panels below each other, over one x-axis.

    Args:
        height: of the figure, in inches.
        width: of the figure, in inches.
        heights: one a panel, relative to each other.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(
        len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    found = list(grid[:, 0])
    for axes in found:
        style(axes)
    return figure, found


def style(axes: "Axes") -> None:
    """Leave a panel two of its edges, and faint lines behind what is drawn."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=GRID, alpha=0.3, linewidth=0.6)


def heat_map(axes: "Axes", shares: np.ndarray, names: Sequence[str]) -> None:
    """Draw a square of cells, the first row on top, as strong as the roots of their shares.

    Args:
        axes: the panel.
        shares: (k, k) in [0, 1].
        names: (k,) of rows and columns; long ones are cut.
    """
    from matplotlib.colors import to_rgb

    strength = np.sqrt(shares)[..., None]  # so that small shares can be seen
    colour = np.broadcast_to(to_rgb(PALETTE[0]), (*shares.shape, 3))
    axes.pcolormesh(np.concatenate([colour, strength], axis=2), edgecolors="none")
    axes.grid(visible=False)
    axes.invert_yaxis()
    places, shown = np.arange(len(names)) + 0.5, [_shortened(name) for name in names]
    axes.set_xticks(places, shown, rotation=90, fontsize=7)
    axes.set_yticks(places, shown, fontsize=7)
    axes.tick_params(length=0)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 2]}…"
