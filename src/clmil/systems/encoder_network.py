"""Systems over an encoder: the network, built from an encoder and the label facts."""

import numpy as np
import torch
from torch import Tensor

from clmil.data.tokens import tokenise_texts
from clmil.errors import DataError, RecipeError
from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace
from clmil.nn.balance import log_odds
from clmil.nn.config import ClMilConfig
from clmil.nn.heads import ClassifierHead
from clmil.nn.model import ClMilModel
from clmil.nn.packed import packs
from clmil.storage.encoders import LoadedEncoder
from clmil.systems.budget import text_budget
from clmil.systems.encoder_recipe import EncoderRecipe


def encoder_window(encoder: LoadedEncoder) -> int:
    """Return the number of positions that an encoder can address."""
    return int(encoder.model.config.max_position_embeddings) - encoder.special["position_offset"]


def text_room(recipe: EncoderRecipe, encoder: LoadedEncoder, labels: int) -> int:
    """Return how many word pieces of text an encoder reads beside l labels.

    Raises:
        DataError: if the labels leave too little room.
        RecipeError: if they are to be encoded apart, which this encoder cannot do.
    """
    settings = recipe.network()
    if settings.labels.apart and not packs(encoder.model):
        raise RecipeError(
            f"labels.see_text=false needs an encoder of the BERT or RoBERTa kind, and "
            f"{encoder.name!r} is a {encoder.model.config.model_type}; set labels.see_text=true or "
            "take another encoder."
        )
    return text_budget(settings, labels, encoder_window(encoder))


def build_network(
    recipe: EncoderRecipe, encoder: LoadedEncoder, space: LabelSpace, relations: LabelRelations
) -> ClMilModel:
    """Build the network on a pre-trained encoder; heads are fresh, seeded by torch's state."""
    settings, head = recipe.network(), recipe.head()
    text_room(recipe, encoder, len(space))
    config = ClMilConfig(
        encoder=encoder.model.config.to_dict(),
        network=settings.model_dump(mode="json"),
        label_count=len(space),
        special=encoder.special,
        kind=head["kind"] if head else "joint",
        head=head,
    )
    network = ClMilModel(config)
    weights = {k: v for k, v in encoder.model.state_dict().items() if not k.startswith("pooler.")}
    network.encoder.load_state_dict(weights)
    order = space.order(settings.labels.order, settings.labels.order_seed)
    network.label_order.copy_(torch.as_tensor(np.ascontiguousarray(order)))
    with torch.no_grad():
        if settings.labels.joint:
            network.label_table.weight.copy_(label_rows(settings.labels.init, encoder, space))
        if settings.clrl.enabled:
            network.strong.copy_(torch.as_tensor(relations.strong.copy()))
        counts = torch.as_tensor(np.stack([space.counts, space.known_documents]))
        if network.balance is not None:
            network.balance.counts.copy_(counts)
        if settings.classifier.prior_bias:
            _start_at_priors(network, counts)
    return network


def label_rows(init: str, encoder: LoadedEncoder, space: LabelSpace) -> Tensor:
    """Return the first value of the label tokens' rows, (l, h) fp32 (method notes, point 1)."""
    table: Tensor = encoder.model.get_input_embeddings().weight.detach()
    norm = table.norm(dim=1).mean()
    if init == "random":
        return _scaled(torch.randn(len(space), table.shape[1]), norm)
    if init == "unused":
        return table[_unused_ids(encoder, len(space))].clone()
    texts = [space.text(k) for k in range(len(space))]
    ids = tokenise_texts(texts, encoder.tokenizer, 64)
    return _scaled(
        torch.stack([table[row or [encoder.special["sep"]]].mean(dim=0) for row in ids]), norm
    )


def _scaled(rows: Tensor, norm: Tensor) -> Tensor:
    """Give all rows one norm, that of the vocabulary's mean row."""
    scaled: Tensor = rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-6) * norm
    return scaled


def _unused_ids(encoder: LoadedEncoder, count: int) -> list[int]:
    vocabulary = encoder.tokenizer.get_vocab()
    unused = sorted(index for token, index in vocabulary.items() if token.startswith("[unused"))
    if len(unused) < count:
        raise DataError(
            f"labels.init=unused needs {count} unused rows but the vocabulary of the encoder "
            f"{encoder.name!r} has {len(unused)}; use labels.init=name_mean."
        )
    return unused[:count]


def _start_at_priors(network: ClMilModel, counts: Tensor) -> None:
    """Set classifier biases to the training log-odds, as the loss is to see them.

    A document in which a label is unknown counts neither for it nor against it.
    """
    odds = log_odds(counts)
    if network.balance is not None:  # whose loss adds a share of them
        odds = odds - network.balance.shift()
    for module in network.modules():
        if isinstance(module, ClassifierHead):
            module.linear.bias.copy_(odds)
