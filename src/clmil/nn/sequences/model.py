"""SGM, SGM with global embedding (Yang et al. 2018) and Seq2Set (Yang et al. 2019)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from clmil.nn.outputs import LabelOutput
from clmil.nn.sequences.beam import sample, search
from clmil.nn.sequences.decoder import LabelDecoder
from clmil.nn.sequences.encoder import Memory, TextEncoder
from clmil.nn.sequences.likelihood import label_sequences, likelihood_loss, teach
from clmil.nn.sequences.rewards import self_critical_loss, set_reward
from clmil.nn.sequences.settings import SequenceSettings

Objective = Literal["likelihood", "reward"]


@dataclass
class SequenceOutput(LabelOutput):
    """Losses, probabilities and label sets.

    Attributes:
        probabilities: (B, l), the highest probability that each label had at any step of the best
            sequence. They rank labels but are not calibrated. Only where no loss is learnt from.
        parts: (P,) the unweighted losses: of the likelihood; or of the reward, then of the
            likelihood where it has a share.
        sets: (B, l) int8, the labels of the best sequence; all 0 where it ends at once.
    """

    sets: Tensor | None = None


class SequenceModel(nn.Module):
    """Reads a text and writes its labels by falling training frequency, each at most once.

    The order is that of the columns, as `LabelSpace` has them. Seq2Set is trained twice: with
    the objective `likelihood`, as SGM, and then, after `train_for("reward")`, by self-critical
    reinforcement, whose reward does not see the order.
    """

    def __init__(
        self,
        settings: SequenceSettings,
        labels: int,
        vocabulary: int,
        *,
        vectors: Tensor | None = None,
    ) -> None:
        """Build the network for l labels and V words; `vectors` are (V, e) first values."""
        super().__init__()
        self.settings = settings
        self.objective: Objective = "likelihood"
        self.encoder = TextEncoder(settings, vocabulary, vectors)
        self.decoder = LabelDecoder(settings, labels)

    def train_for(self, objective: Objective) -> None:
        """Choose what `forward` learns in train mode."""
        self.objective = objective

    def forward(
        self, text_ids: Tensor, lengths: Tensor, targets: Tensor | None = None
    ) -> SequenceOutput:
        """In train mode compute the objective; else search, and add the likelihood's loss.

        Args:
            text_ids: (B, D) int64, 0 on padding.
            lengths: (B,) int64, words of each text.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown, which is taken for not part of
                the sequence, and for no cell by the reward. Rows without any known cell are left
                out of the losses.
        """
        memory = self.encoder(text_ids, lengths)
        output = SequenceOutput()
        if targets is not None:
            losses = self._losses(memory, targets, text_ids, lengths)
            output.loss, output.parts = losses[0], torch.stack(losses[1:]).detach()
        if targets is None or not self.training:
            found = search(self.decoder, memory, beam=self.settings.beam)
            output.probabilities, output.sets = found.peaks, found.sets.to(torch.int8)
        return output

    def _losses(
        self, memory: Memory, targets: Tensor, text_ids: Tensor, lengths: Tensor
    ) -> tuple[Tensor, ...]:
        """Return the loss, then its parts."""
        if not self.training or self.objective == "likelihood":
            loss = self._likelihood(memory, targets)
            return loss, loss
        reward = self._reinforcement(memory, targets, self._greedy(text_ids, lengths))
        share = self.settings.reinforcement.likelihood
        if not share:
            return reward, reward
        likelihood = self._likelihood(memory, targets)
        return torch.lerp(reward, likelihood, share), reward, likelihood

    def _likelihood(self, memory: Memory, targets: Tensor) -> Tensor:
        sequences, alive = label_sequences(targets)
        return likelihood_loss(teach(self.decoder, memory, sequences), sequences, alive)

    def _reinforcement(self, memory: Memory, targets: Tensor, baseline: Tensor) -> Tensor:
        """Return the self-critical loss against the (B, l) bool greedy sets."""
        told = self.settings.reinforcement
        drawn = sample(self.decoder, memory, max_labels=told.max_labels)
        worth = [set_reward(sets, targets, told.reward) for sets in (drawn.sets, baseline)]
        return self_critical_loss(
            drawn.log_probabilities,
            drawn.alive,
            worth[0] - worth[1],
            (targets >= 0).any(dim=1),
        )

    @torch.no_grad()
    def _greedy(self, text_ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the greedy sets, (B, l) bool, without dropout, as they will be predicted."""
        limit = self.settings.reinforcement.max_labels
        with _evaluating(self):
            memory = self.encoder(text_ids, lengths)
            return search(self.decoder, memory, max_labels=limit).sets


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Switch dropout off for a while."""
    network.eval()
    try:
        yield
    finally:
        network.train()
