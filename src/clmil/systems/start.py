"""A trained model from which a run goes on: with more documents, or with other labels."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.errors import ModelError, RecipeError
from clmil.storage.atomic import explained
from clmil.storage.folder import CONFIG, RECIPE, ModelFacts, kind_of, read_facts
from clmil.storage.hub import find_model
from clmil.systems.family import Scorer
from clmil.systems.recipe import as_overrides, find_system, load_recipe, parse_recipe
from clmil.systems.registry import family_named
from clmil.systems.settings import Recipe

if TYPE_CHECKING:
    from clmil.nn.transfer import TransferReport

OWN = ("*.safetensors", CONFIG, "vocabulary.json", "tokenizer.json")
"""Files of which what a run takes over depends, beside the labels' names."""

LEARNING = (
    *("seed", "training", "averaging", "adaptation", "contrastive", "loss", "decisions"),
    *("reinforcement", "neighbours", "votes", "balance", "rdrop", "teacher", "linear_probe"),
)
"""Parts of recipes that say how a network learns, not what it is."""

OF_THE_START = (
    *("encoder.name", "encoder.max_length", "encoder.windows"),
    *("labels.init", "classifier.prior_bias"),
    *("clrl.partition", "clrl.sampling", "clrl.pairs"),
    *("words.vectors", "words.vocabulary", "words.min_count", "words.max_words"),
    *("network.reduction", "network.penalty", "network.penalty_loss"),
)
"""Further settings that a network can be trained on with."""

SHOWN = 5
"""Label names that a sentence lists."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Start:
    """A trained model from which a run goes on.

    Attributes:
        folder: of the model.
        facts: its labels and recipe.
    """

    folder: Path
    facts: ModelFacts

    @cached_property
    def weights(self) -> str:
        """SHA-256 of all that a run takes over, by which a resumed one knows it again."""
        digest = hashlib.sha256(repr(self.facts.space.names).encode())
        with explained(self.folder):
            for file in sorted(path for kind in OWN for path in self.folder.glob(kind)):
                digest.update(file.name.encode())
                with file.open("rb") as content:
                    digest.update(hashlib.file_digest(content, "sha256").digest())
        return digest.hexdigest()

    def scorer(self) -> Scorer:
        """Load the trained system, in fp32.

        Raises:
            ModelError: if a file is missing or damaged.
        """
        family = family_named(find_system(self.facts.system).family)
        return family.load(self.folder, len(self.facts.space), "fp32")

    def recipe(
        self, name: str = "default", *, system: str | None = None, overrides: Sequence[str] = ()
    ) -> Recipe:
        """Return the recipe of a run that goes on: the model's own, with overrides.

        Args:
            name: `default` for the model's own, else as `load_recipe` takes it.
            system: that was asked for; None: the model's.
            overrides: `part.key=value`.

        Raises:
            RecipeError: if it asks for another system or architecture, or has a fault.
        """
        own = self.facts.system
        if system not in (None, own):
            raise RecipeError(
                f"the model {self.folder} is of the system {own}, from which {system} cannot go "
                "on; leave the system out, or train without that model."
            )
        if name == "default":
            wanted = load_recipe(str(self.folder / RECIPE), overrides=overrides)
        else:
            wanted = load_recipe(name, system=own, overrides=overrides)
        self._check_architecture(wanted)
        return wanted

    def _check_architecture(self, wanted: Recipe) -> None:
        ours = leaves(parse_recipe(dict(self.facts.recipe)).plain())
        for key, value in leaves(wanted.plain()).items():
            if not changes_learning(key) and ours.get(key) != value:
                raise RecipeError(
                    f"the recipe's {key} is {value!r}, but {ours.get(key)!r} in the model "
                    f"{self.folder}, whose architecture a run that goes on from it keeps; leave it "
                    "out, or train without that model."
                )


def read_start(model: str | Path) -> Start:
    """Read what a model folder says; its weights are loaded when they are wanted.

    Args:
        model: a folder that `clmil train` wrote, or a model on the hub.

    Raises:
        ModelError: if it cannot be found, is damaged, or is no model as it was trained.
        RecipeError: if this version does not know its system.
    """
    folder = find_model(model)
    facts = read_facts(folder)
    if kind_of(folder) != find_system(facts.system).family:
        raise ModelError(
            f"{folder} was exported, so no run can go on from it; give the model that it was "
            "made of."
        )
    return Start(folder=folder, facts=facts)


def recipe_for(
    name: str = "default",
    *,
    system: str | None = None,
    overrides: Sequence[str] = (),
    encoder: str | None = None,
    seed: int | None = None,
    start: Start | None = None,
) -> Recipe:
    """Return the recipe of a run, afresh or going on from a model.

    Args:
        name: as `load_recipe` takes it; `default` is the model's own, if there is one.
        system: that was asked for; None: the recipe's or the model's.
        overrides: `part.key=value`.
        encoder: over all overrides, as is the seed; None: the recipe's.
        seed: of all chance; None: the recipe's.
        start: the model from which the run goes on.

    Raises:
        RecipeError: on an unknown recipe, system or key, a value that does not fit, or what a
            run that goes on cannot change.
    """
    overrides = [*overrides, *as_overrides({"encoder.name": encoder, "seed": seed})]
    load = load_recipe if start is None else start.recipe
    return load(name, system=system, overrides=overrides)


def sentences(report: "TransferReport") -> tuple[str, ...]:
    """Say what became of the labels."""
    said = [f"{len(report.kept)} labels go on from the model"]
    said += [f"{len(report.fresh)} are new ({_listed(report.fresh)})"] if report.fresh else []
    if report.dropped:
        said.append(f"{len(report.dropped)} of its labels are dropped ({_listed(report.dropped)})")
    return ("; ".join(said) + ".",)


def changes_learning(key: str) -> bool:
    """Tell whether a dotted recipe key leaves the network what it is."""
    part = key.split(".")[0]
    return part in LEARNING or key in OF_THE_START or key.endswith("dropout")


def leaves(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings by dotted key."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= leaves(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def _listed(names: Sequence[str]) -> str:
    more = ["..."] if len(names) > SHOWN else []
    return ", ".join([*names[:SHOWN], *more])
