"""Training networks over an encoder; CL-MIL's learner."""

from abc import abstractmethod
from collections.abc import Sequence

from clmil.errors import ModelError
from clmil.nn.model import ClMilModel
from clmil.nn.ranges import activation_ranges
from clmil.nn.transfer import TransferReport
from clmil.storage.encoders import LoadedEncoder, load_encoder
from clmil.systems.adaptation import adaptation_stage, masking_of
from clmil.systems.budget import text_budget
from clmil.systems.cl_mil import build_network, encoder_window
from clmil.systems.family import About, Scorer
from clmil.systems.joint import EncoderRecipe, JointRecipe
from clmil.systems.joint_scorer import scorer_of
from clmil.systems.joint_stages import contrastive_stage, multi_task_stage
from clmil.systems.learning import NetworkLearner
from clmil.systems.lessons import Lesson
from clmil.systems.neighbour_stage import Votes
from clmil.systems.reading import EncoderReader
from clmil.systems.scoring import NetworkScorer
from clmil.systems.stages import GradientStage, Place, Stage
from clmil.systems.start import Start

PARTS = ("contrastive", "fil", "cil", "clrl")

ADAPTED = "; the encoder was first adapted to the training texts by masked language modelling"

RANGED = 128
"""Validation texts from which int8 prediction takes its scales."""


class EncoderLearner(NetworkLearner):
    """Learns a network over a pre-trained encoder."""

    recipe: EncoderRecipe
    network: ClMilModel
    reader: EncoderReader
    encoder: LoadedEncoder

    def make_reader(self) -> EncoderReader:
        """Load the encoder, whose tokenizer reads texts into the room beside the labels."""
        self.encoder, adaptation = load_encoder(self.recipe.encoder.name), self.recipe.adaptation
        if adaptation.enabled:
            masking_of(self.encoder, adaptation.share)  # refuses a tokenizer that cannot mask
        window, labels = encoder_window(self.encoder), len(self.material.space)
        budget = text_budget(self.recipe.network(), labels, window)
        return EncoderReader(self.encoder.tokenizer, budget)

    def make_network(self) -> ClMilModel:
        """Build the network on the encoder."""
        material = self.material
        return build_network(self.recipe, self.encoder, material.space, material.relations)

    def take_weights(self, start: Start, scorer: NetworkScorer) -> TransferReport:
        """Copy the weights, unless the encoder cuts words otherwise than the model's."""
        theirs = scorer.reader.tokenizer.backend_tokenizer.get_vocab()  # type: ignore[attr-defined]
        if theirs != self.encoder.tokenizer.get_vocab():
            raise ModelError(
                f"the encoder {self.encoder.name!r} has other word pieces than the model "
                f"{start.folder}; leave out --encoder, or give the one that it was trained on."
            )
        return super().take_weights(start, scorer)

    def stages(self, place: Place) -> Sequence[Stage]:
        """Return the encoder's adaptation, where the recipe has it on, and what learns labels."""
        adapting = [self.adaptation(place)] if self.recipe.adaptation.enabled else []
        return [*self.first(), *adapting, *self.label_stages(self.lesson(place))]

    def adaptation(self, place: Place) -> GradientStage:
        """Return the stage in which the encoder reads the texts, whatever their labels."""
        return adaptation_stage(self.network, self.recipe, self.tokens, self.encoder, place)

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

    def about(self) -> About:
        """Return what the card says."""
        return About(
            reads=f"Of a long text only the first {self.recipe.encoder.max_length} tokens are "
            "read, less the room that labels take.",
            parts=self.parts() + (ADAPTED if self.recipe.adaptation.enabled else ""),
            encoder=self.encoder.name,
            lengths=self.lengths(),
        )

    @abstractmethod
    def parts(self) -> str:
        """Return what the network is made of, in words."""


class JointLearner(EncoderLearner):
    """Learns contrastively (section 3.2), then all tasks at once (section 3.3)."""

    recipe: JointRecipe
    votes: Votes | None = None
    _left_out = False

    def label_stages(self, lesson: Lesson) -> Sequence[Stage]:
        """Return the stages that the recipe asks for."""
        first = None
        if self.recipe.contrastive.enabled:
            first = contrastive_stage(self.network, self.recipe, lesson)
            self._left_out = first is None
        stages: list[Stage] = [] if first is None else [first]
        stages.append(multi_task_stage(self.network, self.recipe, lesson))
        if self.recipe.neighbours.enabled:
            wanted = self.recipe.neighbours
            self.votes = Votes(self.network, self.material, self.tokens, wanted)
            stages.append(self.votes.stage())
        return stages

    def scorer(self) -> Scorer:
        """Return the network, with the votes of training texts where the recipe has them."""
        base = self.network_scorer()
        return base if self.votes is None else self.votes.scorer(base)

    @property
    def notes(self) -> tuple[str, ...]:
        """Tell of a contrastive stage that has nothing to learn from."""
        if not self._left_out:
            return ()
        return (
            "the contrastive stage is left out: in train or in validation no document has both "
            "a rare label and an admissible source.",
        )

    def parts(self) -> str:
        """Return which of CL-MIL's parts are on."""
        parts = [part for part in PARTS if getattr(self.recipe, part).enabled]
        named = ", ".join(parts) or "a plain classifier"
        return named if self.votes is None else f"{named}, and {self.votes.told()}"
