"""Where documents come from: a file, a folder of parts, a published one, `datasets`, the hub."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from datasets import Dataset, DatasetDict, load_dataset, load_from_disk
from datasets.exceptions import DatasetsError
from huggingface_hub.errors import HfHubHTTPError

from clmil.data.files import FORMS, check_file, split_name
from clmil.data.official.recognise import official_sources
from clmil.data.sources import Source, data_set_source, file_source
from clmil.errors import DataError

PARTS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}
"""File or split name to the part it is."""

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def find_sources(source: str | Path) -> dict[str, Source]:
    """Return the parts of a corpus by name: `train`, `validation`, `test`.

    A single file or data set is the one part `train`.

    Raises:
        DataError: if nothing is there, a part is there twice, or it cannot be opened.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        if any((path / name).exists() for name in ("dataset_dict.json", "state.json")):
            return _data_set(str(path), _load(load_from_disk, str(path)))
        return official_sources(path) or _folder(path)
    if not path.exists() and _is_hub_id(str(source)):
        return _data_set(str(source), _load(load_dataset, str(source)))
    check_file(path)
    return {"train": file_source(path)}


def _is_hub_id(source: str) -> bool:
    local = source.lower().removesuffix(".gz").endswith(FORMS) or Path(source).parent.is_dir()
    return HUB_ID.fullmatch(source) is not None and not local


def _folder(path: Path) -> dict[str, Source]:
    found: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        if not file.name.lower().removesuffix(".gz").endswith(FORMS):
            continue
        part = PARTS.get(split_name(file)[0])
        if part is None:
            continue
        if part in found:
            raise DataError(
                f"{path} holds two files for the {part} part, {found[part].name} and "
                f"{file.name}; keep one of them."
            )
        found[part] = file
    if not found:
        raise DataError(
            f"the folder {path} holds no train, validation or test file; name them like "
            "train.jsonl, validation.jsonl and test.jsonl, or give a single file."
        )
    return {part: file_source(file) for part, file in found.items()}


def _load(load: Callable[[str], Any], source: str) -> Any:
    try:
        return load(source)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        failure: Exception = error
    except (DatasetsError, HfHubHTTPError, pa.ArrowException) as error:
        failure = error
    reason = str(failure).strip().partition("\n")[0].rstrip(".") or type(failure).__name__
    where = "as a `datasets` folder" if load is load_from_disk else "on the Hugging Face hub"
    raise DataError(
        f"{source!r} cannot be loaded {where} ({reason}); check the name, the path and the "
        "network, or give a local file or folder."
    ) from failure


def _data_set(name: str, loaded: Dataset | DatasetDict) -> dict[str, Source]:
    if isinstance(loaded, Dataset):
        return {"train": data_set_source(name, loaded)}
    parts: dict[str, Source] = {}
    for split, dataset in loaded.items():
        part = PARTS.get(str(split).lower())
        if part is not None and part not in parts:
            parts[part] = data_set_source(f"{name}[{split}]", dataset)
    if not parts:
        raise DataError(
            f"{name} has the splits {', '.join(map(str, loaded))}; it needs one named train, "
            "validation or test."
        )
    return parts
