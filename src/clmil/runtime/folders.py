"""Predicting a folder of files, each to a file of the same name. Needs no torch.

While it lasts, a hidden folder in the output holds finished pieces, so that an interrupted
prediction goes on where it was.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clmil.data.columns import STANDARD, Columns
from clmil.data.describe import DESCRIPTIONS
from clmil.data.files import FORMS
from clmil.errors import DataError
from clmil.runtime.files import Predict, check_labels, write_predictions
from clmil.runtime.pieces import Pieces
from clmil.storage.atomic import explained, read_json, write_json


@dataclass(frozen=True, kw_only=True)
class FolderRun:
    """The prediction of a folder, or of one file.

    Attributes:
        files: input and output of what is still to do.
        pieces: the finished pieces.
        resumed: whether it goes on with what an earlier run has left.
        refer_above: of the rule, as `write_predictions` takes it.
    """

    files: tuple[tuple[Path, Path], ...]
    pieces: Pieces
    resumed: bool = False
    refer_above: float | None = None

    def finish(self, source: Path) -> None:
        """Note that a file is done, which a resumed run leaves as it is."""
        write_json(_mark(self.pieces.folder, source), _state(source))

    def close(self) -> None:
        """Delete the pieces; the prediction is whole."""
        shutil.rmtree(self.pieces.folder, ignore_errors=True)


def open_folder(
    source: Path,
    output: Path,
    key: str,
    *,
    names: Sequence[str] = (),
    refer_above: float | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> FolderRun:
    """Begin to predict the files of a folder, or go on.

    Args:
        source: the folder, of which hidden files, label descriptions and other forms are left
            out; or a file.
        output: the folder to write, or a file.
        key: hash of what predicts (`clmil.runtime.pieces.prediction_key`).
        names: labels that the output has to hold.
        refer_above: of the rule, as `write_predictions` takes it.
        resume: go on with what an interrupted run with the same key has left.
        overwrite: replace files, and what an interrupted run has left.

    Raises:
        DataError: if there is no file, one cannot hold a label's name, or what is there may not
            be replaced.
    """
    files = _files(source, output)
    for _, target in files:
        check_labels(target, names)
    work = output / ".pieces" if source.is_dir() else output.with_name(f".{output.name}.pieces")
    begun = work / "run.json"
    resumed = resume and begun.exists()
    if resumed:
        if read_json(begun) != {"key": key}:
            raise DataError(
                f"the unfinished prediction in {work} had another model or other settings; give "
                "the same ones to --resume, or start again with --overwrite."
            )
        files = [pair for pair in files if not _is_finished(work, *pair)]
    else:
        if not overwrite:
            _check_free(output, begun, files)
        with explained(work):
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
        write_json(begun, {"key": key})
    return FolderRun(
        files=tuple(files), pieces=Pieces(work, key), resumed=resumed, refer_above=refer_above
    )


def predict_folder(
    run: FolderRun,
    predict: Predict,
    names: Sequence[str],
    *,
    columns: Columns = STANDARD,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Predict on this machine, a file after the other.

    Raises:
        DataError: with file and line, if a file cannot be predicted; those before it are done.
    """

    def predict_once(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        known = run.pieces.get(texts)
        if known is not None:
            return known
        probabilities, decided = predict(texts)
        run.pieces.put(texts, probabilities, decided)
        return probabilities, decided

    for source, output in run.files:
        write_predictions(
            predict_once,
            names,
            source,
            output,
            columns=columns,
            refer_above=run.refer_above,
            advance=advance,
        )
        run.finish(source)
    run.close()


def assemble(
    run: FolderRun, names: Sequence[str], source: Path, output: Path, *, columns: Columns = STANDARD
) -> None:
    """Write one file from its finished pieces.

    Raises:
        DataError: if the file is not the one of which the pieces were made.
    """

    def known(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
        piece = run.pieces.get(texts)
        if piece is None:
            raise DataError(
                f"{source} was changed while it was predicted; run the command with --resume."
            )
        return piece

    write_predictions(known, names, source, output, columns=columns, refer_above=run.refer_above)
    run.finish(source)


def _files(source: Path, output: Path) -> list[tuple[Path, Path]]:
    if not source.exists():
        raise DataError(f"{source} does not exist; check the path.")
    if output.exists() and output.samefile(source):
        raise DataError(f"{output} is the input too; choose another name for the output.")
    if not source.is_dir():
        return [(source, output)]
    if output.exists() and not output.is_dir():
        raise DataError(f"{output} is a file, but the input a folder; give a folder to write.")
    found = [file for file in sorted(source.iterdir()) if _is_data(file)]
    if not found:
        raise DataError(
            f"{source} holds no .jsonl, .csv, .tsv or .parquet file; give a folder that does."
        )
    return [(file, output / file.name) for file in found]


def _is_data(file: Path) -> bool:
    form = file.name.lower().removesuffix(".gz")
    other = file.name.startswith(".") or file.name == DESCRIPTIONS
    return file.is_file() and not other and form.endswith(FORMS)


def _check_free(output: Path, begun: Path, files: list[tuple[Path, Path]]) -> None:
    if begun.exists():
        raise DataError(
            f"{output} holds an unfinished prediction; add --resume to go on with it or "
            "--overwrite to start again."
        )
    taken = next((target for _, target in files if target.exists()), None)
    if taken is not None:
        raise DataError(f"the output {taken} exists; choose another name or add --overwrite.")


def _is_finished(work: Path, source: Path, output: Path) -> bool:
    mark = _mark(work, source)
    return output.exists() and mark.exists() and read_json(mark) == _state(source)


def _mark(work: Path, source: Path) -> Path:
    return work / f"{source.name}.done"


def _state(source: Path) -> list[int]:
    status = source.stat()
    return [status.st_size, status.st_mtime_ns]
