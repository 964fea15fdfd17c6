"""What to do about what an inspection found: one sentence a finding, the gravest first."""

from collections.abc import Iterator
from typing import Any

from clmil.data.inspection.relations import LEAST_DOCUMENTS
from clmil.errors import listed

FEW_TRAINING, MUCH_CUT, STEP = 300, 0.1, 32
"""Annotated documents below which a linear system is safer; share of texts cut off that is
worth a longer input; multiples in which max_length is advised."""

MUCH_TAKEN = 0.1
"""Share of the encoder's window that labels take when it is worth to encode them apart."""

MOST_WINDOWS = 4
"""Windows that are advised at most."""

MOST_GROUPS = 5
"""Of labels written alike, or always together, that are told of."""


def advise(report: dict[str, Any]) -> list[str]:
    """Return suggestions for a report of `clmil.reports.inspection.inspect_data`."""
    found = (_reading, _leaks, _doubles, _unannotated, _gaps, _rare, _relations, _size, _length)
    return [sentence for advice in found for sentence in advice(report)]


def _reading(report: dict[str, Any]) -> Iterator[str]:
    for fact in report["names"]["delimiters"]:
        yield (
            f"{_count(fact['labels'], 'label name')} with {fact['mark']!r} inside, like "
            f"{fact['examples'][0]!r}, look like several labels; try --delimiter "
            f"{_shell(fact['mark'])}."
        )
    for group in report["names"]["nearly_equal"][:MOST_GROUPS]:
        yield f"The label names {listed(group)} differ in writing only; write them alike."
    documents = next(iter(report["parts"].values()))["documents"]
    if len(report["labels"]) > max(documents / 2, 20):
        yield (
            f"There are {len(report['labels']):,} different labels on {documents:,} documents; "
            "check --label-column and --delimiter."
        )


def _leaks(report: dict[str, Any]) -> Iterator[str]:
    for part, fact in report["leakage"].items():
        if fact["documents"]:
            yield (
                f"{_count(fact['documents'], 'text')} of the {part} part "
                f"({100 * fact['share']:.1f} %) also stand in train; remove them there, "
                "or scores will be too good (--output lists their rows)."
            )


def _doubles(report: dict[str, Any]) -> Iterator[str]:
    for part, fact in report["parts"].items():
        double = fact["duplicates"]
        if double["exact"] + double["near"]:
            yield (
                f"The {part} part repeats {_count(double['exact'] + double['near'], 'text')}; "
                "keep one copy of each."
            )
        if double["conflicts"]:
            yield (
                f"{_count(double['conflicts'], 'text')} of the {part} part have different labels "
                "in different copies; decide which are right."
            )


def _unannotated(report: dict[str, Any]) -> Iterator[str]:
    for part, fact in report["parts"].items():
        if fact["unannotated"]["documents"]:
            yield (
                f"{_count(fact['unannotated']['documents'], 'document')} of the {part} part have "
                "no annotation and count nowhere; write [] where no label applies."
            )
        if fact["blank"]["documents"]:
            yield (
                f"{_count(fact['blank']['documents'], 'text')} of the {part} part are blank; "
                f"remove them (first: document {fact['blank']['rows'][0]:,})."
            )


def _gaps(report: dict[str, Any]) -> Iterator[str]:
    missing = report["missing"]
    unseen = missing.get("train", [])
    if unseen:
        yield (
            f"No training document has {_count(len(unseen), 'label')} of other parts "
            f"({listed(unseen)}); add some or remove the labels, training stops otherwise."
        )
    for part in [name for name in missing if name != "train"]:
        lost = [name for name in missing[part] if name not in unseen]
        if lost:
            yield (
                f"{_count(len(lost), 'label')} have no document in the {part} part "
                f"({listed(lost)}), so nothing can be said about them there."
            )


def _rare(report: dict[str, Any]) -> Iterator[str]:
    rare = [row["name"] for row in report["labels"] if 0 < row.get("train", 0) < LEAST_DOCUMENTS]
    if rare:
        yield (
            f"{_count(len(rare), 'label')} have fewer than {LEAST_DOCUMENTS} training documents "
            f"({listed(rare)}); annotate more, merge or remove them."
        )


def _relations(report: dict[str, Any]) -> Iterator[str]:
    for group in report["aliases"][:MOST_GROUPS]:
        yield f"The labels {listed(group)} always stand together; merge them into one."
    implied = [f"{pair['label']} > {pair['implies']}" for pair in report["implications"]]
    if implied:
        yield (
            f"Nearly always with another one: {_count(len(implied), 'label')} "
            f"({listed(implied)}); check whether the second says more than the first."
        )


def _size(report: dict[str, Any]) -> Iterator[str]:
    annotated = next(iter(report["parts"].values()))["annotated"]
    if annotated < FEW_TRAINING:
        yield (
            f"With {_count(annotated, 'annotated document')} a linear model is the safer choice; "
            "try `--system linear` first."
        )
    if "joint_fault" in report["encoder"]:
        yield f"Joint encoding does not fit: {report['encoder']['joint_fault']}"


def _length(report: dict[str, Any]) -> Iterator[str]:
    lengths = next(iter(report["parts"].values()))["lengths"]
    encoder, budget = report["encoder"], report["budget"]
    if not lengths.get("cut_off") or lengths["cut_off"] < MUCH_CUT or "joint_fault" in encoder:
        return
    taken = min(encoder["max_length"], encoder["window"]) - budget
    longest, room = lengths["quantiles"]["0.95"], encoder["window"] - taken
    cut = f"{100 * lengths['cut_off']:.0f} % of the texts are cut at {budget} word pieces"
    if longest <= room:
        advised = min(-(-(longest + taken) // STEP) * STEP, encoder["window"])
        yield f"{cut}; set `--set encoder.max_length={advised}` if time allows."
        return
    wider = encoder["max_length"] < encoder["window"]
    settings = [f"encoder.max_length={encoder['window']}"] if wider else []
    settings += [f"encoder.windows={min(-(-longest // room), MOST_WINDOWS)}"]
    free = f"set `--set labels.see_text=false`, under which {taken - 2} tokens are free, or "
    way = free if encoder["packs"] and taken > MUCH_TAKEN * encoder["window"] else ""
    said = " ".join(f"--set {setting}" for setting in settings)
    yield (
        f"{cut}, and many are longer than what the encoder's window leaves; {way}set `{said}`, "
        "which reads texts in parts, if time allows."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _shell(mark: str) -> str:
    return r"'\t'" if mark == "\t" else f"'{mark}'"
