"""Classifiers over the features of the parts, and their mixture (sections 3.3.1 and 3.3.3)."""

import torch
from torch import Tensor, nn

from clmil.nn.dropout import Dropout
from clmil.nn.settings import ClassifierSettings


class ClassifierHead(nn.Module):
    """A fully connected layer from features to labels (section 3.3.1), with its options."""

    def __init__(
        self, width: int, text_width: int, labels: int, settings: ClassifierSettings
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width) if settings.normalise else nn.Identity()
        self.dropout = Dropout(settings.dropout)
        self.linear = nn.Linear(width, labels)
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)
        self.plain = not text_width
        self.skip: nn.Linear | None = None
        self.skip_norm: nn.Module = nn.Identity()
        if settings.skip and text_width:
            self.skip = nn.Linear(text_width, labels, bias=False)
            nn.init.xavier_uniform_(self.skip.weight)
            nn.init.zeros_(self.linear.weight)  # start as the plain classifier would
            if settings.normalise_skip:
                self.skip_norm = nn.LayerNorm(text_width)

    @property
    def reads_text(self) -> bool:
        """Whether one of its layers reads the pooled text."""
        return self.skip is not None or self.plain

    def text(self, pooled: Tensor) -> Tensor:
        """Return what of the pooled text, (B, h), that layer sees."""
        seen: Tensor = self.norm(pooled) if self.skip is None else self.skip_norm(pooled)
        return seen

    def begin(self, weight: Tensor, bias: Tensor) -> None:
        """Let that layer begin at (l, h) weights, and the head at (l,) biases."""
        layer = self.linear if self.skip is None else self.skip
        with torch.no_grad():
            layer.weight.copy_(weight)
            self.linear.bias.copy_(bias)

    def forward(self, features: Tensor, pooled: Tensor) -> Tensor:
        """Return (B, l) logits from features (B, w) and the pooled text (B, h)."""
        logits: Tensor = self.linear(self.dropout(self.norm(features)))
        if self.skip is None:
            return logits
        beside: Tensor = self.skip(self.dropout(self.skip_norm(pooled)))
        return logits + beside


def mix(fil: Tensor | None, cil: Tensor | None, gamma: float) -> Tensor | None:
    """Return gamma p_FIL + (1 - gamma) p_CIL, or the one that is there (section 3.3.3)."""
    if fil is None or cil is None:
        return cil if fil is None else fil
    return gamma * fil + (1.0 - gamma) * cil
