"""`clmil inspect`: what is in the data, what is wrong with it, what to do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from clmil.cli import completion
from clmil.cli.console import show, tell
from clmil.cli.options import ColumnOptions, Data
from clmil.cli.places import check_targets


@dataclass(frozen=True, kw_only=True)
class InspectOptions:
    """Where the report goes and what lengths are measured with."""

    output: Annotated[
        Path | None, typer.Option(help="JSON file to write; an earlier report is replaced.")
    ] = None
    html: Annotated[
        Path | None, typer.Option(help="Page to write, one HTML file; replaced likewise.")
    ] = None
    encoder: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.encoders,
            help="Whose word pieces tell lengths (default: the recipe's).",
        ),
    ] = None
    max_length: Annotated[
        int | None, typer.Option(help="Tokens of text and labels (default: the recipe's).")
    ] = None


def inspect(
    data: Data,
    columns: ColumnOptions,
    options: InspectOptions,
) -> None:
    """Tell what is in labelled texts, what is wrong with them and what to do."""
    from clmil.data.describe import descriptions_path
    from clmil.reports.inspection import inspect_data
    from clmil.reports.inspection_tables import terminal_tables
    from clmil.storage.atomic import write_json

    check_targets(options.output, options.html, inputs=(data, descriptions_path(data)))
    report = inspect_data(
        data,
        columns=columns.columns(),
        encoder=options.encoder,
        max_length=options.max_length,
    )
    tell(*report["notes"])
    if options.output is not None:
        write_json(options.output, report)
        tell(f"The report is in {options.output}.")
    if options.html is not None:
        from clmil.reports.inspection_page import write_inspection

        write_inspection(report, options.html)
        tell(f"The page is in {options.html}.")
    show(*terminal_tables(report))  # last: files are kept if the output is closed early
    show(*(f"* {sentence}" for sentence in report["suggestions"]))
