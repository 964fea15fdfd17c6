"""Fill the tables of docs/performance.md from results/bench-*.json.

python -m benchmarks.speed.tables
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clmil.experiments.machine import said

PAGE, RESULTS = Path("docs/performance.md"), Path("results")
BLOCK = re.compile(r"(<!-- bench:([a-z-]+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
AS_IT_COMES = ("Trainer, fp32", "LibMultiLabel BERT, as it comes", "tlmtc, all weights")
"""Peers' plain fine-tunes in fp32; ratios are to the fastest."""
AT_ITS_BEST = ("Trainer, bf16, grouped",)
SPEEDS = ("train_documents_per_second", "predict_documents_per_second")
STATED = 40.0
"""Validation micro-F1, in per cent, to which times are told."""

Results = dict[str, Any]


def fill(page: str, results: Results) -> str:
    """Return the page with each block made from its results; one without results says so."""

    def made(match: re.Match[str]) -> str:
        name = match[2]
        source = SOURCES[name][0]
        if source not in results:
            return f"{match[1]}(not measured yet)\n{match[3]}"
        return match[1] + SOURCES[name][1](results[source]) + "\n" + match[3]

    return BLOCK.sub(made, page)


def read_results(folder: Path) -> Results:
    """Return the content of every bench-*.json by its name."""
    return {
        path.stem.removeprefix("bench-"): json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("bench-*.json"))
    }


def table(headers: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table, numbers to the right."""
    line = ["---", *["---:"] * (len(headers) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (headers, line, *rows))


def peers(found: Results) -> str:
    """Return one table a corpus: speeds, ratios to the peers, memory, F1."""
    shown = []
    for name, corpus in found["corpora"].items():
        systems = corpus["systems"]
        plain, best = (
            {key: max(systems.get(name, {}).get(key, 0.0) for name in names) for key in SPEEDS}
            for names in (AS_IT_COMES, AT_ITS_BEST)
        )
        rows = []
        for title, row in systems.items():
            if "failed" in row:
                rows.append([title, f"failed: {row['failed']}", *[""] * 8])
                continue
            rows.append(
                [
                    title,
                    f"{row['train_documents_per_second']:.1f}",
                    _ratio(row, plain, "train_documents_per_second"),
                    _ratio(row, best, "train_documents_per_second"),
                    f"{row['predict_documents_per_second']:.1f}",
                    _ratio(row, plain, "predict_documents_per_second"),
                    _reached(row["curve"]),
                    f"{row['peak_memory_gb']:.1f}",
                    f"{row['seconds_to_first_step']:.1f}",
                    f"{row['test']['micro_f1']:.1f} / {row['test']['macro_f1']:.1f}",
                ]
            )
        headers = ["system", "training, documents/s", "to fastest fp32 peer", "to bf16 peer"]
        headers += [
            "prediction, documents/s",
            "to fastest fp32 peer",
            f"s to validation F1 {STATED:.0f}",
        ]
        headers += ["peak memory, GB", "s to first step", "test micro / macro-F1"]
        shown.append(f"**{name}**\n\n{table(headers, rows)}")
    return "\n\n".join(shown)


def limit(found: Results) -> str:
    """Return rates and shares by system, and the parts of a step."""
    rates = found["rates"]
    rows = [
        [
            name,
            f"{row['seconds_per_step']:.2f}",
            f"{sum(row['operations_per_step'].values()) / 1e12:.2f}",
            f"{100 * row['share_of_bf16_rate']:.0f} %",
            f"{_bound(row, rates['bf16'], passes=3):.0f}",
            f"{_bound(row, rates['bf16'], passes=1):.0f}",
        ]
        for name, row in found["systems"].items()
    ]
    parts = [[name, f"{seconds:.2f}"] for name, seconds in found["parts_of_a_step"].items()]
    return (
        f"Matrix products: {rates['bf16'] / 1e12:.2f} TFLOP/s in bf16, "
        f"{rates['fp32'] / 1e12:.2f} in fp32.\n\n"
        + table(
            [
                "system",
                "s a step",
                "TFLOP a step",
                "share of bf16 rate",
                "training at the full rate, documents/s",
                "prediction at the full rate, documents/s",
            ],
            rows,
        )
        + "\n\n"
        + table(["part of a step with all heads", "s"], parts)
    )


CHANGES = (
    "documents packed without padding",
    "dropout masks from random bytes",
    "attention a document at a time",
    "sums between layers in bf16",
)
"""What `benchmarks/speed/changes.py` takes back, one at a time."""


def changes(found: Results) -> str:
    """Return what a step costs without each change."""
    rows = [
        [name, f"{row['seconds']:.2f}", f"{row['ratio']:.2f}"]
        for name, row in found["without"].items()
        if name in CHANGES  # of those that were measured, the ones that the code still has
    ]
    return table(
        ["change taken back", "s a step", f"times the step as it is ({found['seconds']:.2f} s)"],
        rows,
    )


def predict(found: Results) -> str:
    """Return prediction by precision and corpus, and a cold start."""
    rows = [
        [
            f"{corpus}, {precision}",
            f"{row['documents_per_second']:.1f}",
            f"{row['micro_f1']:.2f} / {row['macro_f1']:.2f}",
            f"{row['short_text_ms']:.1f}",
        ]
        for corpus, precisions in found["corpora"].items()
        for precision, row in precisions.items()
    ]
    headers = ["model, precision", "documents/s", "micro / macro-F1", "one short text, ms"]
    cold = f"\n\nA cold `clmil predict --text` takes {found['cold_seconds']:.1f} s."
    return table(headers, rows) + cold


def labels(found: Results) -> str:
    """Return what label tokens cost, a table a corpus."""
    shown = []
    for name, corpus in found["corpora"].items():
        rows = [
            [
                title,
                f"{row['train_documents_per_second']:.1f}",
                f"{row['predict_documents_per_second']:.1f}",
                f"{row['short_text_ms']:.1f}",
                f"{row['exported_short_text_ms']:.1f}",
            ]
            for title, row in corpus["variants"].items()
        ]
        headers = ["", "training, documents/s", "prediction, documents/s", "one short text, ms"]
        headers.append("exported, fp32, ms")
        told = f"**{name}**, {corpus['labels']} labels, {said(corpus['machine'])}"
        shown.append(f"{told}\n\n{table(headers, rows)}")
    return "\n\n".join(shown)


def memory(found: Results) -> str:
    """Return peak memory by number of texts."""
    rows = [
        [f"{int(size):,}", f"{row['peak_memory_mb']:.0f}", f"{row['texts_per_second']:,.0f}"]
        for size, row in found.items()
    ]
    return table(["texts", "peak memory, MB", "texts/s"], rows)


def pairs(found: Results) -> str:
    """Return what mining takes in each case."""
    rows = []
    for name, case in found.items():
        seconds = [f"{value:.1f}" for value in (*case["seconds"].values(), case["total_seconds"])]
        sizes = [f"{case['label_sets']:,}", f"{case['targets']:,}"]
        rows.append([name, *sizes, *seconds, f"{case['peak_memory_gb']:.1f}"])
    case = next(iter(found.values()))
    headers = ["case", "label sets", "targets", *(f"{step}, s" for step in case["seconds"])]
    return (
        f"{case['documents']:,} documents, {case['labels']} labels, {case['negatives']} negatives "
        "a target.\n\n" + table([*headers, "in all, s", "peak memory, GB"], rows)
    )


def startup(found: Results) -> str:
    """Return the time of `clmil --help`."""
    return f"`clmil --help` takes {found['help_seconds']:.2f} s (median of {found['runs']} runs)."


SOURCES: dict[str, tuple[str, Callable[[Results], str]]] = {
    "peers": ("peers", peers),
    "limit": ("limit", limit),
    "changes": ("changes", changes),
    "predict": ("predict", predict),
    "labels": ("labels", labels),
    "memory": ("memory", memory),
    "pairs": ("pairs", pairs),
    "startup": ("startup", startup),
}


def _bound(row: Results, rate: float, *, passes: int) -> float:
    """Return documents a second if nothing but the products of so many passes took time."""
    forward = sum(row["operations_per_step"].values()) / 3
    return 32 * rate / (passes * forward)


def _ratio(row: Results, peer: Results, key: str) -> str:
    return f"{row[key] / peer[key]:.2f}" if peer.get(key) else ""


def _reached(curve: list[list[float]]) -> str:
    for seconds, micro_f1 in curve:
        if micro_f1 >= STATED:
            return f"{seconds:.0f}"
    return "not reached" if curve else ""


if __name__ == "__main__":
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), read_results(RESULTS)), encoding="utf-8")
