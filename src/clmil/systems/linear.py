"""The linear bar as a system: tuned, fitted and decided by cross-validation, without torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, PositiveFloat

from clmil.decisions.answers import Answers
from clmil.decisions.rule import DecisionRule
from clmil.nn.settings import Settings
from clmil.storage.atomic import read_json, write_json
from clmil.storage.folder import check_label_count
from clmil.storage.linear import LinearWeights, load_weights, save_weights
from clmil.systems.family import About, Family, Learner, only_fp32
from clmil.systems.linear_model import LinearModel
from clmil.systems.linear_tuning import Labelled, Tuning, tune_linear
from clmil.systems.settings import Recipe
from clmil.systems.stages import Place, PlainStage

if TYPE_CHECKING:
    from clmil.systems.material import Material

RULE = "rule.json"


class LinearSettings(Settings):
    """What cross-validation tries."""

    C: tuple[PositiveFloat, ...] = Field(default=(0.25, 1.0, 4.0), min_length=1)
    """Inverse strengths of the regularisation."""
    pairs: tuple[bool, ...] = Field(default=(False, True), min_length=1)
    """Whether pairs of words are read beside words."""
    folds: int = Field(default=5, ge=2)
    decide_on_validation: bool = False
    """Choose thresholds on validation; off, by cross-validation on train, which has more."""


class LinearRecipe(Recipe):
    """The recipe of the linear system."""

    linear: LinearSettings = LinearSettings()


class LinearScorer:
    """A fitted linear model; a `clmil.systems.family.Scorer`."""

    precision, decides = "fp32", False

    def __init__(self, model: LinearModel) -> None:
        self.model = model

    @property
    def weights(self) -> LinearWeights:
        """What it computes with."""
        assert self.model.weights is not None
        return self.model.weights

    def answer(self, texts: Sequence[str], batch_size: int = 32) -> Answers:  # noqa: ARG002
        """Return the sigmoid of the margins."""
        return Answers(probabilities=self.model.predict_proba(texts))

    def save(self, folder: Path) -> None:
        """Write the weights."""
        save_weights(self.weights, folder)


class LinearLearner(Learner):
    """Learns in one stage, which chooses settings and decision rule too."""

    def __init__(self, recipe: LinearRecipe, material: "Material") -> None:
        self.recipe, self.material = recipe, material
        self.model = LinearModel()

    def read(self, cache: Path, *, made: bool = False) -> None:
        """Do nothing: the model reads texts."""

    def stages(self, place: Place) -> Sequence[PlainStage]:  # noqa: ARG002
        """Return the fit."""
        return [
            PlainStage(
                name="fit",
                run=lambda folder, _: self._fit(folder),
                load=self._take_up,
                documents=len(self.material.train),
            )
        ]

    def scorer(self) -> LinearScorer:
        """Return the fitted model."""
        return LinearScorer(self.model)

    def about(self) -> About:
        """Return what the card says."""
        pairs = " and pairs of words" if self.model.pairs else ""
        return About(
            reads="All of a text is read; words that no training text has tell nothing.",
            parts=f"TF-IDF of words{pairs}, and a linear support vector machine a label with "
            f"C = {self.model.C:g}, chosen by cross-validation",
        )

    def _fit(self, folder: Path) -> dict[str, Any]:
        wanted, material = self.recipe.linear, self.material
        tuned = tune_linear(
            Labelled(texts=list(material.train["text"]), targets=material.train_targets),
            validation=Labelled(
                texts=list(material.validation["text"]), targets=material.validation_targets
            ),
            decide_on_validation=wanted.decide_on_validation,
            tuning=Tuning(
                C=wanted.C,
                pairs=wanted.pairs,
                folds=wanted.folds,
                choice=self.recipe.decisions.choice(self.recipe.seed),
                seed=self.recipe.seed,
            ),
        )
        LinearScorer(tuned.model).save(folder)
        write_json(folder / RULE, tuned.rule.to_json(material.space.names))
        return tuned.facts

    def _take_up(self, folder: Path) -> None:
        self.model = LinearModel.of(load_weights(folder))
        self.rule = DecisionRule.from_json(read_json(folder / RULE), self.material.space.names)


class LinearFamily(Family):
    """Stages: a fit."""

    recipes: Mapping[str, type[Recipe]] = {"linear": LinearRecipe}
    modules = ("clmil", "scikit-learn")
    needs_torch = False

    def learner(self, recipe: Any, material: "Material") -> Learner:
        """Return the learner."""
        return LinearLearner(recipe, material)

    def load(self, folder: Path, labels: int, precision: str) -> LinearScorer:
        """Read the weights."""
        only_fp32(precision, "the linear system")
        weights = load_weights(folder)
        check_label_count(folder, labels, len(weights.bias))
        return LinearScorer(LinearModel.of(weights))


FAMILY = LinearFamily()
