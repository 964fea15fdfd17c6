"""The folder of an adapted encoder: a transformers encoder, and what is known of its adaptation."""

from pathlib import Path
from typing import Any

from clmil.errors import ModelError
from clmil.storage.atomic import read_json, staged_folder, write_json
from clmil.storage.encoders import LoadedEncoder
from clmil.storage.folder import CONFIG

FACTS = "adaptation.json"


def save_adapted(
    encoder: LoadedEncoder, facts: dict[str, Any], folder: Path, *, scratch: Path
) -> None:
    """Write an encoder folder as `load_encoder` reads it; `config.json` arrives last.

    Args:
        encoder: with the adapted weights.
        facts: of the adaptation.
        folder: to write.
        scratch: where it is put together, on the same disk.

    Raises:
        ModelError: if it cannot be written.
    """
    encoder.tokenizer.backend_tokenizer.no_truncation()
    with staged_folder(folder, scratch, last=CONFIG) as staging:
        encoder.model.save_pretrained(staging)
        encoder.tokenizer.save_pretrained(staging)
        write_json(staging / FACTS, facts)


def read_adaptation(folder: Path) -> dict[str, Any] | None:
    """Return what `save_adapted` wrote of an adaptation; None if the encoder was not adapted.

    Raises:
        ModelError: if it is damaged.
    """
    file = folder / FACTS
    if not file.is_file():
        return None
    facts = read_json(file)
    if not isinstance(facts, dict) or not {"encoder", "geometry"} <= facts.keys():
        raise ModelError(f"{file} is damaged; restore it from a copy or adapt the encoder again.")
    return facts
