"""What the routes answer, and that nothing that is sent breaks them."""

import json

import numpy as np
import pytest

from clmil.decisions.rule import DecisionRule

NESTED = b'{"texts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
HOSTILE = {
    "no json": b"{texts",
    "empty": b"",
    "nested": NESTED,
    "bad utf-8": b'{"texts": ["\xff\xfe"]}',
    "lone surrogate": b'{"texts": ["\\ud800"]}',
    "surrogate label": b'{"texts": ["a"], "thresholds": {"\\ud800": 0.5}}',
    "surrogate key": b'{"texts": ["a"], "\\ud800": 1}',
    "nan": b'{"texts": ["a"], "thresholds": {"red": NaN}}',
    "infinity": b'{"texts": ["a"], "thresholds": {"red": 1e999}}',
    "nan text": b'{"texts": [NaN]}',
    "long number": b'{"texts": ["a"], "top": ' + b"9" * 5000 + b"}",
    "large number": b'{"texts": ["a"], "top": 1e308}',
    "negative": b'{"texts": ["a"], "top": -1}',
    "string": b'{"texts": "a"}',
    "number": b'{"texts": [1]}',
    "null": b"null",
    "list": b"[]",
    "no texts": b'{"texts": []}',
    "unknown key": b'{"texts": ["a"], "secret": 1}',
    "threshold 2": b'{"texts": ["a"], "thresholds": {"red": 2}}',
    "threshold text": b'{"texts": ["a"], "thresholds": {"red": "0.5"}}',
    "no label": b'{"texts": ["a"], "thresholds": {"purple": 0.5}}',
}


def post(client, path, body, **headers):
    return client.post(path, content=body, headers={"Content-Type": "application/json", **headers})


def test_labels_and_probabilities_most_probable_first(client):
    answer = client.post("/predict", json={"texts": ["green and red", "nothing"]}).json()
    first, second = answer["predictions"]
    assert first["labels"] == ["red", "green"]
    assert first["probabilities"] == {"red": 0.9, "green": 0.89, "blue": 0.08}
    assert second["labels"] == []


def test_thresholds_of_the_request_hold_for_it_alone(client):
    asked = {"texts": ["red"], "thresholds": {"blue": 0.05, "red": 0.95}, "top": 1}
    assert client.post("/predict", json=asked).json()["predictions"] == [
        {"labels": ["blue"], "probabilities": {"red": 0.9}, "needs_person": None}
    ]
    plain = client.post("/predict", json={"texts": ["red"]}).json()
    assert plain["predictions"][0]["labels"] == ["red"]


def test_a_text_may_hold_anything(client):
    texts = ["", "\0", "é 🎈 red", "a" * 99_999]
    answer = client.post("/predict", json={"texts": texts})
    assert answer.status_code == 200
    assert [bool(one["labels"]) for one in answer.json()["predictions"]] == [0, 0, 1, 0]


@pytest.mark.parametrize("path", ["/predict", "/explain"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_gets_one_sentence(client, path, name):
    answer = post(client, path, HOSTILE[name])
    assert answer.status_code in (400, 422)
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"].endswith(".")
    assert len(answer.json()["error"]) < 500
    assert client.post("/predict", json={"texts": ["red"]}).status_code == 200


@pytest.mark.parametrize("path", ["/predict", "/explain"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", None])
def test_another_content_type_is_refused(client, path, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    answer = client.post(path, content=b'{"texts": ["a"]}', headers=headers)
    assert answer.status_code == 415
    assert "send the header Content-Type: application/json." in answer.json()["error"]


def test_a_content_type_may_name_its_character_set(client):
    kind = "Application/JSON; charset=utf-8"
    answer = client.post("/predict", content=b'{"texts": ["a"]}', headers={"Content-Type": kind})
    assert answer.status_code == 200


def test_what_does_not_fit_is_named(client):
    wrong = post(client, "/predict", b'{"texts": ["a", 7]}').json()["error"]
    assert wrong.startswith("texts.1: input should be a valid string;")
    broken = post(client, "/predict", b'{"texts": ["a",}').json()["error"]
    assert "no JSON (character 15" in broken
    assert "'purple' is no label" in post(client, "/predict", HOSTILE["no label"]).json()["error"]


def test_limits(connect):
    client = connect(texts=2, characters=10, body=1000, queue=2)
    assert client.post("/predict", json={"texts": ["a"] * 3}).status_code == 422
    long = client.post("/predict", json={"texts": ["ok", "a" * 11]})
    assert long.status_code == 422
    assert "texts.1: it has 11 characters, but a text may have 10" in long.json()["error"]
    assert client.post("/explain", json={"text": "a" * 11}).status_code == 422
    assert client.post("/predict", json={"texts": ["a" * 1000]}).status_code == 413
    assert client.post("/predict", json={"texts": ["a", "b"]}).status_code == 200


def test_ten_megabytes_are_refused_however_they_come(client):
    large = b'{"texts": ["' + b"a" * 10_000_000 + b'"]}'
    assert post(client, "/predict", large).status_code == 413
    assert (
        post(
            client, "/predict", (large[k : k + 9999] for k in range(0, len(large), 9999))
        ).status_code
        == 413
    )
    assert client.get("/health/ready").status_code == 200


def test_words_with_character_offsets(client):
    answer = client.post("/explain", json={"text": "🎈 not red", "labels": ["red", "blue"]}).json()
    red, blue = answer["labels"]
    assert red["words"][0] == {"start": 6, "end": 9, "word": "red", "score": 0.8}
    assert "🎈 not red"[6:9] == "red"
    assert not blue["predicted"]
    assert answer["method"] == "own"
    assert client.post("/explain", json={"text": "a", "labels": ["x"]}).status_code == 422


def test_a_system_without_explanation_answers_501(client):
    answer = client.post("/explain", json={"text": "unexplained"})
    assert answer.status_code == 501
    assert answer.json() == {"error": "this system has no explanation; train another."}


def test_the_model_tells_about_itself(client):
    facts = client.get("/model").json()
    assert facts["name"] == "colours"
    assert facts["labels"][0] == {
        "name": "red",
        "description": "like blood",
        "threshold": 0.5,
        "training_rate": 0.75,
    }
    assert facts["validation"]["micro_f1"] == 0.5
    assert facts["largest_request"] == 256
    assert facts["largest_body"] == 4 * 1024 * 1024
    assert facts["decides"] is False
    assert facts["refer_above"] is None


def test_health(client):
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").status_code == 200
    client.service.draining = True
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503
    refused = client.post("/predict", json={"texts": ["a"]})
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1


def test_a_failure_of_the_model_is_told_and_survived(client, predictor):
    predictor.failure = RuntimeError("out of memory")
    assert client.post("/predict", json={"texts": ["a"]}).status_code == 500
    predictor.failure = None
    assert client.post("/predict", json={"texts": ["a"]}).status_code == 200


def test_the_schema_has_examples_that_work(client):
    schema = client.get("/openapi.json").json()
    parts = schema["components"]["schemas"]
    asked = parts["PredictRequest"]["examples"][0]
    assert client.post("/predict", json=asked).status_code == 200
    assert set(schema["paths"]) == {
        "/predict",
        "/explain",
        "/model",
        "/health/live",
        "/health/ready",
        "/metrics",
    }
    codes = schema["paths"]["/predict"]["post"]["responses"]
    assert {"200", "401", "413", "422", "503"} <= set(codes)


def test_never_empty_holds_for_thresholds_of_a_request(client, predictor):
    predictor.rule = DecisionRule(thresholds=np.full(3, 0.5), never_empty=True)
    asked = {"texts": ["nothing"], "thresholds": {"red": 1.0, "blue": 0.1}}
    found = client.post("/predict", json=asked).json()["predictions"][0]
    assert found["labels"] == ["blue"]


@pytest.mark.parametrize(("method", "path", "status"), [
    ("get", "/predict", 405), ("delete", "/model", 405), ("get", "/nothing", 404),
    ("get", "/page/../app.py", 404), ("get", "/page/secret", 404), ("get", "/docs", 404),
])  # fmt: skip
def test_paths_that_are_none(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert json.loads(answer.content)["error"].endswith(".")


def test_uncertain_texts_are_left_to_a_person(connect, predictor):
    predictor.rule = DecisionRule(thresholds=np.full(3, 0.5), refer_above=0.28)
    client = connect()
    rows = client.post("/predict", json={"texts": ["red", "nothing"]}).json()["predictions"]
    assert [row["needs_person"] for row in rows] == [False, False]  # .1 + .09 + .08 off
    asked = {"texts": ["red"], "thresholds": {"red": 0.95}}
    assert client.post("/predict", json=asked).json()["predictions"][0]["needs_person"] is True
    assert client.get("/model").json()["refer_above"] == 0.28


def test_label_sets_of_a_system_that_writes_them(connect, predictor):
    predictor.decides = True
    client = connect()
    rows = client.post("/predict", json={"texts": ["red", "nothing"]}).json()["predictions"]
    assert [row["labels"] for row in rows] == [["red", "green", "blue"], []]
    refused = client.post("/predict", json={"texts": ["red"], "thresholds": {"red": 0.2}})
    assert refused.status_code == 422
    assert "writes label sets itself" in refused.json()["error"]
    assert client.get("/model").json()["decides"] is True
