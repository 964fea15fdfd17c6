"""What a CL-MIL network computes (section 3.3), whatever holds its encoder."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from clmil.nn.balance import BalancedLoss
from clmil.nn.cil import CoarseGrainedInteraction
from clmil.nn.clrl import LabelRelationHead
from clmil.nn.fil import FineGrainedInteraction
from clmil.nn.heads import ClassifierHead, mix
from clmil.nn.layout import Layout, SpecialTokens, lay_out
from clmil.nn.objective import add_loss, learn_twice
from clmil.nn.outputs import ClMilOutput, LabelOutput
from clmil.nn.own_heads import make_head
from clmil.nn.packed import encode_packed, packs
from clmil.nn.pooling import at_least_single, pool_text
from clmil.nn.represented import Represented
from clmil.nn.settings import NetworkSettings


class Network(nn.Module):
    """Joint encoder, FIL, CIL and CLRL, or any part of them.

    Without FIL and CIL a plain classifier on the pooled text takes CIL's place, which gives
    the paper's BERT, joint BERT and BERT_clrl. Another system's head (`clmil.nn.own_heads`)
    takes the place of all of them.
    """

    settings: NetworkSettings
    special: SpecialTokens
    label_count: int
    label_order: Tensor
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
        self.encoder, self.settings, self.special = encoder, settings, special
        self.label_count, self._accepts, self.packed = labels, accepts, packs(encoder)
        hidden = encoder.config.hidden_size
        self.window = min(
            settings.encoder.max_length,
            encoder.config.max_position_embeddings - special.position_offset,
        )
        self.segments = max(getattr(encoder.config, "type_vocab_size", 2), 1)
        self.register_buffer("label_order", torch.arange(labels))
        if settings.labels.joint:
            self.label_table = nn.Embedding(labels, encoder.get_input_embeddings().embedding_dim)
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

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.label_order.device

    def encode(self, text_ids: Tensor, lengths: Tensor, *, joint: bool) -> tuple[Tensor, Layout]:
        """Run the encoder over the joint sequence, or over the text alone.

        Args:
            text_ids: (B, D) int64 word pieces without special tokens.
            lengths: (B,) int64.
            joint: append the label tokens.

        Returns:
            (B, n, h) states and the layout they follow.
        """
        tokens = self.settings.labels
        layout = lay_out(
            text_ids,
            lengths,
            labels=self.label_count if joint else 0,
            special=self.special,
            positions=tokens.positions,
            segment=min(tokens.segment, self.segments - 1),
            window=self.window,
        )
        if self.packed and text_ids.device.type == "cpu":
            return self._encode_packed(layout, joint=joint), layout
        embedded = self._embed(layout.input_ids, layout.label_slots, joint=joint)
        extra = {name: getattr(layout, name) for name in self._accepts}
        states: Tensor = self.encoder(
            inputs_embeds=embedded, attention_mask=layout.attention_mask, **extra
        ).last_hidden_state
        return states, layout

    def _embed(self, input_ids: Tensor, label_slots: Tensor, *, joint: bool) -> Tensor:
        """Look up word vectors, and the label table's rows in label slots."""
        embedded: Tensor = self.encoder.get_input_embeddings()(input_ids)
        if not joint:
            return embedded
        rows = self.label_table(self.label_order[label_slots.clamp(min=0)])
        return torch.where((label_slots >= 0)[..., None], rows.to(embedded.dtype), embedded)

    def _encode_packed(self, layout: Layout, *, joint: bool) -> Tensor:
        """Run the encoder without padding; states are (B, n, h), zero on padding."""
        real = layout.attention_mask == 1
        tokens = real.flatten().nonzero().squeeze(1)
        ids, slots, segments, positions = (
            part.flatten()[tokens]
            for part in (
                layout.input_ids,
                layout.label_slots,
                layout.token_type_ids,
                layout.position_ids,
            )
        )
        states = encode_packed(
            self.encoder,
            self._embed(ids, slots, joint=joint),
            segments,
            positions,
            real.sum(dim=1).tolist(),
        )
        padded = states.new_zeros(real.numel(), states.shape[-1])
        return padded.index_copy(0, tokens, states).view(*real.shape, -1)

    def represent(self, text_ids: Tensor, lengths: Tensor, *, joint: bool = False) -> Tensor:
        """Return the text representation, (B, h), that the contrastive stage refines."""
        states, layout = self.encode(text_ids, lengths, joint=joint)
        return self._pool(states, layout)

    def represented(self, text_ids: Tensor, lengths: Tensor) -> Represented:
        """Return what the heads see of a batch; arguments as for `encode`."""
        joint = self.settings.labels.joint
        states, layout = self.encode(text_ids, lengths, joint=joint)
        return Represented(
            words=states[:, 1 : layout.word_mask.shape[1] + 1],
            mask=layout.word_mask,
            pooled=self._pool(states, layout),
            labels=self._label_states(states, layout) if joint else None,
        )

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
        output = self.predict(*logits)
        if targets is not None:
            add_loss(self, output, logits, seen.labels, targets, rows)
        return output

    def logits(self, seen: Represented) -> tuple[Tensor | None, Tensor | None]:
        """Return the (B, l) logits of CIL or the plain classifier, and of FIL, that are there."""
        settings = self.settings
        words, mask, pooled, labels = seen
        fil_logits = cil_logits = None
        if settings.fil.enabled:
            fil_logits = self.fil_head(self.fil(words, labels, mask).features, pooled)
        if settings.cil.enabled:
            cil_logits = self.cil_head(self.cil(words, mask), pooled)
        elif not settings.fil.enabled:
            cil_logits = self.plain_head(pooled, pooled)
        return cil_logits, fil_logits

    def predict(self, cil_logits: Tensor | None, fil_logits: Tensor | None) -> ClMilOutput:
        """Return the probabilities of (B, l) logits, mixed and by part (section 3.3.3)."""
        fil = None if fil_logits is None else at_least_single(fil_logits).sigmoid()
        cil = None if cil_logits is None else at_least_single(cil_logits).sigmoid()
        mixed = mix(fil, cil, self.settings.classifier.gamma)
        return ClMilOutput(probabilities=mixed, fil=fil, cil=cil)

    def _label_states(self, states: Tensor, layout: Layout) -> Tensor:
        """Gather H_Label, (B, l, h), in the order of the label columns."""
        columns = layout.label_positions[:, torch.argsort(self.label_order)]
        return states.gather(1, columns[..., None].expand(-1, -1, states.shape[-1]))

    def _pool(self, states: Tensor, layout: Layout) -> Tensor:
        covered = (layout.attention_mask == 1) & (layout.label_slots < 0)
        return pool_text(states, covered, self.settings.classifier.pooling)
