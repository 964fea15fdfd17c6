"""`clmil serve`: a model as REST service and web page."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from clmil.cli.console import tell
from clmil.cli.options import Precision


@dataclass(frozen=True, kw_only=True)
class AddressOptions:
    """Where to listen."""

    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0: every one of this machine.")
    ] = "127.0.0.1"
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 8000
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Token that requests must carry (or set CLMIL_TOKEN)."),
    ] = None


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How much to take at once."""

    batch_size: Annotated[int, typer.Option(min=1, help="Texts that the model sees at once.")] = 32
    wait_ms: Annotated[
        float, typer.Option(min=0, max=10_000, help="A text waits for company at most.")
    ] = 5.0
    queue: Annotated[
        int, typer.Option(min=1, help="Texts that may wait; more are answered 503.")
    ] = 1024
    max_texts: Annotated[int, typer.Option(min=1, help="Texts in a request.")] = 256
    max_characters: Annotated[int, typer.Option(min=1, help="Characters of a text.")] = 100_000
    max_megabytes: Annotated[float, typer.Option(min=0.001, help="Size of a request.")] = 4.0


def serve(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model folder.")],
    address: AddressOptions,
    load: LoadOptions,
    workers: Annotated[int, typer.Option(min=1, help="Processes, each with the model.")] = 1,
    precision: Precision = "auto",
) -> None:
    """Serve a model: POST /predict and /explain, GET /model, /metrics, /health, and a page.

    SIGTERM or Ctrl-C ends it once what it took is answered.
    """
    from clmil.serving.settings import Limits, Settings
    from clmil.serving.start import serve as start
    from clmil.serving.tokens import find_token

    if load.max_texts > load.queue:
        raise typer.BadParameter("--max-texts must not be over --queue, or none would fit.")
    limits = Limits(
        batch_size=load.batch_size,
        wait=load.wait_ms / 1000,
        queue=load.queue,
        texts=load.max_texts,
        characters=load.max_characters,
        body=int(load.max_megabytes * 1024 * 1024),
    )
    settings = Settings(
        model=model,
        host=address.host,
        port=address.port,
        workers=workers,
        precision=precision,
        token=find_token(address.token_file, os.environ),
        limits=limits,
    )
    start(settings, tell)
