"""`clmil adapt`: from texts to an encoder that has read texts like them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from clmil.cli import completion
from clmil.cli.console import show
from clmil.cli.options import ColumnOptions, Data, RunOptions, Seed


def adapt(
    data: Data,
    output: Annotated[Path, typer.Option(help="Folder to make for the encoder.")],
    columns: ColumnOptions,
    run: RunOptions,
    encoder: Annotated[
        str,
        typer.Option(autocompletion=completion.encoders, help="Alias, folder or hub id."),
    ] = "minilm",
    epochs: Annotated[int | None, typer.Option(help="At most (default: the recipe's).")] = None,
    max_steps: Annotated[int | None, typer.Option(help="At most, whatever the epochs.")] = None,
    seed: Seed = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="PART.KEY=VALUE", help="Change `adaptation` or `training`; repeatable."
        ),
    ] = None,
) -> None:
    """Go on with an encoder's pre-training on your texts, labelled or not, for --encoder.

    A test part is never read.
    """
    from clmil.systems.recipe import as_overrides, load_recipe

    given = {
        "encoder.name": encoder,
        "adaptation.epochs": epochs,
        "adaptation.max_steps": max_steps,
        "seed": seed,
    }
    told = ["adaptation.enabled=true", *(overrides or ()), *as_overrides(given)]
    recipe = load_recipe(system="bert", overrides=told)
    from clmil.data.corpus import read_corpus
    from clmil.reports.geometry import geometry
    from clmil.training.adapt import Adapting
    from clmil.training.adapt import adapt as run_adaptation

    corpus = read_corpus(data, columns=columns.columns())
    how = Adapting(
        measure=lambda vectors: geometry(vectors).to_json(),
        resume=run.resume,
        overwrite=run.overwrite,
        progress=run.listener(),
    )
    facts = run_adaptation(corpus, recipe, output, how)  # type: ignore[arg-type]
    show(
        *_sentences(facts),
        f"The encoder is in {output}. Train on it:",
        f"  clmil train {data} --output MODEL --encoder {output}",
    )


def _sentences(facts: dict[str, Any]) -> list[str]:
    loss, lie = facts["validation_loss"], facts["geometry"]
    cosines = [lie[when]["mean"]["mean_cosine"] for when in ("before", "after")]
    return [
        f"After {facts['steps']:,} steps the validation loss is {loss['after']:.3f}; "
        f"{loss['before']:.3f} before, with a fresh head.",
        f"Mean cosine of validation texts, mean pooling: {cosines[0]:.3f} before, "
        f"{cosines[1]:.3f} after.",
    ]
