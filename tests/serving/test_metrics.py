"""Figures: traffic, batches, and label rates from which drift shows."""

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from clmil.serving.metrics import RECENT, Metrics
from tests.serving.conftest import SPACE


def figures(text):
    """Return value by (name, labels)."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_was_asked_is_counted(client):
    client.post("/predict", json={"texts": ["red", "red green", "nothing", "x"]})
    client.post("/predict", json={"texts": []})
    found = figures(client.get("/metrics").text)
    assert found["clmil_requests_total", (("path", "/predict"), ("status", "200"))] == 1
    assert found["clmil_requests_total", (("path", "/predict"), ("status", "422"))] == 1
    assert found["clmil_texts_total", ()] == 4
    assert found["clmil_batch_texts_sum", ()] == 4
    assert found["clmil_queue_texts", ()] == 0
    assert found["clmil_request_seconds_count", (("path", "/predict"),)] == 2
    assert found["clmil_labels_total", (("label", "red"),)] == 2
    assert found["clmil_label_rate", (("label", "red"),)] == 0.5
    assert found["clmil_label_rate", (("label", "blue"),)] == 0
    assert found["clmil_label_rate_training", (("label", "red"),)] == 0.75


def test_refusals_are_counted_under_the_path_that_refused(connect):
    client = connect(token="a-very-secret-token", body=100)
    own = {"Authorization": "Bearer a-very-secret-token"}
    client.post("/predict", json={"texts": ["red"]})
    client.post("/predict", json={"texts": ["red" * 100]}, headers=own)
    client.get("/metrics/nothing")
    found = figures(client.get("/metrics", headers=own).text)
    assert found["clmil_requests_total", (("path", "/predict"), ("status", "401"))] == 1
    assert found["clmil_requests_total", (("path", "/predict"), ("status", "413"))] == 1
    assert found["clmil_requests_total", (("path", "other"), ("status", "401"))] == 1


def test_paths_that_are_none_do_not_fill_the_page(client):
    for number in range(20):
        client.get(f"/nothing/{number}")
    assert client.get("/metrics").text.count("clmil_requests_total{") == 1


def test_drift_shows_after_as_many_texts_as_are_remembered():
    metrics = Metrics(SPACE)
    for name, texts in (("red", 10 * RECENT), ("blue", 3 * RECENT)):
        row = np.array([label == name for label in SPACE.names], dtype=np.int8)
        for _ in range(texts // 100):
            metrics.decided([row] * 100)
    found = figures(metrics.text().decode())
    assert found["clmil_label_rate", (("label", "blue"),)] == pytest.approx(
        1 - np.exp(-3), abs=0.01
    )
    assert found["clmil_label_rate", (("label", "red"),)] == pytest.approx(np.exp(-3), abs=0.01)
