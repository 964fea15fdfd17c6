"""A tiny exported model, kept in `tests/runtime/exported/` for where there is no torch to make one.

    python -m tests.exported

makes it anew. Beside the model lies `expected.json`, with what torch said of a few texts.
"""

import shutil
import sys
from pathlib import Path

from clmil.storage.atomic import write_json

FOLDER = Path(__file__).parent / "runtime" / "exported"
TEXTS = ["apple pear the of", "", "zinc", "comet " * 40, "unheard words", "wave and tide"]


def save_tiny_model(
    folder: Path,
    encoder: Path,
    *,
    see_text: bool = True,
    attention: float | None = None,
    windows: int = 1,
) -> None:
    """Write a random model with all its parts, small ones; its thresholds and scale are odd."""
    import numpy as np
    import torch
    from torch import nn

    from clmil.decisions.calibration import Temperature
    from clmil.decisions.rule import DecisionRule
    from clmil.labels.space import LabelSpace
    from clmil.nn.config import ClMilConfig
    from clmil.nn.model import ClMilModel
    from clmil.nn.settings import NetworkSettings
    from clmil.storage.encoders import load_encoder
    from clmil.storage.folder import ModelFacts, save_folder
    from clmil.systems.encoder_scorer import scorer_of
    from clmil.systems.reading import EncoderReader
    from tests.tiny import save_encoder

    loaded = load_encoder(save_encoder(encoder))
    small = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    settings = NetworkSettings.model_validate(
        {
            "encoder": {"max_length": 40 // windows, "windows": windows},
            "labels": {"see_text": see_text, "attention": attention},
            "cil": {"heads": 2, "dilations": [1, 2], "width": 4},
            "classifier": {"skip": True, "gamma": 0.3},
        }
    )
    torch.manual_seed(1)
    network = ClMilModel(
        ClMilConfig(
            encoder=loaded.model.config.to_dict() | small,
            network=settings.model_dump(mode="json"),
            label_count=4,
            special=loaded.special,
        )
    )
    for module in network.modules():  # larger than at the start, so that mistakes show
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.7)
    counts = {"fruit": 5, "metal": 4, "sea": 2, "rare": 1}
    calibration = Temperature(slopes=np.full(4, 0.7), biases=np.array([0.1, 0, -0.2, 0.3]))
    rule = DecisionRule(thresholds=np.array([0.5, 0.4, 0.6, 0.3]), calibration=calibration)
    model = ModelFacts(
        space=LabelSpace.from_counts(counts, documents=9),
        recipe={"system": "cl-mil", "encoder": {"name": "tiny"}, "seed": 1},
        metrics={},
        rule=rule,
        card="# Tiny\n\n## Decisions\n\n## Limits\n",
    )
    reader = EncoderReader(loaded.tokenizer, network.room(joint=True) * windows)
    scorer = scorer_of(network.eval(), reader, 4)
    save_folder(model, scorer.save, folder)


def main(scratch: Path) -> None:
    """Write the folder."""
    from clmil.runtime.exporting import export_model
    from clmil.runtime.predictor import Predictor

    save_tiny_model(scratch / "model", scratch / "encoder")
    export_model(scratch / "model", FOLDER, overwrite=True)
    predictor = Predictor.load(scratch / "model")
    probabilities = predictor.predict_proba(TEXTS)
    expected = {
        "texts": TEXTS,
        "raw": predictor.raw_proba(TEXTS).tolist(),
        "probabilities": probabilities.tolist(),
        "decided": predictor.rule.decide(probabilities).tolist(),
    }
    write_json(FOLDER / "expected.json", expected)
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/exported"))
