"""Training, saving and loading the networks over text and labels together."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from clmil.nn.model import ClMilModel
from clmil.nn.network import Network
from clmil.nn.precision import resolve_precision
from clmil.nn.prepared import prepare
from clmil.nn.ranges import activation_ranges, stored_ranges
from clmil.storage.encoders import LoadedEncoder, load_encoder
from clmil.storage.folder import check_label_count
from clmil.storage.weights import load_network, save_network
from clmil.systems.budget import text_budget
from clmil.systems.cl_mil import build_network, encoder_window
from clmil.systems.family import About
from clmil.systems.joint import JointRecipe
from clmil.systems.joint_stages import contrastive_stage, multi_task_stage
from clmil.systems.learning import NetworkLearner
from clmil.systems.reading import EncoderReader
from clmil.systems.scoring import NetworkScorer
from clmil.systems.stages import GradientStage, Place

PARTS = ("contrastive", "fil", "cil", "clrl")

RANGED = 128
"""Validation texts from which int8 prediction takes its scales."""


class JointLearner(NetworkLearner):
    """Learns contrastively (section 3.2), then all tasks at once (section 3.3)."""

    recipe: JointRecipe
    network: ClMilModel
    reader: EncoderReader
    encoder: LoadedEncoder
    _left_out = False

    def make_reader(self) -> EncoderReader:
        """Load the encoder, whose tokenizer reads texts into the room beside the labels."""
        self.encoder = load_encoder(self.recipe.encoder.name)
        window, labels = encoder_window(self.encoder), len(self.material.space)
        budget = text_budget(self.recipe.network(), labels, window)
        return EncoderReader(self.encoder.tokenizer, budget)

    def make_network(self) -> ClMilModel:
        """Build the network on the encoder."""
        material = self.material
        return build_network(self.recipe, self.encoder, material.space, material.relations)

    def stages(self, place: Place) -> Sequence[GradientStage]:
        """Return the stages that the recipe asks for."""
        lesson = self.lesson(place)
        first = None
        if self.recipe.contrastive.enabled:
            first = contrastive_stage(self.network, self.recipe, lesson)
            self._left_out = first is None
        last = multi_task_stage(self.network, self.recipe, lesson)
        return [last] if first is None else [first, last]

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell of a contrastive stage that has nothing to learn from."""
        if not self._left_out:
            return ()
        return (
            "the contrastive stage is left out: in train or in validation no document has both "
            "a rare label and an admissible source.",
        )

    def scorer(self) -> NetworkScorer:
        """Return the trained network, in fp32; it remembers what int8 will need."""
        network = self.network.eval()
        seen = self.tokens.validation[:RANGED]["text_ids"]
        network.config.ranges = activation_ranges(network, seen)
        return scorer_of(network, self.reader, len(self.material.space))

    def about(self) -> About:
        """Return what the card says."""
        recipe = self.recipe
        parts = [part for part in PARTS if getattr(recipe, part).enabled]
        return About(
            reads=f"Of a long text only the first {recipe.encoder.max_length} tokens are read, "
            "less the room that labels take.",
            parts=", ".join(parts) or "a plain classifier",
            encoder=self.encoder.name,
            lengths=self.lengths(),
        )


def load_scorer(folder: Path, labels: int, precision: str) -> NetworkScorer:
    """Read a model folder of this family; arguments as for `Family.load`."""
    precision = resolve_precision(precision, setting="the precision")
    network = load_network(folder)
    check_label_count(folder, labels, network.label_count)
    network = network.to("cuda" if torch.cuda.is_available() else "cpu")
    budget = text_budget(network.settings, labels, network.window)
    return scorer_of(network, EncoderReader.load(folder, budget), labels, precision)


def scorer_of(
    network: Network, reader: EncoderReader, labels: int, precision: str = "fp32"
) -> NetworkScorer:
    """Return what scores with a network in eval mode, laid out for a precision."""
    return NetworkScorer(
        network=network,
        reader=reader,
        labels=labels,
        save_network=partial(save_network, network),
        precision=precision,
        prepared=prepare(network, precision, stored_ranges(network)),
    )
