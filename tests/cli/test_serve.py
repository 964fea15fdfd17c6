"""`clmil serve`: options to settings; every reason not to start in one line."""

import json
import socket

import pytest

from clmil.serving import start


@pytest.fixture
def started(monkeypatch):
    calls = []
    monkeypatch.setattr(start, "serve", lambda settings, tell: calls.append(settings))
    monkeypatch.delenv("CLMIL_TOKEN", raising=False)
    return calls


def test_options_become_settings(clmil, colours, started, tmp_path):
    token = tmp_path / "token"
    token.write_text("a-secret-token\n")
    words = (
        "--port 9 --workers 2 --token-file {} --batch-size 8 --wait-ms 20 --queue 50 --max-texts 9"
    )
    result = clmil("serve", colours.model, *words.format(token).split())
    assert result.exit_code == 0, result.output
    (settings,) = started
    assert (settings.port, settings.workers, settings.host) == (9, 2, "127.0.0.1")
    assert settings.token == "a-secret-token"
    assert (settings.limits.batch_size, settings.limits.queue, settings.limits.texts) == (8, 50, 9)
    assert settings.limits.wait == 0.02


def test_the_token_may_come_from_the_environment(clmil, colours, started, monkeypatch):
    monkeypatch.setenv("CLMIL_TOKEN", "from-the-environment")
    assert clmil("serve", colours.model).exit_code == 0
    assert started[0].token == "from-the-environment"


def test_a_bad_token_file_is_told(clmil, colours, started, tmp_path):
    result = clmil("serve", colours.model, "--token-file", tmp_path / "none")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: the token file")
    assert not started


def test_requests_larger_than_the_queue_are_refused_at_once(clmil, colours, started):
    result = clmil("serve", colours.model, "--queue", 10)
    assert result.exit_code == 2
    assert "--max-texts" in result.stderr


def test_a_model_that_is_none_is_told(clmil, tmp_path):
    result = clmil("serve", tmp_path / "none")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "does not exist" in result.stderr


def test_a_port_in_use_is_told(clmil, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clmil", "format_version": 1}))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = clmil("serve", tmp_path, "--port", port)
    assert result.exit_code == 2
    assert f"cannot listen on 127.0.0.1 port {port} (Address already in use)" in result.stderr


def test_a_missing_extra_is_told(clmil, colours, monkeypatch):
    monkeypatch.setattr(start, "NEEDED", ("fastapi",))

    def missing(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(start.importlib, "import_module", missing)
    result = clmil("serve", colours.model)
    assert result.exit_code == 2
    assert "pip install 'clmil[serve]'" in result.stderr
