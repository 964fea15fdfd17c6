"""`clmil export`: a model for machines without torch."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from clmil.cli.console import show, tell
from clmil.cli.options import Overwrite
from clmil.cli.places import check_outside


def export(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="Model folder, or OWNER/NAME on the hub.")
    ],
    output: Annotated[Path, typer.Option(help="Folder to write.")],
    to: Annotated[Literal["onnx"], typer.Option(help="Format.")] = "onnx",
    int8: Annotated[
        bool, typer.Option("--int8", help="8-bit weights and inputs: smaller, faster, less exact.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Write a model as an ONNX graph with its labels and thresholds, to run without torch.

    Wherever a command takes a MODEL, the exported folder will do.
    """
    from clmil.runtime.exporting import export_model

    check_outside(output, model)
    tell("Exporting takes about a minute.")
    exported = export_model(model, output, int8=int8, overwrite=overwrite)
    show(
        f"The {to} model ({exported.precision}) is in {output}. Use it without torch:",
        f'  clmil predict {output} --text "..."',
    )
