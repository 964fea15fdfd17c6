"""Tables of finished cells that the paper has not: label groups, label orders, costs."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from clmil.experiments.layout import NOTHING, Layout
from clmil.experiments.machine import said
from clmil.experiments.results import GROUPS, Results
from clmil.experiments.scores import score_cell, scores_at_half
from clmil.experiments.variants import ORDERED, VARIANTS, Variant


def group_table(results: Results) -> Layout:
    """Return what Figure 6 shows: micro-F1 by label group, in per cent."""
    rows = tuple(
        (
            variant.name,
            *(score_cell(results.values(variant, "per_group", "fixed", g, "f1")) for g in GROUPS),
        )
        for variant in VARIANTS["figure6"]
    )
    note = "Micro-F1 in per cent over the labels of each group (Table 6), at a threshold of 0.5."
    return Layout(
        title=f"Figure 6 on {results.corpus.name}",
        headers=("system", *GROUPS),
        rows=rows,
        notes=(note,),
    )


def order_table(results: Results) -> Layout:
    """Return scores by the order in which label tokens follow the text."""
    keys = ("micro_f1", "macro_f1", "hamming_loss")
    rows = tuple(
        (
            variant.name if number else f"{variant.name}, frequency",
            *scores_at_half(results, variant, keys),
            str(len(results.of(variant))),
        )
        for number, variant in enumerate(ORDERED)
    )
    return Layout(
        title=f"Label orders on {results.corpus.name}",
        headers=("system", "micro-F1", "macro-F1", "HL (-)", "seeds"),
        rows=rows,
        notes=("The paper leaves the order of the label tokens open (Limitations).",),
    )


def cost_table(results: Results, variants: Sequence[Variant]) -> Layout:
    """Return seconds, speed, memory and calibration of the finished cells."""
    columns: dict[str, tuple[tuple[str, ...], Callable[[float], str]]] = {
        "training, s": (("train_seconds",), "{:,.0f}".format),
        "of a processor, s": (("train_processor_seconds",), "{:,.0f}".format),
        "training, documents/s": (("train_documents_per_second",), "{:,.1f}".format),
        "prediction, documents/s": (("documents_per_second",), "{:,.0f}".format),
        "peak memory, MB": (("peak_megabytes",), "{:,.0f}".format),
        "calibration error": (("calibration_error", "classwise"), "{:.4f}".format),
        "as told to users": (("calibration_error_told", "classwise"), "{:.4f}".format),
    }
    rows = []
    for variant in variants:
        found = [results.values(variant, *path) for path, _ in columns.values()]
        shown = zip(found, columns.values(), strict=True)
        cells = [say(float(np.mean(values))) if values else NOTHING for values, (_, say) in shown]
        if any(found):
            of = [outcome.values for outcome in results.of(variant)]
            on = _all(said(values.get("machine", {})) for values in of)
            rows.append((variant.name, *cells, on, _all(values.get("code", "") for values in of)))
    return Layout(
        title=f"Costs on {results.corpus.name}",
        headers=("system", *columns, "on", "code"),
        rows=tuple(rows),
        notes=(
            "Means over seeds. Seconds of a processor do not count what else the machine did. "
            "Costs on different machines are not comparable. Calibration errors are class-wise "
            "(docs/decisions.md), of the system's own probabilities and of those that its model "
            "tells users, which the recipe may calibrate; a system that writes label sets itself "
            "has none. Code: a hash of the source that trains and decides; cells with different "
            "ones were made by different states of it, those without before it was kept.",
        ),
    )


def _all(told: Iterable[str]) -> str:
    """Return what different cells say, each once."""
    return "; ".join(sorted(set(filter(None, told)))) or NOTHING
