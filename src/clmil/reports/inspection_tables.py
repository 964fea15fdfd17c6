"""An inspection in rows and columns: for the terminal and for the page."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from clmil.reports.tables import plain_table

GROUPS = ("head", "mid", "tail")

Rows = list[tuple[str, ...]]


def part_rows(report: dict[str, Any]) -> Rows:
    """Return a row a fact and a column a part: sizes, labels, texts."""
    parts = list(report["parts"].values())
    rows: Rows = []
    for name, shown in _facts(report["lengths_in"]):
        rows.append((name, *(shown(part) for part in parts)))
    leaked = [report["leakage"].get(part, {}).get("documents") for part in report["parts"]]
    rows.append(("texts that also stand in train", *map(_number, leaked)))
    return rows


def group_rows(report: dict[str, Any]) -> Rows:
    """Return labels and label assignments of head, mid and tail labels (Table 6, scaled)."""
    first = next(iter(report["parts"]))
    total = max(sum(row[first] for row in report["labels"]), 1)
    rows: Rows = []
    for group in GROUPS:
        counts = [row[first] for row in report["labels"] if row["group"] == group]
        if counts:
            span = f"{min(counts):,} to {max(counts):,}"
            rows.append((group, f"{len(counts):,}", span, _percent(sum(counts) / total)))
    return rows


GROUP_HEADERS = ("label group", "labels", "documents a label", "share of all label cells")


def terminal_tables(report: dict[str, Any]) -> list[Table]:
    """Return the tables that `clmil inspect` prints: parts, label groups, what is odd."""
    return [
        plain_table(("", *report["parts"]), part_rows(report)),
        plain_table(GROUP_HEADERS, group_rows(report)),
    ]


def relation_rows(report: dict[str, Any]) -> Rows:
    """Return label, the label that it implies, share and documents."""
    return [
        (pair["label"], pair["implies"], _percent(pair["share"]), f"{pair['documents']:,}")
        for pair in report["implications"]
    ]


def duplicate_rows(report: dict[str, Any]) -> Rows:
    """Return part, what, row numbers and beginning of texts that occur more than once."""
    return list(_duplicates(report))


def odd_rows(report: dict[str, Any]) -> Rows:
    """Return part, what is odd, how many documents and the first row numbers."""
    kinds = {
        "blank": "blank text",
        "short": "fewer than three words",
        "long": "much longer than usual",
        "unannotated": "not annotated",
        "without_label": "no label applies",
    }
    return [
        (part, name, f"{fact[kind]['documents']:,}", _places(fact[kind]["rows"]))
        for part, fact in report["parts"].items()
        for kind, name in kinds.items()
        if fact[kind]["documents"]
    ]


def _facts(unit: str) -> list[tuple[str, Any]]:
    def quantile(share: str) -> Any:
        return lambda part: _number(part["lengths"].get("quantiles", {}).get(share))

    def cut(part: dict[str, Any]) -> str:
        share = part["lengths"].get("cut_off")
        return "-" if share is None else _percent(share)

    return [
        ("documents", lambda part: _number(part["documents"])),
        ("  not annotated", lambda part: _number(part["unannotated"]["documents"])),
        ("  without a label", lambda part: _number(part["without_label"]["documents"])),
        ("unknown label cells", lambda part: _number(part["unknown_cells"])),
        ("labels a document, mean", lambda part: f"{part['labels_a_document']['mean']:.2f}"),
        ("labels a document, most", lambda part: _number(part["labels_a_document"]["most"])),
        ("distinct label sets", lambda part: _number(part["label_sets"]["distinct"])),
        (f"median length ({unit})", quantile("0.5")),
        ("95 % are at most", quantile("0.95")),
        ("texts that will be cut off", cut),
        ("blank texts", lambda part: _number(part["blank"]["documents"])),
        ("repeated texts", lambda part: _number(part["duplicates"]["exact"])),
        ("  but for punctuation and case", lambda part: _number(part["duplicates"]["near"])),
        ("  with other labels", lambda part: _number(part["duplicates"]["conflicts"])),
    ]


def _duplicates(report: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for part, fact in report["leakage"].items():
        for one in fact["examples"]:
            rows = f"{one['row']:,} (train: {_places(one['train_rows'])})"
            yield part, "also in train", rows, one["text"]
    for part, fact in report["parts"].items():
        kinds = {"conflict_examples": "other labels", "examples": "repeated"}
        for key, name in kinds.items():
            for one in fact["duplicates"][key]:
                yield part, name, _places(one["rows"]), one["text"]


def _places(rows: list[int]) -> str:
    return ", ".join(f"{row:,}" for row in rows)


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
