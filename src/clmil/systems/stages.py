"""What a system wants done to learn, as data; `clmil.training` does it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clmil.systems.settings import AveragingSettings, GradientSettings

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.utils.data import Dataset


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which of several processes that train together this one is."""

    rank: int = 0
    processes: int = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class StageData:
    """What a stage trains and validates on: documents, and batches of their rows."""

    train: "Dataset[dict[str, Tensor]]"
    train_batches: Any
    validation: "Dataset[dict[str, Tensor]]"
    validation_batches: Iterable[list[int]]


@dataclass(frozen=True, kw_only=True, eq=False)
class GradientStage:
    """A stage that learns by gradient; its best weights are kept in `model`.

    Attributes:
        name: of the stage, and of its folder.
        model: takes a batch's tensors and returns `loss`, `parts` and `probabilities`, and
            `sets` if it writes label sets.
        data: of the stage.
        part_names: of the entries of `parts`.
        documents_per_step: of a training batch.
        training: batch size, precision, checkpoints and the like.
        averaging: whether an average of the weights is validated and kept in their place.
        seed: of all chance.
        settings: what else transformers' `TrainingArguments` takes: rate, epochs, steps.
        metric: by which validations are compared, `eval_micro_f1` or `eval_loss`.
        greater: whether more of it is better.
        patience: validations without improvement after which the stage ends.
        compute_metrics: from an `EvalPrediction` to scores; None: the loss alone.
        probe: the longest documents as one batch, by which memory is judged beforehand.
        rates: learning rates by part, as multiples; 1 for a part that is not named.
        shorter: the setting that makes texts shorter, for advice.
        begin: called before the stage runs, to switch the model to what it learns now.
        may_keep: validate before the first step, so that weights from which the stage only departs
            for the worse are kept.
    """

    name: str
    model: "nn.Module"
    data: StageData
    part_names: tuple[str, ...]
    documents_per_step: float
    training: GradientSettings
    seed: int
    settings: dict[str, Any]
    metric: str
    greater: bool
    patience: int
    compute_metrics: Any = None
    probe: "dict[str, Tensor] | None" = None
    averaging: AveragingSettings = field(default_factory=AveragingSettings)
    rates: Mapping[str, float] = field(default_factory=dict)
    shorter: str = "encoder.max_length"
    begin: Callable[[], None] = lambda: None
    may_keep: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class PlainStage:
    """A stage that is one piece of work: a fit without torch, a store of neighbours.

    Attributes:
        name: of the stage, and of its folder.
        run: does the work, writes its result into an empty folder and returns facts of it; calls
            its second argument after each of `steps` but the last.
        load: takes the result up from the folder, after `run` or when a run is resumed.
        documents: that it learns from, for the rate.
        steps: of which progress is told.
    """

    name: str
    run: Callable[[Path, Callable[[], None]], dict[str, Any]]
    load: Callable[[Path], None]
    documents: int
    steps: int = 1


Stage = GradientStage | PlainStage
