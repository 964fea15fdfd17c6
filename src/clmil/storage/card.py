"""The model card: the README.md of a model folder, as the Hugging Face hub shows it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clmil.decisions.rule import DecisionRule
from clmil.errors import listed
from clmil.labels.space import LabelSpace
from clmil.storage.card_data import decision_lines, front_matter

NAMED = 10
"""Rare labels that the card names."""

TEACHER = "teacher"
"""Stage in which teachers were asked."""

_USE = """## Use

```python
from clmil import load

classifier = load("this-folder")        # or owner/name, if it is on the Hugging Face hub
classifier.predict_labels(["a text"])   # label names, most probable first
classifier.predict_proba(["a text"])    # one probability a label, columns in `classes_`
```

```
clmil predict this-folder --text "a text"
clmil predict this-folder new.csv --output labelled.csv
clmil evaluate this-folder labelled.csv
```
"""

_LIMITS = """## Limits

- It knows the labels above and no others. It has seen texts like those it was trained on; on
  texts of another domain, style or time it can be wrong with a high probability.
- Languages were not checked: expect it to work only in those of the training texts{encoder}.
- {reads}
- The scores come from the validation part, by which the best epoch was chosen; on new data
  expect somewhat less, and least for labels with few training documents.
"""

_LICENCE = """## Licence and citation

The licence of the training data is not known to clmil, and none is stated for these weights;
whoever publishes the model has to add both above.
"""

_DECISIONS = re.compile(r"^## Decisions\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def model_card(
    *,
    system: str,
    about: Mapping[str, Any],
    space: LabelSpace,
    recipe: dict[str, Any],
    metrics: dict[str, Any],
    version: str,
    paper: str = "",
) -> str:
    """Return the card as Markdown, its section on decisions still empty.

    Args:
        system: what was trained.
        about: of the system, as `clmil.systems.family.About` has it: `reads`, `parts`, and
            `encoder` if it has one; of a folder only the name is told.
        space: the labels with their training counts.
        recipe: all settings as plain values; they lie beside the card in full.
        metrics: `validation` scores at 0.5, `documents` by part, `lengths`, facts of `stages`.
        version: of clmil.
        paper: where the system is described.
    """
    encoder = about.get("encoder")
    on = f", on the encoder `{_shown(encoder)}`" if encoder else ""
    known = ", as far as\n  the encoder knows them" if encoder else ""
    sections = (
        front_matter(system=system, encoder=encoder, scores=metrics.get("validation", {})),
        f"# Multi-label text classifier ({system})\n\n"
        f"Reads a text and tells which of {len(space)} labels apply. Trained with clmil {version}, "
        f"system `{system}`{on}.\n",
        _USE,
        _data(space, metrics),
        _labels(space),
        _recipe(about["parts"], recipe, metrics.get("stages", {})),
        _scores(metrics.get("validation", {})),
        "## Decisions\n",
        _LIMITS.format(reads=about["reads"], encoder=known) + _rare(space),
        _LICENCE + (f"The method: {paper}.\n" if paper else ""),
    )
    return "\n".join(sections)


def with_decisions(card: str, rule: DecisionRule) -> str:
    """Return a card whose section on decisions tells of a rule; other cards are left alone."""
    told = "## Decisions\n\n" + "".join(f"- {line}\n" for line in decision_lines(rule)) + "\n"
    return _DECISIONS.sub(lambda _: told, card, count=1)


def _data(space: LabelSpace, metrics: dict[str, Any]) -> str:
    lines = ["## Data\n"]
    lines += [f"- {part}: {n:,} documents" for part, n in metrics.get("documents", {}).items()]
    lines += [f"- annotated training documents: {space.documents:,}"]
    if space.documents:
        lines += [f"- labels of a document: {sum(space.counts) / space.documents:.2f} on average"]
    lengths = metrics.get("lengths")
    if lengths:
        lines += [
            f"- tokens of a text, as far as they are read: {lengths['median']:,} (median), "
            f"{lengths['p95']:,} (95 % have no more); {lengths['full']:.1%} fill the room and may "
            "be cut"
        ]
    return "\n".join(lines) + "\n"


def _labels(space: LabelSpace) -> str:
    groups = {int(k): group for group, columns in space.groups().items() for k in columns}
    sizes = ", ".join(f"{len(columns)} {group}" for group, columns in space.groups().items())
    lines = [f"## Labels\n\n{len(space)} labels: {sizes}.\n"]
    lines += ["| label | group | training documents | description |", "|---|---|---:|---|"]
    rows = zip(space.names, space.counts, space.descriptions, strict=True)
    lines += [
        f"| {_cell(name)} | {groups[k]} | {count:,} | {_cell(description)} |"
        for k, (name, count, description) in enumerate(rows)
    ]
    return "\n".join(lines) + "\n"


def _recipe(parts: str, recipe: dict[str, Any], stages: Mapping[str, Any]) -> str:
    training = recipe.get("training", {})
    how = f"- seed {recipe.get('seed')}"
    if "epochs" in training:
        how += (
            f", at most {training['epochs']} epochs of batches of {training.get('batch_size')}, "
            f"learning rate {training.get('learning_rate')}"
        )
    how += _teachers(stages)
    return (
        f"## Recipe\n\n- parts: {parts}\n{how}\n"
        "- every setting: `recipe.yaml`; how the run went: `metrics.json`\n"
    )


def _teachers(stages: Mapping[str, Any]) -> str:
    """Say who taught, from the facts of such stages (`clmil.systems.soft_targets`)."""
    said = ""
    for stage, facts in stages.items():
        if stage.endswith(TEACHER):  # that of a blend's member begins with its name
            who = ", ".join(f"`{_shown(one['name'])}` ({one['system']})" for one in facts["models"])
            whom = stage.removesuffix(TEACHER).rstrip("-")
            said += (
                f"\n- {f'{whom} was ' * bool(whom)}taught by {who}, for {facts['labels']:,} of the "
                f"labels; what is taught weighs {facts['weight']:g} against the annotations, at "
                f"temperature {facts['temperature']:g}"
            )
    return said


def _shown(name: str) -> str:
    """Return an encoder's or a model's name; of a folder the last part alone."""
    return name if name.count("/") == 1 else Path(name).name


def _scores(validation: dict[str, Any]) -> str:
    lines = ["## Validation scores at 0.5\n", "| score | value |", "|---|---:|"]
    lines += [
        f"| {name.replace('_', ' ')} | {_value(value)} |" for name, value in validation.items()
    ]
    return "\n".join(lines) + "\n"


def _rare(space: LabelSpace) -> str:
    """Name the labels of which training has seen least, the rarest first."""
    tail = sorted((space.counts[k], space.names[k]) for k in space.groups()["tail"])
    if not tail:
        return ""
    rare = listed([f"{_cell(name)} ({count:,})" for count, name in tail], most=NAMED)
    return f"- Least certain are the rare labels, with few training documents: {rare}.\n"


def _value(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def _cell(text: str) -> str:
    """Keep a text from breaking a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
