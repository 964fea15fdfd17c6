"""What a trained system says of held-out texts, and what its network holds of them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from clmil.experiments.inside import initial_vectors, look_inside
from clmil.experiments.measuring import predict_parts
from clmil.labels.space import LabelSpace
from clmil.nn.network import Network
from clmil.runtime.predictor import Predictor
from clmil.storage.encoders import load_encoder

if TYPE_CHECKING:
    from datasets import Dataset

    from clmil.experiments.learning import Learnt


def read_off(
    learnt: "Learnt", test: "Dataset", recipe: Any
) -> tuple[LabelSpace, float, dict[str, np.ndarray]]:
    """Return labels, documents a second in predicting, and arrays of a trained system."""
    predictor = Predictor.load(learnt.model, precision="fp32")
    predicted = predict_parts(predictor, learnt.parts, test)
    arrays = predicted.arrays
    network = getattr(predictor.scorer, "network", None)
    # The CL-MIL family alone; others put a head of their own on the same encoder.
    if isinstance(network, Network) and network.own_head is None:
        ids = predictor.reader.ids(list(test["text"]))
        arrays |= look_inside(network, ids)
        if learnt.contrastive is not None:
            encoder = load_encoder(recipe.encoder.name)
            arrays |= initial_vectors(network, ids, encoder, learnt.contrastive)
    return predictor.space, predicted.documents_per_second, arrays
