"""Keep what trials of recipes scored on validation data, in results/trials.json and docs/method.md.

    clmil train DATA --system NAME --set KEY=VALUE ... --output runs/trials/NAME
    python -m benchmarks.trials CORPUS runs/trials/*

A trial is a model folder, or a finished cell of `clmil reproduce` with the default recipe
(`results/reproduction/cells/KEY.json`). Only its recipe and what training wrote of its validation
part are read.
"""

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clmil.storage.atomic import read_json, write_json, write_text
from clmil.systems.recipe import load_recipe

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
OUTPUT, PAGE = RESULTS / "trials.json", ROOT / "docs" / "method.md"
HEADERS = ("system", "changed", "micro-F1 after each epoch", "micro-F1", "macro-F1", "minutes")
APART = ("seed", "training.report_to", "training.checkpoint_steps")
"""Settings that make no other recipe."""
FILES = ("words.vectors",)
"""Settings that are told without their folder."""


def trial(folder: Path) -> dict[str, Any]:
    """Return system, what the recipe changes of the default one, and what came of it."""
    recipe = load_recipe(str(folder / "recipe.yaml"))
    metrics = read_json(folder / "metrics.json")
    default = dict(flat(load_recipe("default", system=recipe.system).plain()))
    own = dict(flat(recipe.plain()))
    stages = metrics["stages"]
    last = [stage for stage in stages.values() if stage.get("validations")][-1]
    scores = metrics["validation"]
    return {
        "system": recipe.system,
        "seed": recipe.seed,
        "changed": {
            key: Path(value).name if key in FILES and value else value
            for key, value in own.items()
            if key not in APART and default.get(key) != value and not is_off(key, own)
        },
        "micro_f1": scores["micro_f1"],
        "macro_f1": scores["macro_f1"],
        "micro_f1_by_epoch": [one["eval_micro_f1"] for one in last["validations"]],
        "seconds": sum(stage["seconds"] for stage in stages.values()),
    }


def is_off(key: str, own: Mapping[str, Any]) -> bool:
    """Tell whether a setting is of a part that is off."""
    switch = f"{key.split('.')[0]}.enabled"
    return key != switch and own.get(switch) is False


def finished_cell(file: Path) -> dict[str, Any]:
    """Return what `trial` does, of a cell with the default recipe."""
    values = read_json(file)
    cell, stages = values["cell"], values["results"]["stages"]
    last = [stage for stage in stages.values() if stage.get("validations")][-1]
    best = max(last["validations"], key=lambda one: one["eval_micro_f1"])
    return {
        "system": cell["system"],
        "seed": cell["seed"],
        "changed": {},
        "micro_f1": best["eval_micro_f1"],
        "macro_f1": best["eval_macro_f1"],
        "micro_f1_by_epoch": [one["eval_micro_f1"] for one in last["validations"]],
        "seconds": sum(stage["seconds"] for stage in stages.values()),
    }


def flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and plain values."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def filled(page: str, report: Mapping[str, Any]) -> str:
    """Return the page with a table for each corpus between its marks."""
    tables = []
    for corpus, trials in report.items():
        lines = [f"**{corpus}**", "", row(HEADERS), row(["---", "---", *["---:"] * 4])]
        tables.append("\n".join([*lines, *(row(cells(one)) for one in trials.values())]))
    return between(page, "trials", tables)


def between(page: str, mark: str, tables: Sequence[str]) -> str:
    """Return the page with tables between its marks of a name."""
    first, last = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    shown = "\n\n".join([first, *tables, last])
    return re.sub(f"{first}.*{last}", lambda _: shown, page, flags=re.DOTALL)


def of_corpora(page: str, kind: str, table: Callable[[str, Any], str], mark: str) -> str:
    """Return the page with a table for each `results/KIND-CORPUS.json` between its marks."""
    files = sorted(RESULTS.glob(f"{kind}-*.json"))
    tables = [table(file.stem.removeprefix(f"{kind}-"), read_json(file)) for file in files]
    return between(page, mark, tables)


def cells(one: Mapping[str, Any]) -> list[str]:
    """Return what a row tells of a trial."""
    changed = ", ".join(f"`{key}={value}`" for key, value in one["changed"].items())
    return [
        one["system"],
        changed or "nothing",
        " ".join(f"{100 * score:.1f}" for score in one["micro_f1_by_epoch"]),
        f"{100 * one['micro_f1']:.1f}",
        f"{100 * one['macro_f1']:.1f}",
        f"{one['seconds'] / 60:.0f}",
    ]


def row(values: Sequence[str]) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(values)} |"


def main() -> None:
    """Read the trials, add to the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus")
    parser.add_argument("trials", type=Path, nargs="+")
    given = parser.parse_args()
    report = read_json(OUTPUT) if OUTPUT.exists() else {}
    known = report.setdefault(given.corpus, {})
    for path in given.trials:
        if path.suffix == ".json":
            known[path.stem] = finished_cell(path)
        else:
            known[path.name] = trial(path)
    write_json(OUTPUT, report)
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8"), report))


if __name__ == "__main__":
    main()
