"""The paper's figures from arrays: 5 and 6, and 3 and 4 on paper."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clmil.experiments.clouds import Cloud
from clmil.experiments.curves import CURVES, GAMMAS, Curve
from clmil.experiments.drawing import CLASS_COLOURS, CLASS_MARKS, CLASS_NAMES, panels
from clmil.reports.page_style import PALETTE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_POINTS = 1500
"""Documents drawn in a panel; of more, a seeded sample."""

GROUP_MARKS = {"head": "", "mid": "//", "tail": ".."}


def space_figure(clouds: Mapping[str, Cloud]) -> "Figure":
    """Return Figure 3 or 4: the first three principal components, one panel a model.

    Each panel has axes of its own, fitted to its own documents, all three on one scale.

    Args:
        clouds: by name of the model.
    """
    figure, found = panels(len(clouds), size=(3.7, 3.7), depth=True)
    for axes, (name, cloud) in zip(found, clouds.items(), strict=True):
        _scatter(axes, cloud)
        axes.set_title(name, fontsize=11)
    handles = {str(mark.get_label()): mark for axes in found for mark in axes.collections}
    shown = [name for name in CLASS_COLOURS if name in handles]
    figure.legend(
        [handles[name] for name in shown],
        shown,
        loc="outside lower center",
        ncols=7,
        fontsize=9,
        title="labels of a text: [head, mid, tail]",
        title_fontsize=9,
        markerscale=1.6,
        frameon=False,
    )
    return figure


def gamma_figure(curves: Sequence[Curve]) -> "Figure":
    """Return Figure 5: precision, recall and F1 over gamma, a panel a score."""
    figure, found = panels(len(CURVES), size=(3.1, 2.8))
    for axes, (key, name) in zip(found, CURVES.items(), strict=True):
        for number, curve in enumerate(curves):
            axes.plot(
                GAMMAS,
                100 * curve.scores[key],
                color=PALETTE[number],
                marker="os^Dv*"[number % 6],
                markersize=4,
                label=f"α = {curve.alpha:g}, β = {curve.beta:g}",
            )
        axes.set_title(name, fontsize=11)
        axes.set_xlabel("γ, share of FIL")
        axes.set_xticks([0, 0.5, 1])
    found[0].set_ylabel("%")
    figure.legend(
        *found[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=len(curves),
        fontsize=9,
        frameon=False,
    )
    return figure


def group_figure(scores: Mapping[str, Mapping[str, Sequence[float]]]) -> "Figure":
    """Return Figure 6: micro-F1 by label group, bars a system, with the range over seeds.

    Args:
        scores: system to group to F1 of each seed; a group without labels has none.
    """
    groups = [g for g in GROUP_MARKS if any(of.get(g) for of in scores.values())]
    figure, (axes,) = panels(1, size=(max(5.1, 2.2 * len(groups) + 1.6), 3))
    width = 0.8 / max(len(scores), 1)
    for number, (name, of) in enumerate(scores.items()):
        values = [np.array(of.get(group) or [np.nan]) * 100 for group in groups]
        means = [float(part.mean()) for part in values]
        reach = [
            [mean - part.min(), part.max() - mean] for mean, part in zip(means, values, strict=True)
        ]
        at = np.arange(len(groups)) + (number - (len(scores) - 1) / 2) * width
        axes.bar(
            at,
            means,
            0.92 * width,
            yerr=np.array(reach).T if reach else None,
            color=PALETTE[number % len(PALETTE)],
            hatch=("", "//", "..", "xx")[number % 4],
            edgecolor="white",
            linewidth=0,
            error_kw={"elinewidth": 1},
            label=name,
        )
    axes.set_xticks(range(len(groups)), [f"{group} labels" for group in groups])
    axes.set_ylabel("micro-F1 in %")
    figure.legend(loc="outside lower center", ncols=max(len(scores), 1), fontsize=9, frameon=False)
    return figure


def sampled(classes: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Return the rows to draw: all that have a class, or a seeded sample of them."""
    rows = np.flatnonzero(classes >= 0)
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(0).choice(rows, most, replace=False))
    return rows


def _scatter(axes: Any, cloud: Cloud) -> None:
    points, classes = cloud.points, cloud.classes
    rows = sampled(classes)
    for name, colour in CLASS_COLOURS.items():
        of = rows[classes[rows] == CLASS_NAMES.index(name)]
        if len(of):
            mark: dict[str, Any] = {"marker": CLASS_MARKS[name], "s": 12, "linewidth": 0}
            axes.scatter(*points[of].T, color=colour, alpha=0.75, label=name, **mark)
    reach = float(np.abs(points[rows]).max()) if len(rows) else 1.0
    for axis, share in zip("xyz", cloud.shares, strict=True):
        axes.set(**{f"{axis}lim": (-reach, reach), f"{axis}ticks": [-reach, 0, reach]})
        axes.set(**{f"{axis}ticklabels": []})
        axes.set(**{f"{axis}label": f"{100 * share:.0f} % of variance"})
        getattr(axes, f"{axis}axis").label.set_fontsize(8)
        getattr(axes, f"{axis}axis").labelpad = -12
    axes.set_box_aspect((1, 1, 1), zoom=1.12)
    axes.view_init(elev=18, azim=-60)
