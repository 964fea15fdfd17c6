"""The sample corpus that comes with the package."""

from importlib.resources import files
from pathlib import Path

from clmil.errors import DataError


def sample_corpus_path() -> Path:
    """Return the folder that holds `train.jsonl`, `test.jsonl` and `labels.json`.

    Raises `DataError` if the installed package lacks its sample corpus.
    """
    folder = Path(str(files("clmil") / "data" / "sample"))
    if not (folder / "train.jsonl").is_file():
        raise DataError(
            f"The sample corpus is missing from {folder}; reinstall clmil as an unpacked package."
        )
    return folder
