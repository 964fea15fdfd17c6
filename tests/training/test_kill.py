"""A run that is killed, as by the machine, resumes to the weights of the undisturbed one."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tiny import FAST, toy_documents

COMMAND = [sys.executable, "-c", "from clmil.cli.main import main; main()", "train"]


def arguments(data: Path, output: Path, encoder: str, averaged: str) -> list[str]:
    chosen = (*FAST, f"averaging.enabled={averaged}")
    settings = [part for override in chosen for part in ("--set", override)]
    more = ["--set", "training.epochs=4", "--quiet"]
    return [*COMMAND, str(data), "--output", str(output), "--encoder", encoder, *settings, *more]


@pytest.mark.slow
@pytest.mark.parametrize("averaged", ["false", "true"])
def test_kill_and_resume_give_the_same_bytes(encoder: str, tmp_path: Path, averaged: str) -> None:
    data = tmp_path / "train.jsonl"
    texts, labels = toy_documents(120, 0)
    rows = [{"text": text, "labels": names} for text, names in zip(texts, labels, strict=True)]
    data.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    subprocess.run(arguments(data, undisturbed, encoder, averaged), check=True)

    process = subprocess.Popen(arguments(data, killed, encoder, averaged))
    deadline = time.monotonic() + 120
    while not list(killed.glob("training/multi-task/checkpoint-*/complete")):
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (killed / "config.json").exists()

    subprocess.run([*arguments(data, killed, encoder, averaged), "--resume"], check=True)
    weights = "model.safetensors"
    assert (killed / weights).read_bytes() == (undisturbed / weights).read_bytes()
