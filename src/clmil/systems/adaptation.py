"""Task-adaptive pre-training (Gururangan et al., 2020): the encoder reads the task's own texts."""

import math
from typing import Any

import numpy as np
import torch

from clmil.data.batching import LengthBatches
from clmil.data.padding import by_length
from clmil.data.tokens import lengths_of
from clmil.errors import RecipeError
from clmil.nn.masked_language import MaskedLanguageNetwork, Masking
from clmil.nn.network import Network
from clmil.storage.encoders import LoadedEncoder
from clmil.systems.encoder_recipe import EncoderRecipe
from clmil.systems.lessons import schedule
from clmil.systems.masked_texts import MaskedTexts, OpenTexts
from clmil.systems.material import Tokens
from clmil.systems.settings import AdaptationSettings
from clmil.systems.stages import GradientStage, Place, StageData

NAME = "adaptation"


def adaptation_stage(
    network: Network, recipe: EncoderRecipe, tokens: Tokens, encoder: LoadedEncoder, place: Place
) -> GradientStage:
    """Return the stage that trains a network's encoder by masked language modelling, in place.

    All documents take part, annotated or not. Its validation loss is over fixed, seeded masks of
    the validation texts.

    Raises:
        RecipeError: if the encoder's tokenizer has no mask token.
    """
    wanted = recipe.adaptation
    budget = min(wanted.max_length - 2, network.room(joint=False))
    size = recipe.training.batch_size
    lengths, held_out = (
        np.minimum(lengths_of(part), budget) for part in (tokens.train, tokens.validation)
    )
    batches = LengthBatches(lengths, size, seed=recipe.seed)
    return GradientStage(
        name=NAME,
        model=MaskedLanguageNetwork(
            network, masking_of(encoder, wanted.share), processes=place.processes
        ),
        data=StageData(
            train=OpenTexts(
                tokens.train, budget=budget, rank=place.rank, processes=place.processes
            ),
            train_batches=batches,
            validation=MaskedTexts(
                tokens.validation,
                masking_of(encoder, wanted.share),  # its own, which stays on the processor
                budget=budget,
                seed=recipe.seed,
            ),
            validation_batches=by_length(held_out, size),
        ),
        part_names=("masked",),
        documents_per_step=size,
        training=recipe.training,
        seed=recipe.seed,
        settings={**schedule(recipe.training), **_length(wanted, len(batches))},
        metric="eval_loss",
        greater=False,
        patience=wanted.patience,
        rates={"head": wanted.head_rate},
    )


def masking_of(encoder: LoadedEncoder, share: float) -> Masking:
    """Return what masks an encoder's word pieces.

    Raises:
        RecipeError: if its tokenizer has no mask token.
    """
    tokenizer, special = encoder.tokenizer, set(encoder.tokenizer.all_special_ids)
    if tokenizer.mask_token_id is None:
        raise RecipeError(
            f"the tokenizer of the encoder {encoder.name!r} has no mask token, which masked "
            "language modelling needs; leave out adaptation.enabled, or take another encoder."
        )
    rows = int(encoder.model.get_input_embeddings().num_embeddings)
    known = sorted(set(tokenizer.get_vocab().values()) - special)
    pieces = torch.tensor([one for one in known if one < rows])
    return Masking(pieces, rows, mask=tokenizer.mask_token_id, share=share)


def _length(wanted: AdaptationSettings, batches: int) -> dict[str, Any]:
    """Return rate, steps and validations: about one an epoch, and one at the end."""
    steps = batches * wanted.epochs
    if wanted.max_steps:
        steps = min(steps, wanted.max_steps)
    return {
        "learning_rate": wanted.learning_rate,
        "num_train_epochs": wanted.epochs,
        "max_steps": steps,
        "eval_steps": steps // math.ceil(steps / batches),
    }
