"""Arguments and options that commands share, alone or as fields of dataclasses."""

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clmil.cli import completion
from clmil.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clmil.data.columns import Columns
    from clmil.systems.settings import Recipe
    from clmil.systems.start import Start
    from clmil.training.progress import ProgressListener

UNITS = {"h": 3600, "m": 60, "s": 1}
"""Seconds of the units in which times are given."""

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="A file, a folder of parts, a `datasets` folder or a hub id."
    ),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        autocompletion=completion.encoders,
        help="Alias, folder or hub id (default: the recipe's).",
    ),
]
RecipeName = Annotated[
    str,
    typer.Option(autocompletion=completion.recipes, help="`default`, `paper` or a YAML file."),
]
Seed = Annotated[int | None, typer.Option(help="Of all chance (default: the recipe's).")]
Precision = Annotated[
    Literal["auto", "fp32", "bf16", "int8"],
    typer.Option(
        help="auto: bf16 where the hardware has it, else fp32; int8: fastest, less exact."
    ),
]
Part = Annotated[
    Literal["train", "validation", "test"],
    typer.Option(help="Which part of a folder; a single file is taken whole."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


@dataclass(frozen=True, kw_only=True)
class ColumnOptions:
    """Which columns of the data hold what."""

    text_column: Annotated[str, typer.Option(help="Column of the text.")] = "text"
    label_column: Annotated[
        str, typer.Option(help="Column of the labels: a list, or delimited names.")
    ] = "labels"
    delimiter: Annotated[
        str | None, typer.Option(help="What separates label names; found if not given.")
    ] = None
    label_columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,C",
            help="Columns of 0 and 1, one a label; a name with a comma in double quotes.",
        ),
    ] = None

    def columns(self, known: "Iterable[str]" = ()) -> "Columns":
        """Return them as the readers take them.

        Args:
            known: labels of the model for which data are read.
        """
        from clmil.data.columns import Columns

        return Columns(
            text=self.text_column,
            labels=self.label_column,
            delimiter="\t" if self.delimiter == r"\t" else self.delimiter,
            label_columns=tuple(listed(self.label_columns or "")),
            known=frozenset(known),
        )


@dataclass(frozen=True, kw_only=True)
class RecipeOptions:
    """What to train."""

    system: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.systems,
            help="What to train; `clmil systems` lists them (default: cl-mil).",
        ),
    ] = None
    recipe: RecipeName = "default"
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PART.KEY=VALUE", help="Change a setting; repeatable."),
    ] = None
    encoder: Encoder = None
    seed: Seed = None

    def load(self, start: "Start | None" = None) -> "Recipe":
        """Return the validated recipe; that of a model from which a run goes on, if there is one.

        Raises:
            RecipeError: on an unknown recipe, system or key, or a value that does not fit.
        """
        from clmil.systems.start import recipe_for

        return recipe_for(
            self.recipe,
            system=self.system,
            overrides=self.overrides or (),
            encoder=self.encoder,
            seed=self.seed,
            start=start,
        )


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How a run treats its folder and the terminal."""

    resume: Resume = False
    overwrite: Overwrite = False
    quiet: Annotated[bool, typer.Option("--quiet", help="Show results and errors only.")] = False

    def listener(self) -> "ProgressListener":
        """Return what shows the progress; of several processes, the first does."""
        from clmil.training.ranks import leads

        if self.quiet or not leads():
            from clmil.training.progress import Silent

            return Silent()
        from clmil.reports.progress import RichProgress

        return RichProgress()


def listed(names: str) -> list[str]:
    """Return the names between commas; one that holds a comma stands in double quotes, as in CSV.

    Raises:
        DataError: if they cannot be told apart.
    """
    try:
        cells = next(csv.reader([names], skipinitialspace=True), [])
    except csv.Error as error:
        raise DataError(f"the names {names!r} cannot be told apart ({error}).") from error
    return [name for name in (cell.strip() for cell in cells) if name]


def read_time(text: str | None) -> float | None:
    """Return the seconds of `2h`, `90m`, `45s` or `1h30m`; None stays None."""
    if text is None:
        return None
    found = re.fullmatch(r"(?:\d+(?:\.\d+)?[hms])+", text.strip())
    parts = re.findall(r"(\d+(?:\.\d+)?)([hms])", text) if found else []
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if not seconds:
        raise typer.BadParameter(
            f"{text!r} is no time; write hours, minutes or seconds like 2h, 90m or 1h30m.",
            param_hint="--time",
        )
    return seconds
