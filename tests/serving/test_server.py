"""The server as a process: a load that loses nothing, a stop that answers what was taken."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from tests.serving import conftest
from clmil.serving import server, start
from clmil.serving.service import Service
from clmil.serving.settings import Limits, Settings

workers, queue = map(int, sys.argv[1:3])
seconds, server.GRACE = map(float, sys.argv[3:])
server.LEAVE = 0.1

def load(settings):
    return Service(conftest.ColourPredictor(seconds=seconds), settings.limits)

server.load_service = load
start.check_folder = lambda folder: None
if __name__ == "__main__":
    settings = Settings(model=Path("colours"), port=0, workers=workers, limits=Limits(queue=queue))
    start.serve(settings, lambda sentence: print(sentence, flush=True))
"""


@pytest.fixture
def process(tmp_path):
    """Start a server of the colours; return the process and its port."""
    started = []
    script = tmp_path / "serve_colours.py"
    script.write_text(SCRIPT)

    def start(workers=1, queue=1024, seconds=0.05, grace=60):
        server = subprocess.Popen(
            [sys.executable, script, *map(str, (workers, queue, seconds, grace))],
            stdout=subprocess.PIPE,
            stderr=(tmp_path / "stderr").open("w"),
            text=True,
            env=os.environ
            | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", "TMPDIR": str(tmp_path)},
        )
        started.append(server)
        line = server.stdout.readline()
        return server, int(re.search(r":(\d+) ", line)[1])

    yield start
    for server in started:
        server.kill()
        server.wait()


def ask(port, connection=None):
    """Ask for one text; return status and labels."""
    connection = connection or HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"texts": ["red"]})
    connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = json.loads(answer.read())
    return answer.status, content.get("predictions", [{}])[0].get("labels")


def get(port, path):
    """Return the status of a path, on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    return connection.getresponse().status


def refuses(port):
    """Return whether nobody listens."""
    try:
        socket.create_connection(("127.0.0.1", port), 10).close()
    except ConnectionRefusedError:
        return True
    return False


def ask_at_once(port, clients, turns):
    """Return the answers of clients that ask in turns; a failed connection is None."""
    found = []

    def client():
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(turns):
            try:
                found.append(ask(port, connection))
            except (OSError, HTTPException):
                found.append(None)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    return threads, found


def test_under_load_everything_is_answered_and_only_with_200_or_503(process):
    _, port = process(queue=300)
    small, many = 20, 60
    threads, found = ask_at_once(port, small, 5)
    for thread in threads:
        thread.join()
    assert found == [(200, ["red"])] * (small * 5)
    _, port = process(queue=256)
    threads, found = ask_at_once(port, many, 3)
    for thread in threads:
        thread.join()
    assert len(found) == many * 3
    assert {status for status, _ in found} <= {200, 503}


def test_sigterm_answers_what_was_taken_and_exits_with_0(process):
    server, port = process()
    idle = HTTPConnection("127.0.0.1", port, timeout=30)
    ask(port, idle)
    threads, found = ask_at_once(port, 60, 1)
    time.sleep(0.08)
    server.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert server.wait(timeout=20) == 0
    taken = [answer for answer in found if answer is not None]
    assert (200, ["red"]) in taken
    assert {status for status, _ in taken} <= {200, 503}
    with pytest.raises(ConnectionRefusedError):
        ask(port)


def test_while_it_stops_newcomers_are_told_503(process):
    server, port = process(seconds=2)
    (thread,), found = ask_at_once(port, 1, 1)
    time.sleep(0.5)
    server.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert get(port, "/health/ready") == 503
    assert get(port, "/health/live") == 200
    assert ask(port) == (503, None)
    thread.join()
    assert found == [(200, ["red"])]
    assert server.wait(timeout=20) == 0


def test_what_a_stopping_server_cannot_answer_in_time_is_told_503(process, tmp_path):
    server, port = process(seconds=3, grace=0.5)
    threads, found = ask_at_once(port, 2, 1)
    time.sleep(0.5)
    server.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert found == [(503, None)] * 2
    assert server.wait(timeout=20) == 0
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_several_workers_share_port_and_figures(process):
    server, port = process(workers=2)
    threads, found = ask_at_once(port, 16, 2)
    for thread in threads:
        thread.join()
    assert found == [(200, ["red"])] * 32
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    assert 'clmil_requests_total{path="/predict",status="200"} 32.0' in text
    assert 'clmil_label_rate{label="red"} 1.0' in text
    assert 'clmil_label_rate_training{label="red"} 0.75' in text
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=20) == 0


def test_workers_do_not_outlive_who_started_them(process, tmp_path):
    server, port = process(workers=2)
    assert list(tmp_path.glob("clmil-metrics-*"))
    server.kill()
    server.wait()
    deadline = time.monotonic() + 20
    while not refuses(port):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not list(tmp_path.glob("clmil-metrics-*"))
