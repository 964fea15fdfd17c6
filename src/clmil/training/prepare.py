"""What a run needs before its first step: made by one process, and read by the others."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import set_seed

from clmil.data.corpus import Corpus
from clmil.data.split import carve_validation
from clmil.data.targets import label_counts
from clmil.data.validate import check_trainable
from clmil.labels.relations import LabelRelations
from clmil.labels.space import LabelSpace
from clmil.nn.model import ClMilModel
from clmil.nn.precision import resolve_precision
from clmil.storage.atomic import explained
from clmil.storage.encoders import LoadedEncoder
from clmil.systems.cl_mil import build_network
from clmil.systems.recipe import Recipe
from clmil.training import ranks
from clmil.training.conduct import check_trackers
from clmil.training.material import Material, gather, keep_material, kept_material, tokenise
from clmil.training.progress import ProgressListener
from clmil.training.workspace import fingerprint, open_run


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Where a run lies, and what may be done with what is there already."""

    output: Path
    resume: bool
    overwrite: bool


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What the stages start from: word pieces, network, work folder, and what was said aloud."""

    material: Material
    network: ClMilModel
    work: Path
    notes: tuple[str, ...]


def prepare(
    corpus: Corpus,
    recipe: Recipe,
    encoder: LoadedEncoder,
    place: Workplace,
    listener: ProgressListener,
) -> Prepared:
    """Carve, check and tokenise on the first process; the others read what it wrote.

    Raises:
        ClmilError: one sentence on what is wrong with data, recipe or folder, on every process.
    """
    made: list[Prepared] = []

    def lead() -> dict[str, Any]:
        made.append(_prepare(corpus, recipe, encoder, place, listener))
        prepared = made[0]
        if ranks.processes() > 1:
            keep_material(prepared.material, prepared.work / "cache")
        return {
            "space": prepared.material.space.to_json(),
            "text_budget": prepared.material.text_budget,
            "work": str(prepared.work),
        }

    told = ranks.from_leader(lead)
    if made:
        return made[0]
    work = Path(told["work"])
    space = LabelSpace.from_json(told["space"])
    material = kept_material(work / "cache", space, told["text_budget"])
    network = _network(recipe, encoder, space, material.relations)
    return Prepared(material=material, network=network, work=work, notes=())


def _prepare(
    corpus: Corpus,
    recipe: Recipe,
    encoder: LoadedEncoder,
    place: Workplace,
    listener: ProgressListener,
) -> Prepared:
    train_part, validation, notes = _parts(corpus, recipe)
    material = gather(corpus, train_part, validation, recipe, encoder)
    network = _network(recipe, encoder, material.space, material.relations)
    run = {
        "recipe": recipe.plain(),
        "data": fingerprint(train_part, validation),
        "descriptions": list(material.space.descriptions),
        "precision": resolve_precision(recipe.training.precision),
        "processes": ranks.processes(),
        "versions": {name: version(name) for name in ("clmil", "torch", "transformers")},
    }
    check_trackers(recipe)
    work = open_run(place.output, run, resume=place.resume, overwrite=place.overwrite)
    for sentence in notes:
        listener.note(sentence)
    with explained(work):
        material = tokenise(material, encoder, work / "cache")
    return Prepared(material=material, network=network, work=work, notes=notes)


def _network(
    recipe: Recipe, encoder: LoadedEncoder, space: LabelSpace, relations: LabelRelations
) -> ClMilModel:
    set_seed(recipe.seed)
    return build_network(recipe, encoder, space, relations)


def _parts(corpus: Corpus, recipe: Recipe) -> tuple[Dataset, Dataset, tuple[str, ...]]:
    notes = corpus.notes + check_trainable(corpus.train, label_counts(corpus.train))
    if corpus.validation is not None:
        return corpus.train, corpus.validation, notes
    train_part, validation, said = carve_validation(
        corpus.train, share=recipe.training.validation_share, seed=recipe.seed
    )
    return train_part, validation, notes + said
