"""What blending finished cells of `clmil reproduce` gives, without training anything again.

    python -m benchmarks.blend FOLDER KEY KEY [...]

FOLDER is the command's `--output`, KEY a finished cell of one corpus, whose arrays are still there.
The members are mixed as the system `blend` mixes them: weights chosen on validation documents, the
same for all labels. Written to results/blend-CORPUS.json, and as a table into docs/accuracy.md.
"""

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trials import row
from clmil.decisions.bootstrap import difference, resample
from clmil.decisions.choosing import Choice, choose_rule
from clmil.decisions.metrics import score, threshold
from clmil.decisions.objectives import Objective
from clmil.decisions.stacking import fit_stack
from clmil.experiments.plan import arrays_path, read_finished
from clmil.storage.atomic import write_json, write_text

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "results", ROOT / "docs" / "accuracy.md"
NEEDED = ("probabilities", "targets", "validation", "validation_targets")
HEADERS = (
    "system",
    "weight",
    "micro-F1 at 0.5",
    "macro-F1 at 0.5",
    "own thresholds, micro-F1",
    "macro-F1",
    "blend's macro-F1 less its",
)

Arrays = Mapping[str, np.ndarray]


def blend(members: Mapping[str, Arrays]) -> dict[str, Any]:
    """Return test scores of members and blend, at 0.5 and at thresholds chosen for macro-F1.

    Args:
        members: system to arrays of one corpus, in which documents and labels stand alike.
    """
    first = next(iter(members.values()))
    stack = fit_stack([one["validation"] for one in members.values()], first["validation_targets"])
    mixed = {
        name: stack.mix([one[name] for one in members.values()])
        for name in ("validation", "probabilities")
    }
    everyone = {**members, "blend": {**first, **mixed}}
    decided = {name: decisions(one) for name, one in everyone.items()}
    own = [found["own"] for found in decided.values()]
    *others, best = resample(first["targets"], own)
    scores = {
        name: {how: score(first["targets"], given).to_json() for how, given in found.items()}
        for name, found in decided.items()
    }
    reached = scores["blend"]["own"]["macro_f1"]
    apart = {
        name: vars(
            difference(reached - scores[name]["own"]["macro_f1"], best.macro_f1 - one.macro_f1)
        )
        for name, one in zip(members, others, strict=True)
    }
    return {
        "documents": len(first["targets"]),
        "weights": dict(zip(members, stack.weights, strict=True)),
        "bias": stack.bias,
        "scores": scores,
        "gain_in_macro_f1": apart,
    }


def decisions(one: Arrays) -> dict[str, np.ndarray]:
    """Return decisions on test: at 0.5, and by a threshold a label chosen on validation."""
    choice = Choice(objective=Objective(name="macro-f1"), seed=1)
    rule = choose_rule(one["validation"], one["validation_targets"], choice)
    return {"fixed": threshold(one["probabilities"]), "own": rule.decide(one["probabilities"])}


def table(corpus: str, found: Mapping[str, Any]) -> str:
    """Return a Markdown table."""
    lines = [f"**{corpus}**, {found['documents']:,} test documents", "", row(HEADERS)]
    lines.append(row(["---", *["---:"] * 6]))
    for name, scores in found["scores"].items():
        weight, apart = found["weights"].get(name), found["gain_in_macro_f1"].get(name)
        values = [scores[how][key] for how in ("fixed", "own") for key in ("micro_f1", "macro_f1")]
        lines.append(
            row(
                [
                    name,
                    "" if weight is None else f"{weight:.2f}",
                    *(f"{100 * value:.1f}" for value in values),
                    "" if apart is None else points(apart),
                ]
            )
        )
    return "\n".join(lines)


def points(apart: Mapping[str, float]) -> str:
    """Return a difference and its 95 % interval, in points."""
    value, low, high = (f"{100 * apart[name]:+.1f}" for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def filled(page: str) -> str:
    """Return the page with the tables of all results between its marks."""
    files = sorted(RESULTS.glob("blend-*.json"))
    tables = [
        table(file.stem.removeprefix("blend-"), json.loads(file.read_text(encoding="utf-8")))
        for file in files
    ]
    shown = "\n\n".join(["<!-- blend -->", *tables, "<!-- /blend -->"])
    return re.sub(r"<!-- blend -->.*<!-- /blend -->", lambda _: shown, page, flags=re.DOTALL)


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
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
