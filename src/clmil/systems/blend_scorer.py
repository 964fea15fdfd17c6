"""What several systems say of texts, mixed into one answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clmil.decisions.answers import Answers
from clmil.decisions.stacking import Stack
from clmil.errors import ModelError
from clmil.storage.atomic import read_json, write_json
from clmil.storage.folder import CONFIG, MEMBERS, config_of, kind_of
from clmil.systems.family import PRECISIONS, Scorer
from clmil.systems.registry import family_named


@dataclass(frozen=True, kw_only=True, eq=False)
class BlendScorer:
    """A `clmil.systems.family.Scorer`.

    Attributes:
        members: by name, in the order of the weights.
        stack: the weights.
    """

    members: dict[str, Scorer]
    stack: Stack
    decides = False

    @property
    def precision(self) -> str:
        """The least exact one of the members'."""
        return max((one.precision for one in self.members.values()), key=PRECISIONS.index)

    def answer(self, texts: Sequence[str], batch_size: int = 32) -> Answers:
        """Return the weighed probabilities."""
        given = [one.answer(texts, batch_size).probabilities for one in self.members.values()]
        return Answers(probabilities=self.stack.mix(given))

    def save(self, folder: Path) -> None:
        """Write every member into a folder of its own, and the weights."""
        for name, member in self.members.items():
            place = folder / MEMBERS / name
            place.mkdir(parents=True)
            member.save(place)
        told = {"weights": dict(zip(self.members, self.stack.weights, strict=True))}
        write_json(folder / CONFIG, config_of("blend", **told, bias=self.stack.bias))


def load_blend(folder: Path, labels: int, precision: str) -> BlendScorer:
    """Read what `BlendScorer.save` wrote.

    Raises:
        ModelError: if a member or the weights are missing or damaged.
        RecipeError: if a member cannot compute in that precision.
    """
    config = read_json(folder / CONFIG)
    try:
        weights = {str(name): float(value) for name, value in config["weights"].items()}
        stack = Stack(weights=tuple(weights.values()), bias=float(config["bias"]))
        places = {name: folder / MEMBERS / name for name in weights}
        families = {name: family_named(kind_of(place)) for name, place in places.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{folder / CONFIG} is damaged ({error}); restore it from a copy or train again."
        ) from error
    members = {
        name: families[name].load(place, labels, precision) for name, place in places.items()
    }
    return BlendScorer(members=members, stack=stack)
