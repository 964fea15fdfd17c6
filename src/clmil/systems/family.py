"""What a family of systems has to say so that it trains, predicts, saves and loads.

A family is a module of this folder with an object `FAMILY`; the registry names it. Modules of
families import torch inside functions, so that recipes are read where there is none.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from clmil.decisions.answers import Answers
from clmil.decisions.rule import DecisionRule
from clmil.errors import RecipeError
from clmil.systems.settings import Recipe
from clmil.systems.stages import Place, Stage

if TYPE_CHECKING:
    from clmil.nn.transfer import TransferReport
    from clmil.systems.material import Material
    from clmil.systems.search import Space
    from clmil.systems.start import Start

PRECISIONS = ("auto", "fp32", "bf16", "int8")
"""What a prediction can be asked for."""


class Scorer(Protocol):
    """A trained system."""

    @property
    def precision(self) -> str:
        """In which it computes: fp32, bf16 or int8."""

    @property
    def decides(self) -> bool:
        """Whether it writes label sets itself, so that thresholds do not apply."""

    def answer(self, texts: Sequence[str], batch_size: int = 32) -> Answers:
        """Return what it says of texts, by at most `batch_size` at once."""

    def save(self, folder: Path) -> None:
        """Write its own files, `config.json` among them, into a folder."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What the model card says of a system.

    Attributes:
        reads: a sentence on how much of a text is read.
        parts: what it is made of, in words.
        encoder: alias, folder or hub id; None: it has none.
        lengths: `median` and `p95` of the training texts, and the share `full` that may be cut.
    """

    reads: str
    parts: str
    encoder: str | None = None
    lengths: dict[str, float] | None = None

    def plain(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class Learner(ABC):
    """A system in one training run, made once recipe and labels are known.

    Whoever trains it calls `read`, then `stages` and runs these, then `scorer`.

    Attributes:
        rule: a decision rule of the system's own; None: it is chosen on validation.
    """

    rule: DecisionRule | None = None

    @abstractmethod
    def read(self, cache: Path, *, made: bool = False) -> None:
        """Turn the texts into what the stages learn from, in files of a folder.

        Args:
            cache: the folder.
            made: another process has written the files; take them up.
        """

    def take_up(self, start: "Start") -> "TransferReport":
        """Begin where another model ended, label by label; called at once, if at all.

        Raises:
            RecipeError: if the system cannot.
            ModelError: if the model does not fit.
        """
        raise RecipeError(
            f"the system {start.facts.system} goes on from no model: it is trained anew each time; "
            "leave that model out."
        )

    def check(self, output: Path) -> None:  # noqa: B027  (most systems learn from no model)
        """Look at other models that it learns from, before the run's folder `output` is made.

        A resumed run does without: what these models had to say may be kept by then.

        Raises:
            ModelError: if one is missing or does not fit.
        """

    @abstractmethod
    def stages(self, place: Place) -> Sequence[Stage]:
        """Return what is to be done, in its order; `place` is this process's."""

    @abstractmethod
    def scorer(self) -> Scorer:
        """Return what the stages have made, computing in fp32."""

    @abstractmethod
    def about(self) -> About:
        """Return what the card says."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences, once the stages are known, that the user should read."""
        return ()


class Family(ABC):
    """Systems that are trained, saved and loaded in the same way.

    Attributes:
        recipes: the pydantic model of the recipe, by system.
        modules: whose versions a resumed run has to share.
        shared: whether several processes can train one system together.
        needs_torch: whether it learns with torch and transformers.
        decides: whether its systems write label sets themselves, without probabilities to rely on.
    """

    recipes: Mapping[str, type[Recipe]]
    modules: ClassVar[tuple[str, ...]] = ("clmil", "torch", "transformers")
    shared: ClassVar[bool] = False
    needs_torch: ClassVar[bool] = True
    decides: ClassVar[bool] = False

    @abstractmethod
    def learner(self, recipe: Any, material: "Material") -> Learner:
        """Return the learner of a run; chance comes from the recipe's seed.

        Raises:
            ClmilError: whatever can be known to be wrong before the work begins.
        """

    @abstractmethod
    def load(self, folder: Path, labels: int, precision: str) -> Scorer:
        """Read what a scorer of this family saved.

        Args:
            folder: of the model.
            labels: that its `labels.json` names.
            precision: of `PRECISIONS`.

        Raises:
            ModelError: if the files are missing, damaged or do not fit each other.
            RecipeError: if it cannot compute in that precision.
        """

    def search_space(self, recipe: Any) -> "Space":  # noqa: ARG002
        """Return what a search may vary by default; nothing if the system tunes itself."""
        return {}


def only_fp32(precision: str, what: str) -> str:
    """Return `fp32` for a system that has no other precision.

    Raises:
        RecipeError: if another one is asked for by its name.
    """
    if precision not in ("auto", "fp32"):
        raise RecipeError(
            f"the precision is {precision}, but {what} computes in fp32 alone; leave it out."
        )
    return "fp32"
