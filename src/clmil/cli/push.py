"""`clmil push`: upload a model to the Hugging Face hub."""

from pathlib import Path
from typing import Annotated

import typer

from clmil.cli.console import show


def push(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model folder.")],
    repository: Annotated[
        str, typer.Argument(metavar="OWNER/NAME", help="Made if it does not exist.")
    ],
    private: Annotated[
        bool, typer.Option("--private", help="Make it private, if it is made.")
    ] = False,
    revision: Annotated[
        str | None, typer.Option(metavar="BRANCH", help="Branch to upload to (default: main).")
    ] = None,
) -> None:
    """Upload a model to the Hugging Face hub, from where every command can load it.

    It needs a token: run `hf auth login` once, or set HF_TOKEN. Wherever a command takes a MODEL,
    OWNER/NAME or OWNER/NAME@REVISION will do.
    """
    from clmil.storage.hub import push_model

    address = push_model(model, repository, private=private, revision=revision)
    name = repository if revision is None else f"{repository}@{revision}"
    show(f"The model is at {address}. Use it anywhere:", f'  clmil predict {name} --text "..."')
