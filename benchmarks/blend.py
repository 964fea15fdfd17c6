"""What blending finished cells of `clmil reproduce` gives, without training anything again.

    python -m benchmarks.blend FOLDER KEY KEY [...]

FOLDER is the command's `--output`, KEY a finished cell of one corpus, whose arrays are still there.
The members are mixed as the system `blend` mixes them: weights chosen on validation documents, the
same for all labels. Written to results/blend-CORPUS.json, and as a table into docs/accuracy.md.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gains import NEEDED, Arrays, gains
from benchmarks.trials import RESULTS
from clmil.decisions.stacking import fit_stack
from clmil.experiments.plan import arrays_path, read_finished
from clmil.storage.atomic import write_json


def blend(members: Mapping[str, Arrays]) -> dict[str, Any]:
    """Return weights, and the test scores of members and blend."""
    first = next(iter(members.values()))
    stack = fit_stack([one["validation"] for one in members.values()], first["validation_targets"])
    mixed = {
        name: stack.mix([one[name] for one in members.values()])
        for name in ("validation", "probabilities")
    }
    weights = dict(zip(members, stack.weights, strict=True))
    found = gains({**members, "blend": {**first, **mixed}}, "blend")
    return {"weights": weights, "bias": stack.bias, **found}


def read_members(folder: Path, keys: list[str]) -> tuple[str, dict[str, dict[str, np.ndarray]]]:
    """Return the corpus of the cells, and their arrays by system."""
    finished, members = read_finished(folder), {}
    for key in keys:
        with np.load(arrays_path(folder, key), allow_pickle=False) as stored:
            members[finished[key]["cell"]["system"]] = {name: stored[name] for name in NEEDED}
    (corpus,) = {finished[key]["cell"]["corpus"] for key in keys}
    first = next(iter(members.values()))
    for one in members.values():
        assert np.array_equal(one["targets"], first["targets"]), "labels stand in another order"
    return corpus, members


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("keys", nargs="+")
    given = parser.parse_args()
    corpus, members = read_members(given.folder, given.keys)
    write_json(RESULTS / f"blend-{corpus}.json", blend(members))


if __name__ == "__main__":
    main()
