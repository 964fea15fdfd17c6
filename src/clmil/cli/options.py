"""Options that commands share, as dataclasses whose fields are options."""

import csv
import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from clmil.cli import completion
from clmil.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clmil.data.columns import Columns
    from clmil.systems.settings import Recipe
    from clmil.systems.start import Start

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
    recipe: Annotated[
        str,
        typer.Option(autocompletion=completion.recipes, help="`default`, `paper` or a YAML file."),
    ] = "default"
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PART.KEY=VALUE", help="Change a setting; repeatable."),
    ] = None
    encoder: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.encoders,
            help="Alias, folder or hub id (default: the recipe's).",
        ),
    ] = None
    seed: Annotated[int | None, typer.Option(help="Of all chance (default: the recipe's).")] = None

    def load(self, start: "Start | None" = None) -> "Recipe":
        """Return the validated recipe; that of a model from which a run goes on, if there is one.

        Raises:
            RecipeError: on an unknown recipe, system or key, or a value that does not fit.
        """
        from clmil.systems.recipe import load_recipe

        overrides = list(self.overrides or ())
        if self.encoder is not None:
            overrides.append(f"encoder.name={self.encoder}")
        if self.seed is not None:
            overrides.append(f"seed={self.seed}")
        if start is not None:
            return start.recipe(self.recipe, system=self.system, overrides=overrides)
        return load_recipe(self.recipe, system=self.system, overrides=overrides)


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


def grouped_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take dataclasses of options: each field becomes an option of its own."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            parameters += _options(groups[name])
        else:
            keyword = inspect.Parameter.KEYWORD_ONLY
            parameters.append(parameter.replace(kind=keyword, annotation=hints[name]))

    @wraps(command)
    def run(**values: Any) -> None:
        for name, kind in groups.items():
            names = [field.name for field in fields(kind)]
            values[name] = kind(**{field: values.pop(field) for field in names})
        command(**values)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _options(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(group)
    ]
