"""The token, the headers, and clients that are slow."""

import json
import socket
import time
from urllib.parse import urlsplit

import pytest

TOKEN = "a-very-secret-token"


@pytest.mark.parametrize("path", ["/predict", "/explain", "/model", "/metrics"])
def test_the_token_guards_what_the_model_knows(connect, path):
    client = connect(token=TOKEN)
    method = "post" if path in ("/predict", "/explain") else "get"
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        answer = client.request(method, path, headers=given)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "Authorization: Bearer TOKEN" in answer.json()["error"]
    right = client.request(method, path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert right.status_code != 401


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/health/ready", "/openapi.json"])
def test_page_schema_and_health_need_none(connect, path):
    assert connect(token=TOKEN).get(path).status_code == 200


def test_browsers_are_told_to_load_nothing_from_elsewhere(client):
    for path in ("/", "/model", "/nothing"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"


def connection(address):
    return socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), 10)


def test_a_slow_client_is_sent_away_and_holds_up_nobody(on_port):
    address = on_port(body_seconds=0.3)
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with connection(address) as slow, connection(address) as quick:
        started = time.perf_counter()
        slow.sendall(head + b'Content-Length: 100\r\n\r\n{"tex')
        body = json.dumps({"texts": ["red"]}).encode()
        quick.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert quick.recv(100).startswith(b"HTTP/1.1 200")
        assert slow.recv(100).startswith(b"HTTP/1.1 408")
        assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET /\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(on_port, sent):
    address = on_port()
    with connection(address) as strange:
        strange.sendall(sent + b"\r\n\r\n")
        assert strange.recv(100)[:12] in (b"", b"HTTP/1.1 400")
    with connection(address) as usual:
        usual.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert usual.recv(100).startswith(b"HTTP/1.1 200")


def test_a_client_that_leaves_disturbs_nobody(on_port, predictor):
    predictor.seconds = 0.1
    address = on_port()
    body = json.dumps({"texts": ["red"]}).encode()
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    connection(address).close()
    with connection(address) as gone:
        gone.sendall(whole)
    with connection(address) as stays:
        stays.sendall(whole)
        assert stays.recv(100).startswith(b"HTTP/1.1 200")
