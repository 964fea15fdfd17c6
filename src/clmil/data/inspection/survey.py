"""The whole inspection: from the parts of a corpus to one report of plain values."""

from typing import Any

from clmil.data.inspection.duplicates import duplicate_facts, leakage_facts
from clmil.data.inspection.labels import LabelCells, label_facts, label_names, label_rows
from clmil.data.inspection.lengths import Ruler, length_facts
from clmil.data.inspection.names import name_facts
from clmil.data.inspection.relations import alias_groups, frequent_matrix, implications
from clmil.data.inspection.texts import TextFacts, measure_texts, odd_texts
from clmil.data.parts import Parts


def survey(parts: Parts, ruler: Ruler) -> dict[str, Any]:
    """Return the report: plain values, as they are written to JSON.

    Texts are read a chunk at a time; 20 bytes a document and 16 a label of a document are
    kept. Relations of labels are those of the train part (or the first one there is).

    Args:
        parts: the corpus.
        ruler: what lengths are measured with.
    """
    texts = {part: measure_texts(documents) for part, documents in parts.documents.items()}
    names = label_names(parts.documents)
    cells = {part: LabelCells.of(held, names) for part, held in parts.documents.items()}
    together = next(iter(cells.values())).together()
    return {
        "data": parts.name,
        "parts": {
            part: {
                "documents": len(documents),
                **label_facts(cells[part]),
                **odd_texts(texts[part]),
                "lengths": length_facts(documents, texts[part].words, ruler),
                "duplicates": duplicate_facts(documents, texts[part], cells[part]),
            }
            for part, documents in parts.documents.items()
        },
        "labels": label_rows(names, cells),
        "missing": _missing(names, cells),
        "aliases": alias_groups(names, together),
        "implications": implications(names, together),
        "cooccurrence": frequent_matrix(names, together),
        "leakage": _leakage(parts, texts, cells),
        "names": name_facts(names),
        "lengths_in": ruler.unit,
        "budget": ruler.budget,
        "notes": list(parts.notes),
    }


def _missing(names: list[str], cells: dict[str, LabelCells]) -> dict[str, list[str]]:
    """Return the labels without a document, of each part."""
    counts = {part: found.counts() for part, found in cells.items()}
    return {
        part: [name for name, count in zip(names, found.tolist(), strict=True) if not count]
        for part, found in counts.items()
    }


def _leakage(
    parts: Parts, texts: dict[str, TextFacts], cells: dict[str, LabelCells]
) -> dict[str, Any]:
    if "train" not in texts:
        return {}
    sides = {part: (parts.documents[part], texts[part], cells[part]) for part in texts}
    return {
        part: leakage_facts(side, sides["train"]) for part, side in sides.items() if part != "train"
    }
