"""From a model folder to what scores texts: systems by their families, and exported graphs."""

from pathlib import Path

from clmil.errors import ModelError, RecipeError
from clmil.storage.exported import KIND as ONNX
from clmil.storage.folder import kind_of
from clmil.systems.family import PRECISIONS, Family, Scorer
from clmil.systems.registry import family_named


def check_precision(precision: str) -> None:
    """Raise a `RecipeError` unless a precision is one that a prediction can be asked for."""
    if precision not in PRECISIONS:
        raise RecipeError(f"the precision {precision!r} is unknown; give {_listed()}.")


def load_scorer(folder: Path, labels: int, precision: str) -> Scorer:
    """Read what scores from a model folder.

    Args:
        folder: of a known version.
        labels: that its `labels.json` names.
        precision: of `PRECISIONS`.

    Raises:
        ModelError: if it is of an unknown kind, or damaged.
        RecipeError: if it cannot compute in that precision.
    """
    kind = kind_of(folder)
    if kind == ONNX:
        from clmil.systems.onnx import OnnxModel

        return OnnxModel.load(folder, precision)
    return _family(kind, folder).load(folder, labels, precision)


def writes_sets(folder: Path) -> bool:
    """Tell whether a model writes label sets itself, before it is loaded; errors as above."""
    kind = kind_of(folder)
    return kind != ONNX and _family(kind, folder).decides


def _family(kind: str, folder: Path) -> Family:
    try:
        return family_named(kind)
    except KeyError:
        raise ModelError(
            f"{folder} is a model of the kind {kind!r}, which this version of clmil does not "
            "know; upgrade with `pip install -U clmil`."
        ) from None


def _listed() -> str:
    *others, last = PRECISIONS
    return f"{', '.join(others)} or {last}"
