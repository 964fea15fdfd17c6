"""The model card: the README.md of a model folder."""

from typing import Any

from clmil.labels.space import LabelSpace

_USE = """## Use

```python
from clmil import load

classifier = load("{folder}")
classifier.predict_labels(["a text"])   # label names, most probable first
classifier.predict_proba(["a text"])    # one probability a label, columns in `classes_`
```

```
clmil predict {folder} --text "a text"
clmil predict {folder} new.csv --output labelled.csv
clmil evaluate {folder} labelled.csv
```
"""

_LIMITS = """## Limits

- It knows the labels above and no others, and texts like those it was trained on.
- Of a long text only the first {max_length} tokens are read, less the room that labels take.
- A label is predicted above a probability of 0.5. The probabilities are not calibrated.
- The scores come from the validation part, by which the best epoch was chosen; on new data
  expect somewhat less, and least for labels with few training documents.
"""

_PARTS = ("contrastive", "fil", "cil", "clrl")


def model_card(
    *,
    system: str,
    encoder: str,
    space: LabelSpace,
    recipe: dict[str, Any],
    metrics: dict[str, Any],
    version: str,
) -> str:
    """Return the card as Markdown.

    Args:
        system: what was trained.
        encoder: on which encoder.
        space: the labels with their training counts.
        recipe: all settings as plain values; they lie beside the card in full.
        metrics: `validation` scores, `documents` by part, `seconds`.
        version: of clmil.
    """
    sections = (
        f"# Multi-label text classifier ({system})\n\n"
        f"Reads a text and tells which of {len(space)} labels apply. Trained with clmil {version}, "
        f"system `{system}`, on the encoder `{encoder}`.\n",
        _use(),
        _data(space, metrics),
        _recipe(recipe),
        _scores(metrics.get("validation", {})),
        _LIMITS.format(max_length=recipe["encoder"]["max_length"]),
    )
    return "\n".join(sections)


def _use() -> str:
    return _USE.format(folder="this-folder")


def _data(space: LabelSpace, metrics: dict[str, Any]) -> str:
    documents = metrics.get("documents", {})
    lines = ["## Data\n"]
    lines += [f"- {part}: {count:,} documents" for part, count in documents.items()]
    lines += [f"- annotated training documents: {space.documents:,}\n"]
    lines += ["| label | training documents | description |", "|---|---:|---|"]
    lines += [
        f"| {_cell(name)} | {count:,} | {_cell(description)} |"
        for name, count, description in zip(
            space.names, space.counts, space.descriptions, strict=True
        )
    ]
    return "\n".join(lines) + "\n"


def _recipe(recipe: dict[str, Any]) -> str:
    training = recipe.get("training", {})
    parts = [part for part in _PARTS if recipe.get(part, {}).get("enabled")]
    return (
        "## Recipe\n\n"
        f"- parts: {', '.join(parts) or 'a plain classifier'}\n"
        f"- seed {recipe.get('seed')}, at most {training.get('epochs')} epochs of batches of "
        f"{training.get('batch_size')}, learning rate {training.get('learning_rate')}\n"
        "- every setting: `recipe.yaml`; how the run went: `metrics.json`\n"
    )


def _scores(validation: dict[str, Any]) -> str:
    lines = ["## Validation scores at 0.5\n", "| score | value |", "|---|---:|"]
    lines += [
        f"| {name.replace('_', ' ')} | {_value(value)} |" for name, value in validation.items()
    ]
    return "\n".join(lines) + "\n"


def _value(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def _cell(text: str) -> str:
    """Keep a text from breaking a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
