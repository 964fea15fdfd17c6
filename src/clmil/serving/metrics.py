"""What Prometheus reads: traffic, times, queue, batches, and labels served against trained."""

import os
from collections.abc import Sequence
from time import perf_counter

import numpy as np
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    multiprocess,
)

from clmil.labels.space import LabelSpace

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which several workers add up their figures; set before the import."""

RECENT = 1000
"""Texts over which the rate of a label is averaged, the recent ones weighing more."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The figures of one worker.

    Args:
        space: the labels, with their training frequencies.
    """

    def __init__(self, space: LabelSpace) -> None:
        own = self._own = CollectorRegistry()
        if SHARED not in os.environ:
            ProcessCollector(registry=own)
        self.requests = Counter(
            "clmil_requests", "Requests answered.", ["path", "status"], registry=own
        )
        self.seconds = Histogram(
            "clmil_request_seconds",
            "From a request to its answer.",
            ["path"],
            buckets=SECONDS,
            registry=own,
        )
        self.texts = Counter("clmil_texts", "Texts predicted.", registry=own)
        self._queue = Gauge(
            "clmil_queue_texts", "Texts that wait.", registry=own, multiprocess_mode="livesum"
        )
        self._sizes = Histogram(
            "clmil_batch_texts", "Texts in a batch.", buckets=SIZES, registry=own
        )
        self._model = Histogram(
            "clmil_batch_seconds", "The model's time for a batch.", buckets=SECONDS, registry=own
        )
        self._labels = _LabelRates(space, own)

    def waiting(self, texts: int) -> None:
        """Note how many texts wait."""
        self._queue.set(texts)

    def batch(self, texts: int, seconds: float) -> None:
        """Note that the model took a batch."""
        self._sizes.observe(texts)
        self._model.observe(seconds)

    def decided(self, rows: Sequence[np.ndarray]) -> None:
        """Note the (l,) int8 labels of each text that was answered."""
        self.texts.inc(len(rows))
        self._labels.add(np.stack(rows))

    def answered(self, path: str, status: int, started: float) -> None:
        """Note an answer to a request that came at `started`, a `perf_counter` time."""
        self.requests.labels(path, status).inc()
        self.seconds.labels(path).observe(perf_counter() - started)

    def text(self) -> bytes:
        """Return all figures as Prometheus reads them, of all workers if there are several."""
        if SHARED not in os.environ:
            return generate_latest(self._own)
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def close(self) -> None:
        """Take what only a living worker has out of the common figures."""
        if SHARED in os.environ:
            multiprocess.mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]


class _LabelRates:
    """How often each label is served, beside how often it was in the training data.

    The served rate is an average that forgets: a text of `RECENT` texts ago weighs e times less
    than the last. With several workers it is that of the worker that answered last.
    """

    def __init__(self, space: LabelSpace, registry: CollectorRegistry) -> None:
        total = Counter("clmil_labels", "Labels predicted.", ["label"], registry=registry)
        served = Gauge(
            "clmil_label_rate",
            "Share of recent texts with the label.",
            ["label"],
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        trained = Gauge(
            "clmil_label_rate_training",
            "Share of training texts with the label.",
            ["label"],
            registry=registry,
            multiprocess_mode="max",
        )
        rates = np.array(space.counts) / np.maximum(space.known_documents, 1)
        for name, rate in zip(space.names, rates.tolist(), strict=True):
            trained.labels(name).set(rate)
        self._total = [total.labels(name) for name in space.names]
        self._served = [served.labels(name) for name in space.names]
        self._sums = np.zeros(len(space))
        self._weight = 0.0

    def add(self, decided: np.ndarray) -> None:
        """Take (n, l) int8 labels into account."""
        count = len(decided)
        kept = np.exp(-count / RECENT)
        self._sums = kept * self._sums + decided.sum(axis=0)
        self._weight = kept * self._weight + count
        for column in np.flatnonzero(decided.any(axis=0)):
            self._total[column].inc(float(decided[:, column].sum()))
        for gauge, rate in zip(self._served, (self._sums / self._weight).tolist(), strict=True):
            gauge.set(rate)
