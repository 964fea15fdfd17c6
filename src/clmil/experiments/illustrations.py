"""The figures of a corpus from its finished cells: files beside the report, and HTML in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clmil.experiments.clouds import Cloud
from clmil.experiments.curves import weight_curves
from clmil.experiments.drawing import save_figure
from clmil.experiments.figures import gamma_figure, group_figure, space_figure
from clmil.experiments.results import GROUPS, Outcome, Results
from clmil.experiments.rotation import rotation_page
from clmil.experiments.variants import CL_MIL, VARIANTS
from clmil.reports.svg import figure_html

SHOWN = {"initial": "encoder as given", "contrastive": "after the contrastive stage"}
"""Stages of Figure 3, and what they show."""


@dataclass(frozen=True, kw_only=True)
class Illustration:
    """A figure.

    Attributes:
        title: what it shows.
        html: for a page.
        files: written beside the page.
    """

    title: str
    html: str
    files: tuple[Path, ...]


def illustrate(part: str, results: Results, folder: Path) -> Illustration | None:
    """Draw one figure of the paper; None where its cells are not there.

    Args:
        part: `figure3` to `figure6`.
        results: of one corpus.
        folder: gets the files.

    Raises:
        ModelError: if a file cannot be written.
    """
    number = part.removeprefix("figure")
    stem = folder / f"{part}-{results.corpus.name}"
    if part == "figure3":
        clouds = {said: (stage, CL_MIL) for stage, said in SHOWN.items()}
    else:
        clouds = {variant.name: ("trained", variant) for variant in VARIANTS["figure4"]}
    if part in ("figure3", "figure4"):
        found = {
            name: cloud
            for name, (stage, variant) in clouds.items()
            if (cloud := _cloud(results.of(variant), stage)) is not None
        }
        title = f"Figure {number}: text representations of {results.corpus.name}"
        return _space(title, found, stem) if found else None
    if part == "figure5":
        curves = weight_curves(results)
        title = f"Figure 5: scores over γ by loss weights on {results.corpus.name}"
        return _flat(title, gamma_figure(curves), stem) if curves else None
    scores = _group_scores(results)
    title = f"Figure 6: micro-F1 by label frequency on {results.corpus.name}"
    return _flat(title, group_figure(scores), stem) if scores else None


def _cloud(outcomes: list[Outcome], stage: str) -> Cloud | None:
    """Return the cloud of the first seed that has one."""
    return next(filter(None, (Cloud.read(outcome.array, stage) for outcome in outcomes)), None)


def _space(title: str, clouds: Mapping[str, Cloud], stem: Path) -> Illustration:
    picture, page = stem.with_suffix(".png"), stem.with_suffix(".html")
    figure = space_figure(clouds)
    save_figure(figure, picture)
    rotation_page(page, title=title, clouds=clouds)
    caption = f"{title}. To turn it by hand, open {page.name}."
    return Illustration(
        title=title,
        html=figure_html(figure, alt=title, caption=caption, dense=True),
        files=(picture, page),
    )


def _flat(title: str, figure: object, stem: Path) -> Illustration:
    picture = stem.with_suffix(".png")
    save_figure(figure, picture)  # type: ignore[arg-type]
    html = figure_html(figure, alt=title, caption=f"{title}.")  # type: ignore[arg-type]
    return Illustration(title=title, html=html, files=(picture,))


def _group_scores(results: Results) -> dict[str, dict[str, list[float]]]:
    scores = {
        variant.name: {
            group: results.values(variant, "per_group", "fixed", group, "f1")
            for group in GROUPS
            if (columns := results.columns(group)) is None or len(columns)
        }
        for variant in VARIANTS["figure6"]
        if results.of(variant)
    }
    return {name: of for name, of in scores.items() if any(of.values())}
