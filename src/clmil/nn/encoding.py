"""How texts and labels are encoded together (section 3.3), or labels apart from the text."""

from typing import Any

import torch
from torch import Tensor, nn

from clmil.nn.layout import Layout, SpecialTokens, lay_out
from clmil.nn.leaning import Leaning, attention_bias
from clmil.nn.packed import encode_beside, encode_packed, packs
from clmil.nn.pooling import pool_text
from clmil.nn.represented import Encoded, LabelsApart, Represented
from clmil.nn.settings import NetworkSettings
from clmil.nn.windows import Windows, cut


class JointEncoder(nn.Module):
    """An encoder over the joint sequence, without what is made of its states."""

    encoder: Any
    settings: NetworkSettings
    special: SpecialTokens
    positions: int
    """Position ids that the encoder has."""
    window: int
    """Those of them that `encoder.max_length` leaves."""
    segments: int
    packed: bool
    leaning: Leaning | None
    """Of words on label tokens; None too with an encoder that cannot be run packed."""
    label_count: int
    label_order: Tensor
    label_table: nn.Embedding
    kept: LabelsApart | None = None
    """What `encode_labels` gives, in a network whose weights will not change any more."""
    _accepts: frozenset[str]

    def assemble_encoder(
        self,
        encoder: Any,
        settings: NetworkSettings,
        special: SpecialTokens,
        labels: int,
        accepts: frozenset[str],
    ) -> None:
        """Make the parts; arguments as for `Network.assemble`."""
        self.encoder, self.settings, self.special = encoder, settings, special
        self.label_count, self._accepts, self.packed = labels, accepts, packs(encoder)
        self.leaning = Leaning.of(settings.labels, labels) if self.packed else None
        self.positions = encoder.config.max_position_embeddings - special.position_offset
        self.window = min(settings.encoder.max_length, self.positions)
        self.segments = max(getattr(encoder.config, "type_vocab_size", 2), 1)
        self.register_buffer("label_order", torch.arange(labels))
        if settings.labels.joint:
            self.label_table = nn.Embedding(labels, encoder.get_input_embeddings().embedding_dim)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.label_order.device

    @property
    def leaves_padding_out(self) -> bool:
        """Whether the encoder is run packed (`clmil.nn.packed`)."""
        return self.packed and self.device.type == "cpu"

    @property
    def windowed(self) -> bool:
        """Whether a long text is read in several windows."""
        return self.settings.encoder.windows > 1

    def room(self, *, joint: bool) -> int:
        """Return how many word pieces a window takes, beside labels or alone."""
        return self.window - (self.settings.labels.framing(self.label_count) if joint else 2)

    def word_places(self, number: int) -> Tensor:
        """Return where the words of a text stand among the tokens that the encoder reads of it.

        Args:
            number: D, words of the text.

        Returns:
            (D,) int64.
        """
        places = torch.arange(number, device=self.device)
        if not self.windowed:
            return places + 1
        labels = self.settings.labels
        behind = labels.apart and not self.leaves_padding_out
        beside = self.label_count + 3 if behind else labels.framing(self.label_count)
        return places + 1 + places // self.room(joint=labels.joint) * beside

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
        mask, apart = layout.attention_mask, self.settings.labels.apart
        if joint and (apart or self.leaning):
            mask = attention_bias(layout, apart=apart, leaning=self.leaning).to(embedded.dtype)
        if beside is not None:
            extra |= {"beside": beside, "leaning": self.leaning}
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
            self.leaning if joint or beside else None,
        )
        padded = states.new_zeros(real.numel(), states.shape[-1])
        return padded.index_copy(0, tokens, states).view(*real.shape, -1)

    def represent(self, text_ids: Tensor, lengths: Tensor, *, joint: bool = False) -> Tensor:
        """Return the text representation, (B, h), that the contrastive stage refines."""
        return self._whole(text_ids, lengths, joint=joint).pooled

    def represented(self, text_ids: Tensor, lengths: Tensor) -> Represented:
        """Return what the heads see of a batch; arguments as for `encode`."""
        return self._whole(text_ids, lengths, joint=self.settings.labels.joint)

    def represented_windows(self, text_ids: Tensor, lengths: Tensor) -> Represented:
        """Return what the heads see of texts that are cut, by operations that a graph can hold.

        Args:
            text_ids: (B, K, w) int64 word pieces, as `clmil.nn.windows.cut` gives them.
            lengths: (B,) int64, word pieces of each text.
        """
        windows = Windows.of(text_ids, lengths)
        return self._joined(windows, joint=self.settings.labels.joint)

    def _whole(self, text_ids: Tensor, lengths: Tensor, *, joint: bool) -> Represented:
        if not self.windowed:
            return self._seen(text_ids, lengths, joint=joint)
        windows = Windows.of(cut(text_ids, lengths, self.room(joint=joint)), lengths)
        found, longest = self._joined(windows.filled(), joint=joint), text_ids.shape[1]
        return found._replace(words=found.words[:, :longest], mask=found.mask[:, :longest])

    def _joined(self, windows: Windows, *, joint: bool) -> Represented:
        seen = self._seen(windows.text_ids, windows.lengths, joint=joint)
        return windows.join(seen, apart=self.settings.labels.apart)

    def _seen(self, text_ids: Tensor, lengths: Tensor, *, joint: bool) -> Represented:
        states, layout, labels = self.encode(text_ids, lengths, joint=joint)
        return Represented(
            words=states[:, 1 : layout.word_mask.shape[1] + 1],
            mask=layout.word_mask,
            pooled=self._pool(states, layout),
            labels=labels,
        )

    def _label_states(self, states: Tensor, layout: Layout) -> Tensor:
        """Gather H_Label, (B, l, h), in the order of the label columns."""
        columns = layout.label_positions[:, torch.argsort(self.label_order)]
        return states.gather(1, columns[..., None].expand(-1, -1, states.shape[-1]))

    def _pool(self, states: Tensor, layout: Layout) -> Tensor:
        apart = self.settings.labels.apart
        framed = (layout.attention_mask == 1) & (layout.label_slots < 0)  # the last [SEP] too
        covered = layout.text_mask if apart else framed
        return pool_text(states, covered, self.settings.classifier.pooling)
