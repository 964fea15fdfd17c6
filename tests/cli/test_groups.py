"""Dataclasses of options become options."""

import inspect

import typer

from clmil.cli.groups import grouped_options
from clmil.cli.options import ColumnOptions, RecipeOptions


def test_fields_become_keyword_parameters():
    def command(data: str, columns: ColumnOptions, choice: RecipeOptions, last: int = 3) -> None:
        """Do it."""
        seen.update(data=data, columns=columns, choice=choice, last=last)

    seen = {}
    run = grouped_options(command)
    names = list(inspect.signature(run).parameters)
    assert names[0] == "data"
    assert {"text_column", "label_columns", "system", "overrides", "last"} <= set(names)
    assert "columns" not in names
    values = {
        name: parameter.default
        for name, parameter in inspect.signature(run).parameters.items()
        if name != "data"
    }
    run(data="d", **values)
    assert seen == {"data": "d", "columns": ColumnOptions(), "choice": RecipeOptions(), "last": 3}
    assert typer.main.get_command(_app(run)).name == "command"


def _app(command):
    app = typer.Typer()
    app.command()(command)
    return app
