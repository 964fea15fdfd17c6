"""Predicting with a saved model of any system. Imports no torch until a system needs it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from clmil.decisions.answers import Answers
from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.storage.folder import ModelFacts, read_facts, save_folder
from clmil.storage.hub import find_model
from clmil.systems.family import Scorer
from clmil.systems.kinds import check_precision, load_scorer

if TYPE_CHECKING:
    from clmil.nn.network import Network
    from clmil.systems.reading import EncoderReader


@dataclass(frozen=True, kw_only=True, eq=False)
class Predicted:
    """What a model predicts for n texts.

    Attributes:
        probabilities: (n, l) float32, calibrated where the model has a calibration.
        decided: (n, l) int8, 1 for the predicted labels.
    """

    probabilities: np.ndarray
    decided: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictor:
    """A loaded model that turns texts into probabilities and labels.

    Attributes:
        facts: labels, decision rule, recipe, metrics and card.
        scorer: the trained system.
        folder: where it was loaded from.
    """

    facts: ModelFacts
    scorer: Scorer
    folder: Path | None = None

    @classmethod
    def load(cls, folder: str | Path, *, precision: str = "fp32", mend: bool = False) -> Self:
        """Load a model, a torch network onto the GPU if there is one.

        Args:
            folder: that `clmil train` or `clmil export` wrote; or a model on the hub, as
                `find_model` takes it.
            precision: `fp32`, in which a prediction does not depend on what else is in the batch
                (within 1e-5); `bf16`, faster where the hardware has it (within 5e-3); `int8`,
                faster again and less exact; or `auto`: bf16 where system and hardware have it.
            mend: as `clmil.storage.folder.read_facts` takes it.

        Raises:
            ModelError: if it cannot be found, is no model, damaged or from a newer version.
            RecipeError: on an unknown precision, or one that system or hardware lack.
        """
        check_precision(precision)
        found = find_model(folder)
        facts = read_facts(found, mend=mend)
        scorer = load_scorer(found, len(facts.space), precision)
        return cls(facts=facts, scorer=scorer, folder=found)

    @property
    def space(self) -> LabelSpace:
        """The labels, in the order of the columns."""
        return self.facts.space

    @property
    def rule(self) -> DecisionRule:
        """The rule that turns the system's probabilities into labels."""
        return self.facts.rule

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe as plain values."""
        return self.facts.recipe

    @property
    def precision(self) -> str:
        """In which the system computes: fp32, bf16 or int8."""
        return self.scorer.precision

    @property
    def decides(self) -> bool:
        """Whether the system writes label sets itself, so that no rule applies."""
        return self.scorer.decides

    @property
    def network(self) -> "Network":
        """The torch network of a system over an encoder, as it was trained (fp32).

        Raises:
            ModelError: if the system has no such network.
        """
        network: Network | None = getattr(self.scorer, "network", None)
        if network is None or not hasattr(network, "represented"):
            raise ModelError(
                f"the system {self.facts.system} has no network over an encoder; this needs a "
                "model of CL-MIL, BERT or another system that has one."
            )
        return network

    @property
    def reader(self) -> "EncoderReader":
        """What reads texts for that network, as far as it sees them.

        Raises:
            ModelError: if the system has no such network.
        """
        assert self.network is not None
        reader: EncoderReader = getattr(self.scorer, "reader", None)  # type: ignore[assignment]
        return reader

    def with_rule(self, rule: DecisionRule) -> Self:
        """Return a predictor with another rule; the system is shared, not copied.

        Raises:
            ModelError: if the system writes label sets itself.
        """
        self.check_rule_applies()
        return replace(self, facts=replace(self.facts, rule=rule))

    def check_rule_applies(self) -> None:
        """Raise a `ModelError` if the system writes label sets itself."""
        if self.decides:
            raise ModelError(
                f"the system {self.facts.system} writes label sets itself, so thresholds and "
                "calibration do not apply to it; leave them out."
            )

    def predict(self, texts: Sequence[str], batch_size: int = 32) -> Predicted:
        """Return the predicted labels of texts, and their probabilities."""
        said = self.answer(texts, batch_size=batch_size)
        probabilities = self.rule.calibrate(said.probabilities)
        decided = self.rule.decide(probabilities) if said.sets is None else said.sets
        return Predicted(probabilities=probabilities, decided=decided)

    def predict_proba(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Return (n, l) float32 calibrated probabilities, columns as in `space.names`."""
        return self.rule.calibrate(self.raw_proba(texts, batch_size=batch_size))

    def raw_proba(self, texts: Sequence[str], batch_size: int = 32) -> np.ndarray:
        """Return the system's own (n, l) float32 probabilities, before calibration."""
        return self.answer(texts, batch_size=batch_size).probabilities

    def answer(self, texts: Sequence[str], batch_size: int = 32) -> Answers:
        """Return the system's own probabilities, and its label sets if it writes some.

        Raises:
            ModelError: if a probability is no number.
        """
        said = self.scorer.answer(texts, batch_size)
        if not np.isfinite(said.probabilities).all():
            raise ModelError(
                f"the model {self.folder or self.facts.system} gives probabilities that are no "
                "numbers, so its weights are damaged; restore it from a copy or train again."
            )
        return said

    def save(self, folder: Path) -> None:
        """Write a model folder.

        Raises:
            ModelError: if it cannot be written.
        """
        save_folder(self.facts, self.scorer.save, folder)
