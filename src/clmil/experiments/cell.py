"""What a cell does: train, predict, measure, and leave no weights behind."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clmil.data.corpus import Corpus, read_corpus
from clmil.errors import DataError
from clmil.experiments.cells import Cell, CellResult
from clmil.systems.recipe import load_recipe
from clmil.training.usage import forget_peak_memory, peak_memory


@dataclass(frozen=True, kw_only=True, eq=False)
class CellRunner:
    """Runs cells.

    Attributes:
        keep_models: leave the model folders where they are.
        corpora: by source; one that is not there is read for each cell.
    """

    keep_models: bool = False
    corpora: Mapping[str, Corpus] = field(default_factory=dict)

    def __call__(self, cell: Cell, folder: Path) -> CellResult:
        """Run one cell in `folder`, which may hold an interrupted run of it.

        Raises:
            ClmilError: if data, recipe, encoder or folder cannot be used.
        """
        from clmil.experiments.learning import learn
        from clmil.experiments.machine import machine
        from clmil.experiments.measuring import clouds_of, curve_of, decide, geometry_of, scores_of
        from clmil.experiments.sources import code_digest
        from clmil.experiments.trained import read_off

        corpus = self.corpora.get(cell.source) or read_corpus(cell.source)
        if corpus.test is None:
            raise DataError(f"{cell.source} has no test part to score systems on; add one.")
        overrides = [*cell.overrides, f"seed={cell.seed}"]
        recipe = load_recipe(cell.recipe, system=cell.system, overrides=overrides)
        forget_peak_memory()
        learnt = learn(corpus, recipe, folder)
        space, rate, arrays = read_off(learnt, corpus.test, recipe)
        arrays |= decide(arrays, space, cell.seed)
        values: dict[str, Any] = {
            "train_seconds": learnt.seconds,
            "train_processor_seconds": learnt.processor_seconds,
            "train_documents_per_second": _training_rate(learnt.metrics),
            "stages": learnt.metrics["stages"],
            "documents_per_second": round(rate, 2),
            "peak_megabytes": peak_memory().get("memory", 0.0),
            "machine": machine(recipe),
            "code": code_digest(),
            "documents": learnt.metrics["documents"] | {"test": len(corpus.test)},
            **scores_of(arrays, space),
        }
        values |= curve_of(arrays)
        values["geometry"], arrays["classes"] = geometry_of(arrays, space)
        if not self.keep_models:
            shutil.rmtree(folder, ignore_errors=True)
        return CellResult(values=values, arrays=clouds_of(arrays))


def _training_rate(metrics: Mapping[str, Any]) -> float:
    """Return the documents a second of the last stage."""
    *_, last = metrics["stages"].values()
    return float(last["documents_per_second"])
