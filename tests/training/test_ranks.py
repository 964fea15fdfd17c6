"""Shares of a batch add up to the batch, and two processes train as one does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from clmil.data.batching import TokenisedDocuments
from clmil.errors import DataError, TrainingError
from clmil.nn.contrastive import ContrastiveNetwork, doubled
from clmil.nn.model import ClMilModel
from clmil.systems.shares import SharedDocuments
from clmil.training import ranks
from tests.tiny import FAST, tiny_network, toy_documents

TARGETS = [[1, 0, -1, 0], [0, 1, 1, -1], [-1, -1, -1, -1], [0, 0, 0, 1], [1, 1, 0, 0]]


def quiet_network(**settings: Any) -> ClMilModel:
    torch.manual_seed(0)
    network = tiny_network(**settings)
    for module in network.modules():
        if hasattr(module, "p"):
            module.p = 0.0
    return network.train()


def texts(number: int) -> dict[str, Tensor]:
    torch.manual_seed(3)
    return {
        "text_ids": torch.randint(5, 40, (number, 8)),
        "lengths": torch.arange(8, 8 - number, -1).clamp(min=2),
    }


def gradients(network: ClMilModel) -> dict[str, Tensor]:
    found = {
        name: torch.zeros_like(one) if one.grad is None else one.grad.clone()
        for name, one in network.named_parameters()
    }
    network.zero_grad()
    return found


def close(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], atol=2e-6, rtol=1e-4, msg=name)


CHANGES: dict[str, dict[str, Any]] = {
    "plain": {},
    "asymmetric": {"balance": {"enabled": True, "loss": "asymmetric"}},
    "balanced, R-Drop": {"balance": {"enabled": True}, "rdrop": {"enabled": True}},
}


@pytest.mark.parametrize("processes", [2, 3, 7])
@pytest.mark.parametrize("reduction", ["mean", "sum_labels"])
@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_losses_and_gradients_of_shares_add_up(
    processes: int, reduction: str, changes: dict[str, Any]
) -> None:
    network = quiet_network(loss={"reduction": reduction}, **changes)
    if network.balance is not None:
        network.balance.counts.copy_(torch.tensor([[9, 4, 2, 1], [20, 30, 30, 30]]))
    batch, targets = texts(5), torch.tensor(TARGETS, dtype=torch.int8)
    torch.manual_seed(1)
    whole = network(**batch, targets=targets)
    whole.loss.backward()
    expected = gradients(network)
    total, parts = 0.0, torch.zeros_like(whole.parts)
    for rank in range(processes):
        rows = list(range(rank, 5, processes))
        own = {name: value[rows or [0]] for name, value in batch.items()}
        torch.manual_seed(1)
        share = network(**own, targets=targets, rows=torch.tensor(rows or [-1]))
        share.loss.backward()
        total, parts = total + share.loss.item(), parts + share.parts
    assert total == pytest.approx(whole.loss.item(), rel=1e-5)
    torch.testing.assert_close(parts, whole.parts, rtol=1e-5, atol=1e-6)
    close(expected, gradients(network))


@pytest.mark.parametrize("processes", [2, 3])
def test_the_pool_of_the_contrastive_stage_is_shared(
    processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, batch = quiet_network(), texts(5)
    admissible = torch.tensor([[True, False, True], [True, True, False]])
    whole = ContrastiveNetwork(network, scale=20.0, literal=False).train()
    output = whole(**batch, admissible=admissible)
    output["loss"].backward()
    expected = gradients(network)

    rows = torch.tensor(doubled(2, 5))
    shares = [rows[rank::processes] for rank in range(processes)]
    states = network.represent(batch["text_ids"][rows], batch["lengths"][rows]).detach()

    def all_gather(parts: list[Tensor], own: Tensor) -> None:
        for rank, part in enumerate(parts):
            found = states[rank::processes]
            part.zero_()[: len(found)] = found

    monkeypatch.setattr(torch.distributed, "all_gather", all_gather)
    total = 0.0
    for rank, own in enumerate(shares):
        one = ContrastiveNetwork(
            network, scale=20.0, literal=False, rank=rank, processes=processes
        ).train()
        part = one(
            text_ids=batch["text_ids"][own], lengths=batch["lengths"][own], admissible=admissible
        )
        part["loss"].backward()
        total += part["loss"].item()
    assert total == pytest.approx(output["loss"].item(), rel=1e-5)
    close(expected, gradients(network))


def test_every_document_of_a_batch_is_in_one_share() -> None:
    class Tokens:
        def __getitem__(self, rows: list[int]) -> dict[str, Any]:
            return {"text_ids": [[row + 1] for row in rows]}

        def __len__(self) -> int:
            return 9

    targets = np.arange(18, dtype=np.int8).reshape(9, 2)
    documents: Any = TokenisedDocuments(Tokens())
    seen = []
    for rank in range(4):
        shared = SharedDocuments(documents, targets, rank=rank, processes=4)
        batch = shared.__getitems__([8, 3, 5])
        np.testing.assert_array_equal(batch["targets"], targets[[8, 3, 5]])
        rows = batch["rows"].tolist()
        if rows == [-1]:
            assert rank == 3
            continue
        seen += [(row, int(ids[0]) - 1) for row, ids in zip(rows, batch["text_ids"], strict=True)]
    assert sorted(seen) == [(0, 8), (1, 3), (2, 5)]


def test_alone_nothing_is_exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCAL_RANK", "RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert (ranks.processes(), ranks.rank(), ranks.leads()) == (1, 0, True)
    assert ranks.gathered(5) == [5]
    assert ranks.from_leader(lambda: {"a": 1}) == {"a": 1}
    assert ranks.first_to_fail()
    ranks.wait()
    with pytest.raises(RuntimeError, match="onnection"), ranks.standing_together():
        raise RuntimeError("Connection closed by peer")


def test_an_error_of_the_leader_is_everyones(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(ranks, "_broadcast", lambda text: sent.append(text) or sent[0])

    def fail() -> None:
        raise DataError("the file is empty; give another.")

    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        with pytest.raises(DataError, match="the file is empty"):
            ranks.from_leader(fail)


def test_a_lost_process_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainingError, match="another process"), ranks.standing_together():
        raise RuntimeError("[gloo] Connection closed by peer [127.0.0.1]:3")
    with pytest.raises(RuntimeError, match="shape"), ranks.standing_together():
        raise RuntimeError("shape mismatch")


LAUNCH = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "-m", "clmil"]


def command(start: list[str], data: Path, output: Path, encoder: str, *more: str) -> list[str]:
    settings = [*FAST, "encoder.hidden_dropout=0", "cil.gate_dropout=0", "classifier.dropout=0"]
    settings += ["training.precision=fp32", "contrastive.negatives=5", *more]
    flags = [word for setting in settings for word in ("--set", setting)]
    words = ["train", str(data), "--output", str(output), "--encoder", encoder, "--quiet"]
    return [*start, *words, *flags]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = []
    for number, (text, names) in enumerate(zip(*toy_documents(91, 0), strict=True)):
        row: dict[str, Any] = {"text": text, "labels": names}
        if number % 9 == 3:
            row["labels"] = None
        elif number % 4 == 1:
            row["unknown"] = [name for name in ("fruit", "metal") if name not in names]
        rows.append(row)
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("averaged", ["false", "true"])
def test_two_processes_train_as_one(
    data: Path, tmp_path: Path, encoder: str, averaged: str
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    more = "training.epochs=2", f"averaging.enabled={averaged}"
    subprocess.run(command([sys.executable, "-m", "clmil"], data, one, encoder, *more), check=True)
    subprocess.run(command(LAUNCH, data, two, encoder, *more), check=True)
    first, second = (json.loads((folder / "metrics.json").read_text()) for folder in (one, two))
    assert second["validation"] == pytest.approx(first["validation"], abs=1e-4)
    for stage, facts in first["stages"].items():
        rows = zip(facts["validations"], second["stages"][stage]["validations"], strict=True)
        for row, other in rows:
            scores = {
                key: value
                for key, value in row.items()
                if key.startswith("eval_") and "runtime" not in key and "second" not in key
            }
            assert {key: other[key] for key in scores} == pytest.approx(scores, abs=1e-4)


@pytest.mark.slow
def test_two_processes_learn_from_a_teacher_and_keep_neighbours_as_one(
    data: Path, tmp_path: Path, encoder: str
) -> None:
    alone = [sys.executable, "-m", "clmil"]
    teacher, one, two = (tmp_path / name for name in ("teacher", "one", "two"))
    words = ["train", str(data), "--output", str(teacher), "--system", "linear", "--quiet"]
    subprocess.run([*alone, *words], check=True)
    more = (f"teacher.model={teacher}", "neighbours.enabled=true", "training.epochs=1")
    subprocess.run(command(alone, data, one, encoder, *more), check=True)
    subprocess.run(command(LAUNCH, data, two, encoder, *more), check=True)
    first, second = (json.loads((folder / "metrics.json").read_text()) for folder in (one, two))
    assert [*second["stages"]] == ["teacher", "contrastive", "multi-task", "neighbours"]
    assert second["stages"]["teacher"]["models"] == first["stages"]["teacher"]["models"]
    assert second["validation"] == pytest.approx(first["validation"], abs=1e-4)


@pytest.mark.slow
def test_an_error_stops_both_with_one_sentence(data: Path, tmp_path: Path, encoder: str) -> None:
    broken = ("training.learning_rate=1e30", "training.clip=0")
    ended = subprocess.run(
        command(LAUNCH, data, tmp_path / "out", encoder, *broken),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert ended.stderr.count("Error: ") - ended.stderr.count("FailedError: ") == 1
    assert "no longer finite" in ended.stderr
