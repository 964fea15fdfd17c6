"""Predicting files on many processes or machines with Ray Data.

Readers cut files into pieces, workers predict them and keep each as a file, and this process
writes an output as soon as its pieces are there. What passes through Ray are texts and counts;
a reader or worker that dies is started again, and makes the same pieces.
"""

import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pyarrow as pa

from clmil.data.chunks import iter_chunks
from clmil.data.columns import STANDARD, Columns
from clmil.errors import ClmilError, DataError, MissingExtraError, ModelError
from clmil.runtime.folders import FolderRun, assemble
from clmil.runtime.loading import Loading
from clmil.runtime.pieces import Pieces
from clmil.storage.atomic import first_line

READER_CPUS = 0.5
"""Of a reader; other than a worker's, so that Ray does not join the two into one."""


def check_ray() -> None:
    """Raise a `MissingExtraError` unless Ray Data is installed."""
    if find_spec("ray") is None:
        raise MissingExtraError(
            "--engine ray needs Ray Data; get it with `pip install 'clmil[ray]'`."
        )


def predict_on_ray(
    run: FolderRun,
    loading: Loading,
    names: Sequence[str],
    *,
    columns: Columns = STANDARD,
    workers: int | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Predict the files of a run; every machine must see its folders and the model's.

    Args:
        run: what `open_folder` opened.
        loading: how each worker loads the model.
        names: (l,) label names.
        columns: names of the columns.
        workers: processes that predict; None: one a GPU, or else one for each four cores.
        advance: told how many rows were done.

    Raises:
        DataError: with file and line, if a file cannot be predicted; finished ones stay.
        ModelError: if the model cannot be loaded, or Ray fails.
        MissingExtraError: without Ray Data.
    """
    check_ray()
    whole, done = {}, Counter[int]()
    with _cluster(workers), _told():
        for row in _pieces(run, loading, columns, workers):
            if row["error"]:
                raise DataError(row["error"])
            if row["failure"]:
                raise ModelError(row["failure"])
            number = row["number"]
            if row["pieces"]:
                whole[number] = row["pieces"]
            else:
                done[number] += 1
                advance(row["rows"])
            if done[number] == whole.get(number):
                assemble(run, names, *run.files[number], columns=columns)
    run.close()


def _pieces(
    run: FolderRun, loading: Loading, columns: Columns, workers: int | None
) -> Iterator[dict[str, Any]]:
    """Yield a row for each piece that is done, in any order, and one a file with their number."""
    import ray

    if not run.files:
        return
    context = ray.data.DataContext.get_current().copy()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = 1  # a piece is a block: the unit that goes to a worker
    workers, each = _shares(ray.cluster_resources(), workers)
    with ray.data.DataContext.current(context):
        pieces = (
            ray.data.from_items(
                [{"number": number} for number in range(len(run.files))],
                override_num_blocks=len(run.files),
            )
            .map_batches(
                _read,
                batch_size=1,
                batch_format="pyarrow",
                fn_kwargs={"run": run, "columns": columns},
                num_cpus=READER_CPUS,
            )
            .map_batches(
                _Worker,
                batch_size=1,
                batch_format="pyarrow",
                fn_constructor_kwargs={"loading": loading, "pieces": run.pieces},
                compute=ray.data.ActorPoolStrategy(size=workers),
                **each,
            )
        )
        yield from pieces.iter_rows()


def _read(batch: pa.Table, run: FolderRun, columns: Columns) -> Iterator[pa.Table]:
    """Yield the pieces of one file, their texts only where they are not done yet."""
    number = batch["number"][0].as_py()
    try:
        pieces = 0
        for rows in iter_chunks(run.files[number][0], columns=columns):
            texts = [row[columns.text] for row in rows]
            pieces += 1
            known = run.pieces.get(texts) is not None
            yield _row(number, rows=len(rows), texts=b"" if known else json.dumps(texts).encode())
        yield _row(number, pieces=pieces)
    except ClmilError as error:
        yield _row(number, error=str(error))


def _row(
    number: int, *, rows: int = 0, pieces: int = 0, texts: bytes = b"", error: str = ""
) -> pa.Table:
    values = {"number": number, "rows": rows, "pieces": pieces, "texts": texts, "error": error}
    return pa.Table.from_pylist([values])


class _Worker:
    """Holds a model and predicts the pieces that come to it."""

    def __init__(self, loading: Loading, pieces: Pieces) -> None:
        self.pieces, self.failure = pieces, ""
        try:
            self.predict = loading.predict()
        except ClmilError as error:  # of an actor that does not start, Ray tells no cause
            self.failure = str(error)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Keep the piece of a row, and return the row without its texts."""
        texts = batch["texts"][0].as_py()
        if texts and not self.failure:
            try:
                self._keep(json.loads(texts))
            except ClmilError as error:
                self.failure = str(error)
        return batch.drop_columns("texts").append_column("failure", pa.array([self.failure]))

    def _keep(self, texts: list[str]) -> None:
        self.pieces.put(texts, *self.predict(texts))


def _shares(resources: dict[str, float], workers: int | None) -> tuple[int, dict[str, float]]:
    """Return how many workers there are, and what each takes; a core is left for readers."""
    cpus, gpus = resources.get("CPU", 1.0), int(resources.get("GPU", 0))
    workers = workers or gpus or max(1, int(cpus) // 4)
    cores = max(cpus - 1, READER_CPUS) / workers
    each = {"num_cpus": float(int(cores)) if cores >= 1 else round(cores, 2)}
    return workers, each | ({"num_gpus": min(1.0, gpus / workers)} if gpus else {})


@contextmanager
def _cluster(workers: int | None) -> Iterator[None]:
    """Join the cluster that RAY_ADDRESS names, or start Ray on this machine for a while."""
    import ray

    if ray.is_initialized():
        yield
        return
    address = os.environ.get("RAY_ADDRESS")
    here: dict[str, Any] = {
        "address": "local",
        "num_cpus": max(os.cpu_count() or 1, (workers or 1) + 1),
        "include_dashboard": False,
    }
    ray.init(
        log_to_driver=False,
        logging_level=logging.ERROR,
        **({"address": address} if address else here),
    )
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _told() -> Iterator[None]:
    """Turn what went wrong in a worker into one sentence."""
    import ray

    try:
        yield
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None)
        if isinstance(cause, ClmilError):
            raise cause from error
        raise ModelError(
            f"the prediction on Ray stopped ({first_line(error)}); mend the cluster and add "
            "--resume to go on."
        ) from error
