"""The CL-MIL network as a transformers model (section 3.3)."""

import inspect
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import AutoModel, PreTrainedModel
from transformers.utils import ModelOutput

from clmil.nn.cil import CoarseGrainedInteraction
from clmil.nn.clrl import LabelRelationHead, sample_pairs
from clmil.nn.config import ClMilConfig
from clmil.nn.fil import FineGrainedInteraction
from clmil.nn.layout import Layout, lay_out
from clmil.nn.losses import label_loss, relation_loss
from clmil.nn.pooling import at_least_single, pool_text


@dataclass
class ClMilOutput(ModelOutput):
    """What a forward pass gives.

    Attributes:
        loss: scalar, equation 13 (only with targets).
        probabilities: (B, l) fp32, gamma p_FIL + (1 - gamma) p_CIL.
        parts: (3,) fp32, the unweighted losses of CIL (or the plain classifier), FIL and
            CLRL; zero for a part that is off.
        fil: (B, l) fp32 probabilities of FIL alone, if it is on.
        cil: (B, l) fp32 probabilities of CIL or of the plain classifier, if one is on.
    """

    loss: Tensor | None = None
    probabilities: Tensor | None = None
    parts: Tensor | None = None
    fil: Tensor | None = None
    cil: Tensor | None = None


class ClMilModel(PreTrainedModel):
    """Joint encoder, FIL, CIL and CLRL, or any part of them.

    Without FIL and CIL a plain classifier on the pooled text takes CIL's place, which gives
    the paper's BERT, joint BERT and BERT_clrl.
    """

    config_class = ClMilConfig
    base_model_prefix = "encoder"
    main_input_name = "text_ids"
    config: ClMilConfig
    label_order: Tensor
    strong: Tensor

    def __init__(self, config: ClMilConfig) -> None:
        super().__init__(config)
        settings = config.settings()
        self.settings, self.special = settings, config.special_tokens()
        self.encoder = AutoModel.from_config(config.encoder_config(), **_no_pooler(config))
        hidden, labels = self.encoder.config.hidden_size, config.label_count
        accepted = inspect.signature(self.encoder.forward).parameters
        self.window = min(
            settings.encoder.max_length,
            self.encoder.config.max_position_embeddings - self.special.position_offset,
        )
        self.segments = max(getattr(self.encoder.config, "type_vocab_size", 2), 1)
        self._accepts = {name for name in ("token_type_ids", "position_ids") if name in accepted}
        self.register_buffer("label_order", torch.arange(labels))
        if settings.labels.joint:
            self.label_table = nn.Embedding(
                labels, self.encoder.get_input_embeddings().embedding_dim
            )
        if settings.clrl.enabled:
            self.clrl = LabelRelationHead(hidden)
            self.register_buffer("strong", torch.zeros(labels, labels, dtype=torch.bool))
        if settings.fil.enabled:
            self.fil = FineGrainedInteraction(settings.fil, labels)
            self.fil_head = ClassifierHead(hidden, hidden, labels, config)
        if settings.cil.enabled:
            self.cil = CoarseGrainedInteraction(settings.cil, hidden)
            self.cil_head = ClassifierHead(self.cil.width, hidden, labels, config)
        if not (settings.fil.enabled or settings.cil.enabled):
            self.plain_head = ClassifierHead(hidden, 0, labels, config)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Leave every part with the initialisation that its own file gives it."""

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
            labels=self.config.label_count if joint else 0,
            special=self.special,
            positions=tokens.positions,
            segment=min(tokens.segment, self.segments - 1),
            window=self.window,
        )
        embedded = self.encoder.get_input_embeddings()(layout.input_ids)
        if joint:
            rows = self.label_table(self.label_order[layout.label_slots.clamp(min=0)])
            is_label = (layout.label_slots >= 0)[..., None]
            embedded = torch.where(is_label, rows.to(embedded.dtype), embedded)
        extra = {name: getattr(layout, name) for name in self._accepts}
        states: Tensor = self.encoder(
            inputs_embeds=embedded, attention_mask=layout.attention_mask, **extra
        ).last_hidden_state
        return states, layout

    def represent(self, text_ids: Tensor, lengths: Tensor, *, joint: bool = False) -> Tensor:
        """Return the text representation, (B, h), that the contrastive stage refines."""
        states, layout = self.encode(text_ids, lengths, joint=joint)
        return self._pool(states, layout)

    def forward(
        self, text_ids: Tensor, lengths: Tensor, targets: Tensor | None = None
    ) -> ClMilOutput:
        """Predict, and compute the loss where targets are given.

        Args:
            text_ids: (B, D) int64 word pieces without special tokens.
            lengths: (B,) int64.
            targets: (B, l) int8, 1 relevant, 0 not, -1 unknown.
        """
        settings = self.settings
        states, layout = self.encode(text_ids, lengths, joint=settings.labels.joint)
        mask = layout.word_mask
        words = states[:, 1 : mask.shape[1] + 1]
        labels = self._label_states(states, layout) if settings.labels.joint else None
        pooled = self._pool(states, layout)
        fil_logits = cil_logits = None
        if settings.fil.enabled:
            fil_logits = self.fil_head(self.fil(words, labels, mask).features, pooled)
        if settings.cil.enabled:
            cil_logits = self.cil_head(self.cil(words, mask), pooled)
        elif not settings.fil.enabled:
            cil_logits = self.plain_head(pooled, pooled)
        return self._output(fil_logits, cil_logits, labels, targets)

    def _output(
        self,
        fil_logits: Tensor | None,
        cil_logits: Tensor | None,
        labels: Tensor | None,
        targets: Tensor | None,
    ) -> ClMilOutput:
        fil = None if fil_logits is None else at_least_single(fil_logits).sigmoid()
        cil = None if cil_logits is None else at_least_single(cil_logits).sigmoid()
        output = ClMilOutput(fil=fil, cil=cil)
        output.probabilities = mix(fil, cil, self.settings.classifier.gamma)
        if targets is not None:
            weights = self.settings.loss
            reduction = weights.reduction
            assert output.probabilities is not None
            parts = [
                output.probabilities.new_zeros(())
                if logits is None
                else label_loss(logits, targets, reduction=reduction)
                for logits in (cil_logits, fil_logits)
            ]
            parts.append(self._relation_loss(labels, targets, like=parts[0]))
            output.loss = (
                weights.alpha * parts[0] + weights.beta * parts[1] + weights.clrl * parts[2]
            )
            output.parts = torch.stack(parts).detach()
        return output

    def _relation_loss(self, labels: Tensor | None, targets: Tensor, *, like: Tensor) -> Tensor:
        if labels is None or not self.settings.clrl.enabled or not self.training:
            return like.new_zeros(())
        pairs = sample_pairs(targets, self.strong, self.settings.clrl)
        return relation_loss(self.clrl(labels, pairs), pairs.relation)

    def _label_states(self, states: Tensor, layout: Layout) -> Tensor:
        """Gather H_Label, (B, l, h), in the order of the label columns."""
        columns = layout.label_positions[:, torch.argsort(self.label_order)]
        return states.gather(1, columns[..., None].expand(-1, -1, states.shape[-1]))

    def _pool(self, states: Tensor, layout: Layout) -> Tensor:
        covered = (layout.attention_mask == 1) & (layout.label_slots < 0)
        return pool_text(states, covered, self.settings.classifier.pooling)


class ClassifierHead(nn.Module):
    """A fully connected layer from features to labels (section 3.3.1), with its options."""

    def __init__(self, width: int, text_width: int, labels: int, config: ClMilConfig) -> None:
        super().__init__()
        settings = config.settings().classifier
        self.norm = nn.LayerNorm(width) if settings.normalise else nn.Identity()
        self.dropout = nn.Dropout(settings.dropout)
        self.linear = nn.Linear(width, labels)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.skip: nn.Module | None = None
        if settings.skip and text_width:
            self.skip = nn.Linear(text_width, labels, bias=False)
            nn.init.xavier_uniform_(self.skip.weight)
            nn.init.zeros_(self.linear.weight)  # start as the plain classifier would

    def forward(self, features: Tensor, pooled: Tensor) -> Tensor:
        """Return (B, l) logits from features (B, w) and the pooled text (B, h)."""
        logits: Tensor = self.linear(self.dropout(self.norm(features)))
        return logits if self.skip is None else logits + self.skip(self.dropout(pooled))


def mix(fil: Tensor | None, cil: Tensor | None, gamma: float) -> Tensor | None:
    """Return gamma p_FIL + (1 - gamma) p_CIL, or the one that is there (section 3.3.3)."""
    if fil is None or cil is None:
        return cil if fil is None else fil
    return gamma * fil + (1.0 - gamma) * cil


def _no_pooler(config: ClMilConfig) -> dict[str, bool]:
    """Ask encoders that can do so to leave out the pooler, which would never be trained."""
    model_class = AutoModel._model_mapping[type(config.encoder_config())]
    accepts = "add_pooling_layer" in inspect.signature(model_class).parameters
    return {"add_pooling_layer": False} if accepts else {}
