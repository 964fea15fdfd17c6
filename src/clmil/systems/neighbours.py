"""CL-BERT+kNN (Su et al. 2022): a contrastive fine-tune, then votes of near training texts."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.nn.neighbour_settings import ContrastSettings
from clmil.systems.family import Family, Learner, Scorer
from clmil.systems.headed import SEARCHED, HeadedRecipe
from clmil.systems.search import Range
from clmil.systems.settings import Recipe
from clmil.systems.vote_settings import VoteSettings

if TYPE_CHECKING:
    from clmil.systems.material import Material
    from clmil.systems.search import Space


class NeighbourRecipe(HeadedRecipe):
    """Of `cl-bert-knn`."""

    contrast: ContrastSettings = ContrastSettings()
    votes: VoteSettings = VoteSettings()

    def head(self) -> dict[str, Any]:
        """Return the classifier with its contrastive loss."""
        return {"kind": "neighbours", **self.contrast.model_dump(mode="json")}


class NeighbourFamily(Family):
    """Stages: a contrastive fine-tune, then a store of the training texts."""

    recipes: Mapping[str, type[Recipe]] = {"cl-bert-knn": NeighbourRecipe}
    modules = ("clmil", "torch", "transformers", "scikit-learn")

    def learner(self, recipe: Any, material: "Material") -> Learner:
        """Load the encoder and build the network on it."""
        from clmil.systems.neighbour_learner import NeighbourLearner

        return NeighbourLearner(recipe, material)

    def load(self, folder: Path, labels: int, precision: str) -> Scorer:
        """Read network, tokenizer and store; the latter stays on disk until it is looked at."""
        from clmil.systems.encoder_scorer import load_scorer
        from clmil.systems.neighbour_scorer import NeighbourScorer

        return NeighbourScorer.load(load_scorer(folder, labels, precision), folder)

    def search_space(self, recipe: Any) -> "Space":  # noqa: ARG002
        """Return what is worth a search; number and weight of neighbours are tuned in any case."""
        return {
            **SEARCHED,
            "contrast.weight": Range(low=0.01, high=1.0, log=True),
            "contrast.temperature": Range(low=1.0, high=10.0, log=True),
        }


FAMILY = NeighbourFamily()
