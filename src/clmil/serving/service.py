"""What the routes answer, as plain values: the model, its batcher and its figures."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import numpy as np

from clmil.decisions.referral import referred
from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError
from clmil.runtime.predictor import Predictor
from clmil.serving.batcher import Batcher, BusyError
from clmil.serving.memory import FreeMemory
from clmil.serving.metrics import Metrics
from clmil.serving.problems import STOPPING, RefusedError
from clmil.serving.schemas import ExplainRequest, PredictRequest
from clmil.serving.settings import Limits

_HALF = re.compile("[\ud800-\udfff]")
"""JSON can hold half of a UTF-16 pair; UTF-8, and so every tokenizer, cannot."""

Row = tuple[np.ndarray, np.ndarray]
"""A text's (l,) float32 probabilities and (l,) int8 decisions."""


class Service:
    """A loaded model that answers many at once.

    Attributes:
        draining: the server has been told to stop and takes nothing new.
    """

    def __init__(
        self, predictor: Predictor, limits: Limits, thread: ThreadPoolExecutor | None = None
    ) -> None:
        """Serve a model; `thread` is the one that loaded it, if one of its own did."""
        self.predictor, self.limits = predictor, limits
        self.metrics = Metrics(predictor.space)
        self.batcher = Batcher(self._rows, limits, self.metrics, thread)
        self.draining = False
        self._memory = FreeMemory()

    @property
    def ready(self) -> bool:
        """Whether a request sent now would be taken."""
        return not (self.draining or self.batcher.full)

    async def predict(self, request: PredictRequest) -> dict[str, Any]:
        """Return what `PredictResponse` describes.

        Raises:
            RefusedError: if it asks for too much, names labels that are none, or thresholds where
                the system has none.
            BusyError: if there is no room for it now.
        """
        self._take()
        if len(request.texts) > self.limits.texts:
            raise RefusedError(
                422,
                f"texts: there are {len(request.texts)}, but a request may have "
                f"{self.limits.texts}; send them in several requests.",
            )
        for number, text in enumerate(request.texts):
            self._check_text(text, f"texts.{number}")
        rule = self._rule(request.thresholds)
        rows = await self.batcher.submit(request.texts)
        if rule is not None:
            again = rule.decide(np.stack([probabilities for probabilities, _ in rows]))
            rows = [(row[0], decided) for row, decided in zip(rows, again, strict=True)]
        self.metrics.decided([decided for _, decided in rows])
        return {"predictions": [self._prediction(row, request.top) for row in rows]}

    async def explain(self, request: ExplainRequest) -> dict[str, Any]:
        """Return what `ExplainResponse` describes.

        Raises:
            RefusedError: with 501 if the model cannot be explained, 422 if the request is wrong.
            BusyError: if too many explanations wait.
        """
        self._take()
        self._check_text(request.text, "text")
        self._check_labels(request.labels or (), "labels")
        try:
            found = await self.batcher.alone(lambda: self._explained(request))
        except ModelError as error:
            raise RefusedError(501, str(error)) from None
        return {name: found[name] for name in ("method", "labels", "together")}

    def _rows(self, texts: list[str]) -> list[Row]:
        said = self.predictor.predict(texts, batch_size=self.limits.batch_size)
        self._memory.give_back()
        return list(zip(said.probabilities, said.decided, strict=True))

    def _explained(self, request: ExplainRequest) -> dict[str, Any]:
        from clmil.runtime.explaining import explain

        found = explain(self.predictor, [request.text], labels=request.labels, top=request.top)
        return asdict(found[0])

    def _take(self) -> None:
        if self.draining:
            raise BusyError(STOPPING, 5)

    def _check_text(self, text: str, where: str) -> None:
        if _HALF.search(text):
            raise RefusedError(
                422, f"{where}: it has half a surrogate pair, which is no character; send it whole."
            )
        if len(text) > self.limits.characters:
            raise RefusedError(
                422,
                f"{where}: it has {len(text)} characters, but a text may have "
                f"{self.limits.characters}; shorten it.",
            )

    def _check_labels(self, names: Sequence[str], where: str) -> None:
        for name in names:
            if name not in self.predictor.space.index:
                raise RefusedError(
                    422,
                    f"{where}: {name[:200]!r} is no label of this model; /model lists its labels.",
                )

    def _rule(self, thresholds: dict[str, float] | None) -> DecisionRule | None:
        if not thresholds:
            return None
        try:
            self.predictor.check_rule_applies()
        except ModelError as error:
            raise RefusedError(422, f"thresholds: {error}") from None
        self._check_labels(list(thresholds), "thresholds")
        values = self.predictor.rule.thresholds.copy()
        for name, value in thresholds.items():
            values[self.predictor.space.index[name]] = value
        return self.predictor.rule.with_thresholds(values)

    def _prediction(self, row: Row, top: int | None) -> dict[str, Any]:
        probabilities, decided = row
        names = self.predictor.space.names
        order = np.argsort(-probabilities, kind="stable").tolist()
        values = probabilities.tolist()
        rule = self.predictor.rule
        person = bool(referred(rule, probabilities[None], decided[None])[0])
        return {
            "labels": [names[k] for k in order if decided[k]],
            "probabilities": {names[k]: round(values[k], 6) for k in order[:top]},
            "needs_person": None if rule.refer_above is None else person,
        }
