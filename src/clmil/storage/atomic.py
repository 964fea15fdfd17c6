"""Writing so that nothing already saved is ever lost."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from clmil.errors import ModelError


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text under a temporary name and rename it into place."""
    temporary = path.with_name(f".{path.name}.writing")
    with explained(path):
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON under a temporary name and rename it into place."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def check_places(*files: Path | None) -> None:
    """Raise a `ModelError` unless files can be written where they are wanted; None is passed over.

    What takes minutes to make is checked before.
    """
    for file in files:
        if file is None:
            continue
        if file.is_dir():
            raise ModelError(f"{file} is a folder; name a file to write.")
        if not file.parent.is_dir():
            raise ModelError(f"{file} cannot be written, as {file.parent} is no folder; make it.")


def read_json(path: Path) -> Any:
    """Read a JSON file of a model folder.

    Raises:
        ModelError: if it is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{path.parent} has no {path.name}, so it is not a model folder; "
            "give a folder that `clmil train` wrote."
        ) from None
    except (ValueError, OSError) as error:
        raise ModelError(
            f"{path} is damaged ({error}); restore it from a copy or train again."
        ) from error


@contextmanager
def staged_folder(
    target: Path, scratch: Path, *, last: str, aside: Path | None = None
) -> Iterator[Path]:
    """Give a folder to fill, then move its files into `target`, the file `last` at the end.

    A reader that looks for `last` first never sees half a model.

    Args:
        target: folder to make or to change.
        scratch: folder to fill, on the same disk; it may lie in `target`.
        last: name of the file that makes `target` whole.
        aside: folder that takes all that `target` holds (but for the folder with `scratch`) once
            the new files are whole, and is deleted with it; None: what has no new file stays.
    """
    with explained(target):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            yield scratch
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        _heed_umask(scratch)
        target.mkdir(parents=True, exist_ok=True)
        if aside is not None:
            own = scratch.resolve()
            for file in sorted(target.iterdir(), key=lambda file: file.name != last):
                if not own.is_relative_to(file.resolve()):
                    _move(file, aside)
        for file in sorted(scratch.iterdir(), key=lambda file: file.name == last):
            _move(file, target)
        scratch.rmdir()
        if aside is not None:
            shutil.rmtree(aside)


def _heed_umask(folder: Path) -> None:
    """Give the files of a new folder the rights that its own tell; safetensors makes them 0600."""
    mode = folder.stat().st_mode & 0o666
    for file in folder.rglob("*"):
        if file.is_file() and stat.S_IMODE(file.stat().st_mode) != mode:
            file.chmod(mode)


def _move(file: Path, folder: Path) -> None:
    if file.is_dir():  # of an earlier try that was killed on its way
        shutil.rmtree(folder / file.name, ignore_errors=True)
    os.replace(file, folder / file.name)  # noqa: PTH105


@contextmanager
def explained(place: Path) -> Iterator[None]:
    """Turn an `OSError` while writing into one sentence."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or first_line(error)
        raise ModelError(
            f"cannot write {place} ({reason}); free space or choose another folder, "
            "what was saved before is untouched."
        ) from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, to be told inside a sentence."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
