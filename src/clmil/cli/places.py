"""Where commands write: never over what they read."""

from collections.abc import Iterable
from pathlib import Path

from clmil.errors import DataError

STDOUT = Path("-")
"""Stands for the output, where a command says so."""


def check_targets(
    *files: Path | None,
    inputs: Iterable[str | Path | None] = (),
    models: Iterable[Path | None] = (),
) -> None:
    """Check files to write before anything is done; None is passed over.

    Other files that exist are replaced, as reports are made again.

    Args:
        files: to write.
        inputs: what the command reads: files, folders, hub ids.
        models: model folders that it reads.

    Raises:
        DataError: if a file is named twice, is an input, replaces one in a folder of data or
            lies in a model folder.
        ModelError: if it cannot be written where it is wanted.
    """
    from clmil.storage.atomic import check_places

    wanted = [file for file in files if file is not None]
    if STDOUT in wanted:
        raise DataError("`-` cannot be written to here; name a file.")
    check_places(*wanted)
    places = [file.resolve() for file in wanted]
    given = [Path(source).expanduser() for source in inputs if source is not None]
    for file, place in zip(wanted, places, strict=True):
        if places.count(place) > 1:
            raise DataError(f"{file} is to be written twice; name a file for each.")
        check_outside(file, *models)
        for source in given:
            if place == source.resolve():
                raise DataError(f"{file} is the input too; choose another name for the output.")
            if place.exists() and place.is_relative_to(source.resolve()):
                raise DataError(
                    f"{file} exists already in the folder of the input; choose a name elsewhere."
                )


def check_outside(file: Path, *models: Path | None) -> None:
    """Raise a `DataError` if a file, or a folder to write, lies in a model folder."""
    for model in models:
        if model is not None and file.resolve().is_relative_to(model.resolve()):
            raise DataError(
                f"{file} lies in the model folder {model}, whose files are left alone; choose a "
                "name elsewhere."
            )
