"""What makes each system's default recipe run in a second or two on the toy corpus."""

import json

from clmil.systems.recipe import load_recipe
from clmil.systems.settings import Recipe

GRADIENT = (
    "training.batch_size=8",
    "training.schedule=constant",
    "training.report_to=[]",
    "training.patience=10",
    "training.checkpoint_steps=1000",
)
HEADED = (
    *GRADIENT,
    "training.learning_rate=0.003",
    "training.epochs=10",
    "training.rates.classifiers=2",
    "encoder.max_length=64",
    "encoder.hidden_dropout=0",
    "classifier.dropout=0",
)
JOINT = (
    *HEADED,
    "training.rates.fil=1",
    "training.rates.cil=1",
    "training.rates.clrl=1",
    "contrastive.anchors=2",
    "contrastive.negatives=4",
    "contrastive.low_frequency=0.2",
    "contrastive.max_length=32",
    "contrastive.max_steps=4",
    "cil.width=16",
    "cil.dilations=[1, 2]",
    "cil.heads=2",
    "cil.gate_dropout=0",
)
WORDS = (
    *GRADIENT,
    "training.learning_rate=0.01",
    "training.epochs=30",
    "words.min_count=1",
    "network.dropout=0",
    "network.embedding={width: 16, dropout: 0}",
)
LINEAR = ("linear.folds=2", "linear.C=[10.0]", "linear.pairs=[false]")
LACO = (*HEADED, "laco.kernel=4")
SEQUENCES = (*WORDS, "network.label_width=16", "network.hidden=16", "network.beam=2")


def member(system: str, *overrides: str) -> str:
    """Return a member of a blend, in YAML."""
    return json.dumps({"system": system, "overrides": overrides})


EVERY: dict[str, tuple[str, ...]] = {
    "cl-mil": JOINT,
    "mil": JOINT,
    "dil": JOINT,
    "fil": JOINT,
    "cil": JOINT,
    "bert": JOINT,
    "bert-joint": JOINT,
    "bert-joint+clrl": JOINT,
    "laco": LACO,
    "laco-plcp": LACO,
    "laco-clcp": LACO,
    "cl-bert-knn": (*HEADED, "votes.counts=[2, 5]"),
    "cnn": (*WORDS, "network.filters=16"),
    "leam": (*WORDS, "training.epochs=60", "network.kernel=3", "network.hidden=16"),
    "leam-labelwise": (*WORDS, "training.epochs=60", "network.kernel=3"),
    "lsan": (*WORDS, "network.hidden=16", "network.attention=16"),
    "sgm": SEQUENCES,
    "sgm-ge": SEQUENCES,
    "seq2set": (*SEQUENCES, "reinforcement.epochs=1"),
    "linear": LINEAR,
    "blend": (
        f"members=[{member('bert', *JOINT, 'encoder.name=ENCODER')}, {member('linear', *LINEAR)}]",
    ),
}
"""Overrides of the default recipe, by system; `test_every_system.py` holds it to the registry."""


def overrides_of(system: str, encoder: str) -> list[str]:
    """Return a system's overrides, over the tiny encoder where it has one."""
    told = [line.replace("ENCODER", encoder) for line in EVERY[system]]
    over_encoder = any(line.startswith("encoder.") for line in told)
    return [*told, f"encoder.name={encoder}"] if over_encoder else told


def tiny_recipe(system: str, encoder: str, *more: str) -> Recipe:
    """Return a system's recipe for the toy corpus."""
    overrides = [*overrides_of(system, encoder), *more]
    return load_recipe("default", system=system, overrides=overrides)
