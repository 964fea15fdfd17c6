"""A cell: one system, trained and scored once, and the key by which it is known again."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from clmil.errors import DataError
from clmil.experiments.sources import local_contents
from clmil.experiments.variants import Variant
from clmil.systems.recipe import (
    applicable,
    deciding,
    known_keys,
    load_recipe,
    recipe_model,
)


@dataclass(frozen=True, kw_only=True)
class CorpusFacts:
    """A corpus as a plan sees it.

    Attributes:
        name: as tables name it.
        source: where it is read from.
        digest: of its texts and labels.
        documents: of its train part.
    """

    name: str
    source: str
    digest: str
    documents: int


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all cells of a plan share.

    Attributes:
        recipe: `default`, `paper` or a YAML file.
        overrides: `part.key=value`; a system whose recipe lacks a key does without it.
        version: of the code.
    """

    recipe: str = "default"
    overrides: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One system on one corpus with one recipe and one seed.

    Attributes:
        corpus: name of the corpus.
        source: where it is read from; a corpus that has moved is the same.
        system: a name of `clmil systems`.
        recipe: `default`, `paper` or a YAML file.
        overrides: `part.key=value`.
        seed: of all chance.
        key: of corpus, system, whole recipe with the files that it names, seed and version of
            the code; names the cell's files.
        work: training documents times epochs, 0 where the recipe names no epochs.
    """

    corpus: str
    source: str
    system: str
    recipe: str
    overrides: tuple[str, ...]
    seed: int
    key: str
    work: float

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Cell":
        """Read what `to_json` wrote.

        Raises:
            DataError: if a value is missing or one too many.
        """
        try:
            return cls(**values | {"overrides": tuple(values["overrides"])})
        except (KeyError, TypeError) as error:
            raise DataError(f"a cell is damaged ({error}); delete its file.") from error


@dataclass(frozen=True, kw_only=True, eq=False)
class CellResult:
    """What a cell gives: plain values, and arrays such as the probabilities, by name."""

    values: dict[str, Any]
    arrays: dict[str, np.ndarray]


def make_cell(corpus: CorpusFacts, variant: Variant, settings: Settings, seed: int) -> Cell:
    """Return the cell of a variant; its recipe is checked here, before anything is trained.

    Raises:
        RecipeError: if the system, a key or a value does not exist.
    """
    keys = known_keys(recipe_model(variant.system))
    shared = tuple(applicable(settings.overrides, keys))
    overrides = (*shared, *variant.overrides)
    recipe = load_recipe(
        settings.recipe, system=variant.system, overrides=[*overrides, f"seed={seed}"]
    )
    plain = recipe.plain()
    local = local_contents(plain)
    known = json.dumps(
        [corpus.digest, settings.version, deciding(plain), *([local] if local else [])],
        sort_keys=True,
    )
    digest = hashlib.sha256(known.encode()).hexdigest()[:10]
    said = (corpus.name, variant.system, settings.recipe.rsplit("/", 1)[-1], f"seed{seed}", digest)
    return Cell(
        corpus=corpus.name,
        source=corpus.source,
        system=variant.system,
        recipe=settings.recipe,
        overrides=overrides,
        seed=seed,
        key=".".join(re.sub(r"[^\w+-]+", "-", part) for part in said),
        work=float(corpus.documents * plain.get("training", {}).get("epochs", 0)),
    )
