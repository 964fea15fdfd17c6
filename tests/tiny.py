"""A tiny random encoder with a word-level tokenizer, and a toy corpus that it can learn."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from clmil.data.corpus import Corpus, from_lists
from clmil.nn.config import ClMilConfig
from clmil.nn.model import ClMilModel
from clmil.nn.settings import NetworkSettings

TOPICS = {
    "fruit": ("apple", "pear", "plum"),
    "metal": ("iron", "zinc", "lead"),
    "sea": ("wave", "tide", "reef"),
    "rare": ("comet", "quasar"),
}
FILLERS = ("the", "of", "and", "with", "about", "some", "very", "new")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
FAST = (
    "encoder.max_length=64",
    "training.batch_size=8",
    "training.learning_rate=0.002",
    "training.report_to=[]",
    "training.checkpoint_steps=3",
    "contrastive.max_length=32",
    "contrastive.anchors=2",
    "contrastive.negatives=4",
    "contrastive.low_frequency=0.2",
    "contrastive.max_steps=4",
    "cil.width=16",
    "cil.heads=2",
    "training.rates={fil: 1, cil: 1, clrl: 1, classifiers: 2}",
)
"""Overrides that make a recipe run in seconds on the tiny encoder."""


def save_encoder(folder: Path, *, positions: int = 64) -> str:
    """Write a random two-layer BERT with its tokenizer; return the folder as a string."""
    words = [*SPECIAL, *(f"[unused{k}]" for k in range(9)), *FILLERS]
    words += [word for topic, group in TOPICS.items() for word in (topic, *group)]
    backend = Tokenizer(models.WordLevel({word: k for k, word in enumerate(words)}, "[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=positions,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def toy_documents(number: int, seed: int) -> tuple[list[str], list[list[str]]]:
    """Return texts whose words tell their labels; `rare` is on about one in ten."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(number):
        chosen = [name for name in ("fruit", "metal", "sea") if rng.random() < 0.4]
        chosen += ["rare"] if rng.random() < 0.1 else []
        words = [str(rng.choice(TOPICS[name])) for name in chosen for _ in range(2)]
        words += [str(word) for word in rng.choice(FILLERS, 6)]
        texts.append(" ".join(rng.permutation(words)))
        labels.append(chosen)
    return texts, labels


def toy_corpus(number: int = 80, *, seed: int = 0) -> Corpus:
    """Return a corpus with train and validation parts."""
    return Corpus(
        name="toy",
        train=from_lists(*toy_documents(number, seed)),
        validation=from_lists(*toy_documents(40, seed + 1)),
        test=None,
        descriptions={"fruit": "the apple and the pear"},
        notes=(),
    )


def tiny_network(label_count: int = 4, **settings: Any) -> ClMilModel:
    """Return a random network with all its parts, with other settings where some are given."""
    config = BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    network = NetworkSettings.model_validate({"cil": {"heads": 2}, **settings})
    return ClMilModel(
        ClMilConfig(
            encoder=config.to_dict(),
            network=network.model_dump(mode="json"),
            label_count=label_count,
            special={"cls": 2, "sep": 3, "pad": 0},
        )
    )
