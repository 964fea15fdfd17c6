"""A model that needs no torch, an app around it, and that app on a port."""

import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import uvicorn
from starlette.testclient import TestClient

from clmil.decisions.rule import DecisionRule
from clmil.errors import ModelError
from clmil.labels.space import LabelSpace
from clmil.serving.app import build_app
from clmil.serving.service import Service
from clmil.serving.settings import Limits

SPACE = LabelSpace(
    names=("red", "green", "blue"),
    descriptions=("like blood", "", ""),
    counts=(30, 3, 1),
    documents=40,
)


class ColourPredictor:
    """Gives a label .9 if the text names it, else .1, less the label's column / 100."""

    space, folder, precision = SPACE, Path("colours"), "fp32"
    facts = SimpleNamespace(
        recipe={"system": "cl-mil"}, metrics={"validation": {"micro_f1": 0.5, "documents": 4}}
    )

    def __init__(self, rule=None, seconds=0.0):
        self.rule = rule or DecisionRule.fixed(3)
        self.seconds, self.batches, self.failure = seconds, [], None
        self.decides = False

    def predict_proba(self, texts, batch_size=32):
        assert isinstance(texts, list)
        self.batches.append(list(texts))
        time.sleep(self.seconds)
        if self.failure is not None:
            raise self.failure
        rows = [[0.9 if name in text else 0.1 for name in SPACE.names] for text in texts]
        return np.array(rows, dtype=np.float32) - np.arange(3, dtype=np.float32) / 100

    def predict(self, texts, batch_size=32):
        probabilities = self.predict_proba(texts, batch_size)
        decided = self.rule.decide(probabilities)
        if self.decides:  # as a system that writes label sets: here, all labels or none
            decided = (probabilities.max(axis=1, keepdims=True) > 0.5).astype(np.int8).repeat(3, 1)
        return SimpleNamespace(probabilities=probabilities, decided=decided)

    def check_rule_applies(self):
        if self.decides:
            raise ModelError("the system sgm writes label sets itself; leave thresholds out.")


@dataclass
class _Word:
    start: int
    end: int
    word: str
    score: float


@dataclass
class _Label:
    label: str
    probability: float
    predicted: bool
    words: tuple


@dataclass
class _Explanation:
    text: str
    method: str
    labels: tuple
    together: tuple


def explain_colours(predictor, texts, *, labels=None, method="own", top=10):
    """Stand in for the explanation: the colour's own name speaks for it."""
    if "unexplained" in texts[0]:
        raise ModelError("this system has no explanation; train another.")
    found = []
    for name in labels or [name for name in SPACE.names if name in texts[0]]:
        at = texts[0].find(name)
        words = (_Word(at, at + len(name), name, 0.8),) if at >= 0 else ()
        not_at = texts[0].find("not")
        words += (_Word(not_at, not_at + 3, "not", -0.3),) if not_at >= 0 else ()
        found.append(_Label(name, 0.9 if at >= 0 else 0.1, at >= 0, words[:top]))
    return [_Explanation(texts[0], method, tuple(found), ())]


@pytest.fixture(autouse=True)
def explaining(monkeypatch):
    module = ModuleType("clmil.runtime.explaining")
    module.explain = explain_colours
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.fixture
def predictor():
    return ColourPredictor()


@pytest.fixture
def connect(predictor):
    """Return a client of an app with given limits and token; closed at the end."""
    opened = []

    def connected(token=None, **limits):
        service = Service(predictor, Limits(**limits))
        client = TestClient(build_app(service, token), raise_server_exceptions=False)
        client.service = service
        opened.append(client.__enter__())
        return client

    yield connected
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture
def on_port(predictor):
    """Serve an app on a free port of this machine; return the address."""
    running = []

    def serve(token=None, **limits):
        app = build_app(Service(predictor, Limits(**limits)), token)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    yield serve
    for server, thread in running:
        server.should_exit = True
        thread.join()
