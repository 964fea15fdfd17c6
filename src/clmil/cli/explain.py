"""`clmil explain`: which words of a text speak for which label."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clmil.cli.console import show, tell
from clmil.cli.options import Precision, listed
from clmil.cli.places import STDOUT, check_targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clmil.runtime.explanation import Explanation


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """Where the texts are, if they are in a file."""

    file: Annotated[
        Path | None, typer.Option(help="A .jsonl, .csv, .tsv or .parquet file of texts.")
    ] = None
    text_column: Annotated[str, typer.Option(help="Column of the text.")] = "text"
    limit: Annotated[int, typer.Option(min=1, help="Texts of the file at most.")] = 100


@dataclass(frozen=True, kw_only=True)
class QuestionOptions:
    """What to explain and how."""

    labels: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Labels (default: those predicted); a name with a comma in double quotes.",
        ),
    ] = None
    method: Annotated[
        Literal["own", "occlusion", "integrated-gradients"],
        typer.Option(help="own: fast; occlusion: words left out; integrated-gradients: slow."),
    ] = "own"
    top: Annotated[int, typer.Option(min=1, help="Words at most for each label.")] = 10
    precision: Precision = "auto"

    def names(self, known: "Mapping[str, int]") -> list[str] | None:
        """Return the labels asked about; what is a label of the model as a whole is one."""
        if self.labels is None or self.labels in known:
            return None if self.labels is None else [self.labels]
        return listed(self.labels)


@dataclass(frozen=True, kw_only=True)
class AnswerOptions:
    """Where the explanations go beside the terminal."""

    html: Annotated[
        Path | None, typer.Option(help="Page to write, one HTML file; an earlier one is replaced.")
    ] = None
    json: Annotated[
        Path | None,
        typer.Option(help="JSON file to write or replace; `-`: to the output, and nothing else."),
    ] = None

    @property
    def piped(self) -> bool:
        """Whether the output is JSON."""
        return self.json == STDOUT


def explain(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model folder.")],
    source: FileOptions,
    question: QuestionOptions,
    answer: AnswerOptions,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT...", help="Texts, instead of a file.")
    ] = None,
) -> None:
    """Show which words speak for a label, and which labels go together."""
    from clmil.runtime.explaining import explain as explain_texts
    from clmil.runtime.predictor import Predictor

    if bool(texts) == (source.file is not None):
        raise typer.BadParameter("give either texts or --file.")
    if texts and source != FileOptions():
        raise typer.BadParameter("--text-column and --limit go with --file.")
    values = None if answer.piped else answer.json
    check_targets(values, answer.html, inputs=(source.file,), models=(model,))
    wanted = texts or _texts(source)
    predictor = Predictor.load(model, precision=question.precision)
    found = explain_texts(
        predictor,
        wanted,
        labels=question.names(predictor.space.index),
        method=question.method,
        top=question.top,
    )
    _answer(found, answer, model.resolve().name)


def _texts(source: FileOptions) -> list[str]:
    """Return the first texts of a file."""
    from clmil.data.chunks import iter_chunks
    from clmil.data.columns import Columns

    assert source.file is not None
    columns = Columns(text=source.text_column)
    chunks = iter_chunks(source.file, columns=columns, size=source.limit + 1)
    rows = list(itertools.chain.from_iterable(itertools.islice(chunks, 1)))
    if len(rows) > source.limit:
        some = f"{source.limit} texts of {source.file} are"
        some = f"text of {source.file} is" if source.limit == 1 else some
        tell(f"Only the first {some} explained; see --limit.")
    return [row[source.text_column] for row in rows[: source.limit]]


def _answer(found: "list[Explanation]", answer: AnswerOptions, model: str) -> None:
    from clmil.reports.explanation import as_values
    from clmil.reports.explanation_terminal import explanation_lines
    from clmil.storage.atomic import write_json

    if answer.json is not None and not answer.piped:
        write_json(answer.json, as_values(found))
        tell(f"The explanations are in {answer.json}.")
    if answer.html is not None:
        from clmil.reports.explanation_page import write_explanations

        write_explanations(found, answer.html, model=model)
        tell(f"The page is in {answer.html}.")
    if answer.piped:  # what is shown comes last: files are kept if the output is closed early
        typer.echo(json.dumps(as_values(found), indent=2, ensure_ascii=False))
    else:
        show(*explanation_lines(found))
