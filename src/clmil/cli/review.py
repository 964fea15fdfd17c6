"""`clmil review`: labels that are likely wrong or missing, and documents to label next."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from clmil.cli import completion
from clmil.cli.console import show, tell
from clmil.cli.options import ColumnOptions, Data, Overwrite, Part
from clmil.cli.places import check_targets


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """Which models tell what labels mean."""

    scores: Annotated[
        Literal["linear", "embeddings", "both"],
        typer.Option(help="TF-IDF, a frozen encoder, or both; each with linear machines."),
    ] = "linear"
    encoder: Annotated[
        str,
        typer.Option(autocompletion=completion.encoders, help="Of the embeddings."),
    ] = "minilm"
    seed: Annotated[int, typer.Option(min=0, help="Of the folds.")] = 0


@dataclass(frozen=True, kw_only=True)
class LookOptions:
    """What is looked for."""

    share: Annotated[
        float, typer.Option(help="Share of the annotated documents proposed for a look.")
    ] = 0.05
    near: Annotated[
        float, typer.Option(help="Cosine from which on two texts are nearly the same.")
    ] = 0.9
    unlabelled: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Texts without labels.")
    ] = None
    wanted: Annotated[
        int, typer.Option("--next", min=0, help="Documents proposed for labelling at most.")
    ] = 100


def review(
    data: Data,
    columns: ColumnOptions,
    scoring: ScoreOptions,
    look: LookOptions,
    output: Annotated[
        Path | None, typer.Option(help="File to write, .csv or .jsonl, to edit and train on.")
    ] = None,
    part: Part = "train",
    overwrite: Overwrite = False,
) -> None:
    """Rank labels that are likely wrong or missing, and documents worth labelling next.

    Every document is scored by models that did not see it. The output holds all documents, those
    to look at first at the top; edit its column `labels` and train on it.
    """
    import cleanlab  # noqa: F401  # said to be missing before minutes have gone by

    from clmil.data.files import split_name
    from clmil.reports.progress import counting
    from clmil.reports.review import ReviewSettings, review_data
    from clmil.reports.review_file import check_names, write_review
    from clmil.reports.review_tables import review_sentences, review_table
    from clmil.runtime.files import check_output
    from clmil.systems.light_scores import Scoring

    if scoring.scores == "linear" and scoring.encoder != ScoreOptions.encoder:
        raise typer.BadParameter("--encoder goes with --scores embeddings or both.")
    check_targets(output, inputs=(data, look.unlabelled))
    if output is not None:
        split_name(output)  # says at once that it is of no known form
        for source in (data, look.unlabelled or data):
            check_output(Path(source), output, overwrite=overwrite)
    settings = ReviewSettings(share=look.share, near=look.near, wanted=look.wanted)
    with counting("scoring") as advance:
        found = review_data(
            data,
            columns=columns.columns(),
            part=part,
            unlabelled=look.unlabelled,
            scoring=Scoring(
                kind=scoring.scores, encoder=scoring.encoder, seed=scoring.seed, advance=advance
            ),
            settings=settings,
            check=lambda material: check_names(material, output),
        )
    tell(*found.notes)
    if output is not None:
        write_review(found, output)
        tell(f"The review is in {output}; edit its column `labels`, then train on it.")
    show(review_table(found), *review_sentences(found))  # the file stays if this is cut off
