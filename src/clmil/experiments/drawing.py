"""What the figures share: colours, marks and panels without pyplot."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.reports.frequency_classes import CLASSES, class_name
from clmil.reports.page_style import PALETTE
from clmil.reports.panels import style
from clmil.storage.atomic import explained

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLASS_COLOURS = dict(
    zip(
        ("[1,0,0]", "[0,0,1]", "[0,1,0]", "[1,0,1]", "[0,1,1]", "[1,1,0]", "[1,1,1]"),
        (*PALETTE, "#7a5cff"),
        strict=True,
    )
)
"""A colour a class [h, m, l]; classes differ in their marks too."""

CLASS_MARKS = dict(zip(CLASS_COLOURS, "os^Dv*P", strict=True))

CLASS_NAMES = tuple(class_name(index) for index in range(len(CLASSES)))


def panels(
    count: int, *, size: tuple[float, float], columns: int = 3, depth: bool = False
) -> "tuple[Figure, list[Axes]]":
    """Return a figure with panels in rows.

    Args:
        count: how many panels.
        size: width and height of a panel, in inches.
        columns: at most, in a row.
        depth: whether they have three axes.
    """
    from matplotlib.figure import Figure

    across = min(count, columns)
    rows = -(-count // across)
    figure = Figure(figsize=(across * size[0] + 0.4, rows * size[1] + 0.6), layout="constrained")
    kind: dict[str, Any] = {"subplot_kw": {"projection": "3d"}} if depth else {"sharey": True}
    found = list(figure.subplots(rows, across, squeeze=False, **kind).flat)
    for axes in found[count:]:
        axes.remove()
    for axes in [] if depth else found[:count]:
        style(axes)
    return figure, found[:count]


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure on white, in the form that the name says (`.png`, `.svg`, `.pdf`).

    Raises:
        ModelError: if it cannot be written.
    """
    temporary = path.with_name(f".writing-{path.name}")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(temporary, dpi=160, facecolor="white")
        temporary.replace(path)
