"""Ray: the bytes of one machine, whatever is killed on the way."""

import json
import os
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from clmil.decisions.rule import DecisionRule
from clmil.errors import DataError, ModelError
from clmil.labels.space import LabelSpace
from clmil.runtime import ray_engine
from clmil.runtime.folders import open_folder, predict_folder
from clmil.runtime.loading import Loading
from clmil.storage.encoders import load_encoder
from clmil.storage.folder import ModelFacts, save_folder
from clmil.systems.encoder_scorer import scorer_of
from clmil.systems.reading import EncoderReader
from tests.tiny import save_encoder, tiny_network, toy_documents

NAMES = ("a", "b", "c", "d")


def test_shares_leave_a_core_for_readers():
    shares = ray_engine._shares
    assert shares({"CPU": 16.0}, None) == (4, {"num_cpus": 3.0})
    assert shares({"CPU": 3.0}, 2) == (2, {"num_cpus": 1.0})
    assert shares({"CPU": 4.0}, 6) == (6, {"num_cpus": 0.5})
    assert shares({"CPU": 1.0}, None) == (1, {"num_cpus": 0.5})
    assert shares({"CPU": 9.0, "GPU": 2.0}, None) == (2, {"num_cpus": 4.0, "num_gpus": 1.0})
    assert shares({"CPU": 9.0, "GPU": 2.0}, 4) == (4, {"num_cpus": 2.0, "num_gpus": 0.5})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    encoder = load_encoder(save_encoder(tmp_path_factory.mktemp("encoder")))
    facts = ModelFacts(
        space=LabelSpace.from_counts({"a": 5, "b": 4, "c": 2, "d": 1}, documents=9),
        recipe={},
        metrics={},
        rule=DecisionRule.fixed(4),
    )
    folder = tmp_path_factory.mktemp("model") / "tiny"
    scorer = scorer_of(tiny_network().eval(), EncoderReader(encoder.tokenizer, 300), 4)
    save_folder(facts, scorer.save, folder)
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in")
    for seed, number in enumerate((6000, 40, 3000)):
        rows = [{"text": text, "id": k} for k, text in enumerate(toy_documents(number, seed)[0])]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"part{seed}.jsonl").write_text(lines)
    (folder / "part3.csv").write_text("id,text\n1,the apple\n2,iron\n")
    return folder


def loading(model: Path) -> Loading:
    return Loading(model=model, precision="fp32", rule=DecisionRule.fixed(4))


def written(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


@pytest.fixture(scope="module")
def alone(model: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return what one process writes."""
    output = tmp_path_factory.mktemp("alone") / "out"
    predict_folder(open_folder(source, output, "key"), loading(model).predict(), NAMES)
    return written(output)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 3])
def test_the_same_bytes_whatever_the_split(model, source, alone, tmp_path, workers):
    pytest.importorskip("ray")
    output, done = tmp_path / "out", []
    run = open_folder(source, output, "key")
    ray_engine.predict_on_ray(run, loading(model), NAMES, workers=workers, advance=done.append)
    assert written(output) == alone
    assert sum(done) == 9042
    assert not (output / ".pieces").exists()


def workers_of_this_process() -> list[int]:
    """Return the processes that predict for us, by the title that Ray gives them."""
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "MapWorker" in "".join(title(child))]


def title(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


@pytest.mark.slow
def test_killed_workers_lose_and_double_nothing(model, source, alone, tmp_path):
    """kill -9 of a process that predicts, twice, in the middle."""
    pytest.importorskip("ray")
    output, done, killed = tmp_path / "out", [], []
    run = open_folder(source, output, "key")

    def kill_one():
        while len(killed) < 2 and len(done) < 10:
            time.sleep(0.02)
            alive = [pid for pid in workers_of_this_process() if pid not in killed]
            if len(done) > 2 * len(killed) and alive:
                os.kill(alive[0], signal.SIGKILL)
                killed.append(alive[0])

    watcher = threading.Thread(target=kill_one, daemon=True)
    watcher.start()
    ray_engine.predict_on_ray(run, loading(model), NAMES, workers=2, advance=done.append)
    watcher.join(timeout=30)
    assert len(set(killed)) == 2
    assert sum(done) == 9042
    assert written(output) == alone


@pytest.mark.slow
def test_a_bad_line_stops_the_run_and_resume_goes_on(model, source, alone, tmp_path):
    pytest.importorskip("ray")
    copy, output = tmp_path / "in", tmp_path / "out"
    copy.mkdir()
    for file in source.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    last = copy / "part2.jsonl"
    whole = last.read_bytes()
    last.write_bytes(whole + b"{broken\n")
    with pytest.raises(DataError, match=r"part2\.jsonl, line 3001"):
        ray_engine.predict_on_ray(
            open_folder(copy, output, "key"), loading(model), NAMES, workers=1
        )
    assert "part2.jsonl" not in written(output)
    assert written(output).items() <= alone.items()
    last.write_bytes(whole)
    run = open_folder(copy, output, "key", resume=True)
    ray_engine.predict_on_ray(run, loading(model), NAMES, workers=1)
    assert written(output) == alone


@pytest.mark.slow
def test_a_model_that_workers_cannot_load_is_told(model, source, tmp_path):
    pytest.importorskip("ray")
    run = open_folder(source, tmp_path / "out", "key")
    with pytest.raises(ModelError, match="does not exist"):
        ray_engine.predict_on_ray(run, loading(model / "none"), NAMES, workers=1)
