"""What a CL-MIL network computes (section 3.3), whatever holds its encoder."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from clmil.nn.balance import BalancedLoss
from clmil.nn.cil import CoarseGrainedInteraction
from clmil.nn.clrl import LabelRelationHead
from clmil.nn.encoding import JointEncoder
from clmil.nn.fil import FineGrainedInteraction
from clmil.nn.heads import ClassifierHead, mix
from clmil.nn.layout import SpecialTokens
from clmil.nn.objective import add_loss, learn_twice
from clmil.nn.outputs import ClMilOutput, HeadLogits, LabelOutput
from clmil.nn.own_heads import make_head
from clmil.nn.pooling import at_least_single
from clmil.nn.represented import Represented
from clmil.nn.settings import NetworkSettings


class Network(JointEncoder):
    """Joint encoder, FIL, CIL and CLRL, or any part of them.

    Without FIL and CIL a plain classifier on the pooled text takes CIL's place, which gives
    the paper's BERT, joint BERT and BERT_clrl. Another system's head (`clmil.nn.own_heads`)
    takes the place of all of them.
    """

    strong: Tensor

    def assemble(
        self,
        encoder: Any,
        *,
        settings: NetworkSettings,
        special: SpecialTokens,
        labels: int,
        accepts: frozenset[str] = frozenset(),
        head: Mapping[str, Any] | None = None,
    ) -> None:
        """Make the parts.

        Args:
            encoder: a transformers encoder, or `clmil.nn.bert.Bert`.
            settings: of the network.
            special: ids of the framing tokens.
            labels: l.
            accepts: which of token types and positions the encoder's forward takes.
            head: another system's, as `make_head` takes it.

        Raises:
            ValueError: if another system's head is to learn by losses that it does not have.
        """
        self.assemble_encoder(encoder, settings, special, labels, accepts)
        hidden = encoder.config.hidden_size
        if settings.clrl.enabled:
            self.clrl = LabelRelationHead(hidden)
            self.register_buffer("strong", torch.zeros(labels, labels, dtype=torch.bool))
        self.balance = BalancedLoss(settings.balance, labels) if settings.balance.enabled else None
        classifier = settings.classifier
        self.own_head = make_head(head, classifier, hidden, labels) if head else None
        if self.own_head is not None:
            if settings.balance.enabled or settings.rdrop.enabled:
                raise ValueError("a head of its own has its own loss; turn balance and rdrop off")
            return
        if settings.fil.enabled:
            self.fil = FineGrainedInteraction(settings.fil, labels)
            self.fil_head = ClassifierHead(hidden, hidden, labels, classifier)
        if settings.cil.enabled:
            self.cil = CoarseGrainedInteraction(settings.cil, hidden)
            self.cil_head = ClassifierHead(self.cil.width, hidden, labels, classifier)
        if not (settings.fil.enabled or settings.cil.enabled):
            self.plain_head = ClassifierHead(hidden, 0, labels, classifier)

    def forward(
        self,
        text_ids: Tensor,
        lengths: Tensor,
        targets: Tensor | None = None,
        rows: Tensor | None = None,
    ) -> LabelOutput:
        """Predict, and compute the loss where targets are given.

        Args:
            text_ids: (B, D) int64 word pieces without special tokens.
            lengths: (B,) int64.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
            rows: (B,) int64, if the documents are one process's share of a batch of G: `targets`
                are (G, l), these their rows, -1 for a document that counts nowhere. The losses
                of all shares add up to that of the batch.
        """
        if targets is not None and self.training and self.settings.rdrop.enabled:
            return learn_twice(self, text_ids, lengths, targets, rows)
        return self.judge(self.represented(text_ids, lengths), targets, rows)

    def judge(
        self, seen: Represented, targets: Tensor | None = None, rows: Tensor | None = None
    ) -> LabelOutput:
        """Predict from what the heads see; arguments as for `forward`."""
        if self.own_head is not None:
            found: LabelOutput = self.own_head(seen, targets)
            return found
        logits = self.logits(seen)
        output = self.predict(logits)
        if targets is not None:
            add_loss(self, output, logits, seen.labels, targets, rows)
        return output

    def logits(self, seen: Represented) -> HeadLogits:
        """Return the logits of the classifiers that are there."""
        settings = self.settings
        words, mask, pooled, labels = seen
        fil = cil = None
        if settings.fil.enabled:
            fil = self.fil_head(self.fil(words, labels, mask).features, pooled)
        if settings.cil.enabled:
            cil = self.cil_head(self.cil(words, mask), pooled)
        elif not settings.fil.enabled:
            cil = self.plain_head(pooled, pooled)
        return HeadLogits(cil=cil, fil=fil)

    def predict(self, logits: HeadLogits) -> ClMilOutput:
        """Return the probabilities, mixed and by part (section 3.3.3)."""
        cil, fil = (None if one is None else at_least_single(one).sigmoid() for one in logits)
        mixed = mix(fil, cil, self.settings.classifier.gamma)
        return ClMilOutput(probabilities=mixed, fil=fil, cil=cil)
