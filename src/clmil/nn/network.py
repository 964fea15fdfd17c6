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
from clmil.nn.layout import Layout, SpecialTokens, lay_out, one_way
from clmil.nn.objective import add_loss, learn_twice
from clmil.nn.outputs import ClMilOutput, LabelOutput
from clmil.nn.own_heads import make_head
from clmil.nn.packed import encode_beside, encode_packed, packs
from clmil.nn.pooling import at_least_single, pool_text
from clmil.nn.represented import Encoded, LabelsApart, Represented
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
    kept: LabelsApart | None = None
    """What `encode_labels` gives, in a network whose weights will not change any more."""

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

    @property
    def leaves_padding_out(self) -> bool:
        """Whether the encoder is run packed (`clmil.nn.packed`)."""
        return self.packed and self.device.type == "cpu"

    def encode(self, text_ids: Tensor, lengths: Tensor, *, joint: bool) -> Encoded:
        """Run the encoder over the joint sequence, or over the text alone.

        Args:
            text_ids: (B, D) int64 word pieces without special tokens.
            lengths: (B,) int64.
            joint: append the label tokens.
        """
        apart = self._labels_apart() if joint else None
        together = joint and apart is None
        layout = self._lay_out(text_ids, lengths, joint=together)
        states = self._encode_laid_out(layout, together, apart.beside if apart else None)
        if apart:
            return Encoded(states, layout, apart.states.expand(states.shape[0], -1, -1))
        return Encoded(states, layout, self._label_states(states, layout) if joint else None)

    def _labels_apart(self) -> LabelsApart | None:
        """Return the labels, if they need not stand behind each text."""
        if self.settings.labels.apart and self.leaves_padding_out:
            return self.kept or self.encode_labels()
        return self.kept

    def encode_labels(self) -> LabelsApart:
        """Run the encoder over labels that do not see the text, whatever the text."""
        nothing = self.label_order.new_zeros(1, 0)
        layout = self._lay_out(nothing, nothing.new_zeros(1), joint=True)
        separator = self.encoder.get_input_embeddings().weight[self.special.sep]
        states, beside = encode_beside(
            self.encoder,
            torch.cat([self.label_table(self.label_order), separator[None]]),
            layout.token_type_ids[0, 2:],
            layout.position_ids[0, 2:],
        )
        return LabelsApart(states[torch.argsort(self.label_order)], beside)

    def _lay_out(self, text_ids: Tensor, lengths: Tensor, *, joint: bool) -> Layout:
        tokens = self.settings.labels
        return lay_out(
            text_ids,
            lengths,
            labels=self.label_count if joint else 0,
            special=self.special,
            positions=tokens.positions,
            segment=min(tokens.segment, self.segments - 1),
            window=self.window,
            apart=tokens.apart,
        )

    def _encode_laid_out(self, layout: Layout, joint: bool, beside: list[Tensor] | None) -> Tensor:
        """Run the encoder; states are (B, n, h), arbitrary on padding."""
        if self.leaves_padding_out:
            return self._encode_packed(layout, joint=joint, beside=beside)
        embedded = self._embed(layout.input_ids, layout.label_slots, joint=joint)
        extra: dict[str, Any] = {name: getattr(layout, name) for name in self._accepts}
        mask = layout.attention_mask
        if joint and self.settings.labels.apart:
            mask = one_way(layout).to(embedded.dtype)
        if beside is not None:
            extra["beside"] = beside
        found = self.encoder(inputs_embeds=embedded, attention_mask=mask, **extra)
        states: Tensor = found.last_hidden_state
        return states

    def _embed(self, input_ids: Tensor, label_slots: Tensor, *, joint: bool) -> Tensor:
        """Look up word vectors, and the label table's rows in label slots."""
        embedded: Tensor = self.encoder.get_input_embeddings()(input_ids)
        if not joint:
            return embedded
        rows = self.label_table(self.label_order[label_slots.clamp(min=0)])
        return torch.where((label_slots >= 0)[..., None], rows.to(embedded.dtype), embedded)

    def _encode_packed(self, layout: Layout, *, joint: bool, beside: list[Tensor] | None) -> Tensor:
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
            beside,
        )
        padded = states.new_zeros(real.numel(), states.shape[-1])
        return padded.index_copy(0, tokens, states).view(*real.shape, -1)

    def represent(self, text_ids: Tensor, lengths: Tensor, *, joint: bool = False) -> Tensor:
        """Return the text representation, (B, h), that the contrastive stage refines."""
        states, layout, _ = self.encode(text_ids, lengths, joint=joint)
        return self._pool(states, layout)

    def represented(self, text_ids: Tensor, lengths: Tensor) -> Represented:
        """Return what the heads see of a batch; arguments as for `encode`."""
        joint = self.settings.labels.joint
        states, layout, labels = self.encode(text_ids, lengths, joint=joint)
        return Represented(
            words=states[:, 1 : layout.word_mask.shape[1] + 1],
            mask=layout.word_mask,
            pooled=self._pool(states, layout),
            labels=labels,
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
        apart = self.settings.labels.apart
        framed = (layout.attention_mask == 1) & (layout.label_slots < 0)  # the last [SEP] too
        covered = layout.text_mask if apart else framed
        return pool_text(states, covered, self.settings.classifier.pooling)
