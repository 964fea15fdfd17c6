"""Training networks over an encoder."""

from abc import abstractmethod
from collections.abc import Sequence

from clmil.errors import ModelError
from clmil.nn.model import ClMilModel
from clmil.nn.ranges import activation_ranges
from clmil.nn.transfer import TransferReport
from clmil.storage.encoders import LoadedEncoder, load_encoder
from clmil.systems.adaptation import adaptation_stage, masking_of
from clmil.systems.encoder_network import build_network, text_room
from clmil.systems.encoder_recipe import EncoderRecipe
from clmil.systems.encoder_scorer import scorer_of
from clmil.systems.family import About, Scorer
from clmil.systems.learning import NetworkLearner
from clmil.systems.lessons import Lesson
from clmil.systems.linear_probe import ProbeStage
from clmil.systems.reading import EncoderReader
from clmil.systems.scoring import NetworkScorer
from clmil.systems.stages import GradientStage, Place, Stage
from clmil.systems.start import Start

ADAPTED = "; the encoder was first adapted to the training texts by masked language modelling"

RANGED = 128
"""Validation texts from which int8 prediction takes its scales."""


class EncoderLearner(NetworkLearner):
    """Learns a network over a pre-trained encoder."""

    recipe: EncoderRecipe
    network: ClMilModel
    reader: EncoderReader
    encoder: LoadedEncoder
    _goes_on = False

    def make_reader(self) -> EncoderReader:
        """Load the encoder, whose tokenizer reads texts into the room beside the labels."""
        self.encoder, adaptation = load_encoder(self.recipe.encoder.name), self.recipe.adaptation
        if adaptation.enabled:
            masking_of(self.encoder, adaptation.share)  # refuses a tokenizer that cannot mask
        budget = text_room(self.recipe, self.encoder, len(self.material.space))
        return EncoderReader(self.encoder.tokenizer, budget)

    def make_network(self) -> ClMilModel:
        """Build the network on the encoder."""
        material = self.material
        return build_network(self.recipe, self.encoder, material.space, material.relations)

    def take_weights(self, start: Start, scorer: NetworkScorer) -> TransferReport:
        """Copy the weights, unless the encoder cuts words otherwise than the model's."""
        self._goes_on = True
        theirs = scorer.reader.tokenizer.backend_tokenizer.get_vocab()  # type: ignore[attr-defined]
        if theirs != self.encoder.tokenizer.get_vocab():
            raise ModelError(
                f"the encoder {self.encoder.name!r} has other word pieces than the model "
                f"{start.folder}; leave the encoder out, or give the one that it was trained on."
            )
        return super().take_weights(start, scorer)

    def stages(self, place: Place) -> Sequence[Stage]:
        """Return the encoder's adaptation, where the recipe has it on, and what learns labels."""
        adapting = [self.adaptation(place)] if self.recipe.adaptation.enabled else []
        return [*self.first(), *adapting, *self.label_stages(self.lesson(place))]

    def adaptation(self, place: Place) -> GradientStage:
        """Return the stage in which the encoder reads the texts, whatever their labels."""
        return adaptation_stage(self.network, self.recipe, self.tokens, self.encoder, place)

    def probing(self) -> Sequence[Stage]:
        """Return the fit of classifiers to the encoder, where the recipe has it on and it can be.

        Classifiers that were taken over from a model are left as they are.
        """
        if not self.recipe.linear_probe.enabled or self._goes_on:
            return []
        probe = ProbeStage(
            self.network,
            self.material,
            self.tokens,
            self.recipe.linear_probe,
            self.recipe.training,
        )
        stage = probe.stage()
        return [] if stage is None else [stage]

    @abstractmethod
    def label_stages(self, lesson: Lesson) -> Sequence[Stage]:
        """Return the stages that learn from labels."""

    def scorer(self) -> Scorer:
        """Return the trained network, in fp32."""
        return self.network_scorer()

    def network_scorer(self) -> NetworkScorer:
        """Return the network alone; it remembers what int8 will need."""
        network = self.network.eval()
        seen = self.tokens.validation[:RANGED]["text_ids"]
        network.config.ranges = activation_ranges(network, seen)
        return scorer_of(network, self.reader, len(self.material.space))

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell of settings that cannot be followed."""
        labels, said = self.recipe.network().labels, []
        if labels.attention is not None and labels.joint and not self.network.leaning:
            said.append(
                f"labels.attention={labels.attention:g} is left out: it needs an encoder of the "
                f"BERT or RoBERTa kind, and {self.encoder.name!r} is a "
                f"{self.encoder.model.config.model_type}."
            )
        if self.recipe.linear_probe.enabled and not self.probing():
            reason = (
                "the classifiers are those of the model that the run goes on from"
                if self._goes_on
                else "no classifier reads the text; set classifier.skip=true"
            )
            said.append(f"the linear probe is left out: {reason}.")
        return tuple(said)

    def about(self) -> About:
        """Return what the card says."""
        return About(
            reads=self._reads(),
            parts=self.parts() + (ADAPTED if self.recipe.adaptation.enabled else ""),
            encoder=self.encoder.name,
            lengths=self.lengths(),
        )

    def _reads(self) -> str:
        windows = self.recipe.encoder.windows
        parts = f", in up to {windows} windows" if windows > 1 else ""
        return f"Of a long text only the first {self.reader.most} word pieces are read{parts}."

    @abstractmethod
    def parts(self) -> str:
        """Return what the network is made of, in words."""
