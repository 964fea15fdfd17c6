"""Training, saving and loading networks over word vectors."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from clmil.data.vectors import read_vectors
from clmil.data.vocabulary import WordVocabulary
from clmil.errors import ModelError
from clmil.nn.device import best_device
from clmil.nn.transfer import TransferReport
from clmil.nn.words.embedding import BOUND, WordEmbedding, label_vectors
from clmil.storage.atomic import read_json
from clmil.storage.folder import CONFIG, check_label_count, config_of
from clmil.storage.modules import load_module, save_module
from clmil.systems.family import About
from clmil.systems.learning import NetworkLearner
from clmil.systems.lessons import supervised_stage
from clmil.systems.material import Material
from clmil.systems.reading import Reader, WordReader
from clmil.systems.scoring import NetworkScorer
from clmil.systems.stages import Place, Stage
from clmil.systems.start import Start

if TYPE_CHECKING:
    from clmil.systems.words import WordFamily, WordRecipe


class WordLearner(NetworkLearner):
    """Learns a network of a family over words."""

    recipe: "WordRecipe"

    def __init__(self, recipe: "WordRecipe", material: Material, family: "WordFamily") -> None:
        self.family = family
        super().__init__(recipe, material)

    def make_reader(self) -> WordReader:
        """Take the most frequent words of the training texts."""
        wanted = self.recipe.words
        vocabulary = WordVocabulary.build(
            (text for rows in self.material.train.iter(1000) for text in rows["text"]),
            size=wanted.vocabulary,
            min_count=wanted.min_count,
            split_punctuation=wanted.split_punctuation,
        )
        return WordReader(vocabulary, wanted.max_words)

    def make_network(self) -> nn.Module:
        """Build the network; names of labels and their combinations give it first values."""
        vocabulary, space = self._vocabulary, self.material.space
        vectors = self._vectors()
        wanted = self.settings = self.recipe.network.over(vectors.shape[1])
        names = [vocabulary.encode(space.text(k)) for k in range(len(space))]
        fits = getattr(wanted, "label_width", None) == vectors.shape[1]
        network = self.family.build(
            self.recipe.system,
            wanted,
            (len(space), len(vocabulary)),
            vectors=vectors,
            label_vectors=label_vectors(vectors, names) if fits else None,
        )
        start = getattr(network, "start_from_combinations", None)  # Kurata et al. (2016)
        if start is not None:
            start(self.material.train_targets)
        return network

    def take_weights(self, start: Start, scorer: NetworkScorer) -> TransferReport:
        """Copy the weights; the model's words stay, and new ones begin as unknown ones."""
        theirs: Any = scorer.reader
        wanted = self.recipe.words
        vocabulary = theirs.vocabulary.grown(self._vocabulary, wanted.vocabulary)
        self.reader = WordReader(vocabulary, wanted.max_words)
        self.build()
        for module in scorer.network.modules():
            if isinstance(module, WordEmbedding):
                module.widen(len(vocabulary))
        return super().take_weights(start, scorer)

    def stages(self, place: Place) -> Sequence[Stage]:
        """Return one stage; its losses are those of the labels and, if any, of a second task."""
        parts = ("labels", "penalty") if hasattr(self.network, "label_penalty") else ("labels",)
        return [
            *self.first(),
            supervised_stage(
                self.network,
                self.lesson(place),
                name="fit",
                part_names=parts,
                shorter="words.max_words",
            ),
        ]

    def scorer(self) -> NetworkScorer:
        """Return the trained network."""
        recipe = self.recipe
        config = config_of(
            self.family.kind,
            system=recipe.system,
            network=self.settings.model_dump(mode="json"),
            labels=len(self.material.space),
            words=len(self._vocabulary),
        )
        return scorer_of(self.family, self.network.eval(), self.reader, config)

    def about(self) -> About:
        """Return what the card says."""
        told = self.recipe.words
        vectors = "random" if told.vectors is None else f"from {Path(told.vectors).name}"
        return About(
            reads=f"Of a long text only the first {told.max_words} words are read; words outside "
            f"the {len(self._vocabulary.words):,} of the training texts are all alike to it.",
            parts=f"a network over word vectors, which were {vectors} at the start",
            lengths=self.lengths(),
        )

    @property
    def _vocabulary(self) -> WordVocabulary:
        assert isinstance(self.reader, WordReader)
        return self.reader.vocabulary

    def _vectors(self) -> Tensor:
        """Return the (V, e) first word vectors."""
        file = self.recipe.words.vectors
        if file is None:
            shape = len(self._vocabulary), self.recipe.network.embedding.width
            return torch.empty(shape).uniform_(-BOUND, BOUND)
        found = read_vectors(Path(file), self._vocabulary, seed=self.recipe.seed)
        return torch.from_numpy(found.matrix)


def load_scorer(family: "WordFamily", folder: Path, labels: int) -> NetworkScorer:
    """Read a model folder of a family over words.

    Raises:
        ModelError: if a file is missing or damaged, or they do not belong together.
    """
    config = read_json(folder / CONFIG)
    reader = WordReader.load(folder)
    try:
        sizes = int(config["labels"]), int(config["words"])
        settings = family.settings(config["system"], config["network"])
        network = family.build(config["system"], settings, sizes)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{folder / CONFIG} is damaged; restore it from a copy or train again."
        ) from error
    check_label_count(folder, labels, sizes[0])
    if sizes[1] != len(reader.vocabulary):
        raise ModelError(
            f"the vocabulary of {folder} has {len(reader.vocabulary)} words but the weights are "
            f"for {sizes[1]}; the files do not belong together, restore the folder."
        )
    load_module(network, folder)
    network = network.to(best_device())
    return scorer_of(family, network, reader, config)


def scorer_of(
    family: "WordFamily", network: nn.Module, reader: Reader, config: dict[str, Any]
) -> NetworkScorer:
    """Return what scores with a network in eval mode; `config` is its `config.json`."""
    return NetworkScorer(
        network=network,
        reader=reader,
        labels=config["labels"],
        save_network=partial(save_module, network, config),
        decides=family.decides,
    )
