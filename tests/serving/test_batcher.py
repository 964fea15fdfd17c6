"""Batches: bounded in size and wait, every text answered by its own row, nothing lost."""

import asyncio
import threading
import time

import pytest

from clmil.serving.batcher import Batcher, BusyError
from clmil.serving.settings import Limits


class Notes:
    def __init__(self):
        self.queue, self.batches = [], []

    def waiting(self, texts):
        self.queue.append(texts)

    def batch(self, texts, seconds):
        self.batches.append(texts)


def run(work, predict=lambda texts: [text.upper() for text in texts], **limits):
    """Run a coroutine function with a started batcher; return its result and the notes."""
    notes = Notes()

    async def whole():
        batcher = Batcher(predict, Limits(**limits), notes)
        batcher.start()
        try:
            return await work(batcher)
        finally:
            await batcher.stop()

    return asyncio.run(whole()), notes


def test_every_text_gets_its_own_row():
    async def work(batcher):
        return await asyncio.gather(*(batcher.submit([f"a{k}", f"b{k}"]) for k in range(50)))

    rows, notes = run(work, batch_size=8)
    assert rows == [[f"A{k}", f"B{k}"] for k in range(50)]
    assert max(notes.batches) <= 8
    assert sum(notes.batches) == 100


def test_texts_that_come_together_share_batches():
    async def work(batcher):
        await asyncio.gather(*(batcher.submit(["a"]) for _ in range(64)))

    _, notes = run(work, batch_size=32, wait=0.5)
    assert notes.batches == [32, 32]


def test_one_text_alone_waits_no_longer_than_it_must():
    async def work(batcher):
        started = time.perf_counter()
        await batcher.submit(["a"])
        return time.perf_counter() - started

    seconds, notes = run(work, wait=0.05)
    assert 0.04 < seconds < 1
    assert notes.batches == [1]


def test_a_full_queue_refuses_and_recovers():
    go = threading.Event()

    def slow(texts):
        assert go.wait(5)
        return texts

    async def work(batcher):
        first = asyncio.create_task(batcher.submit(["a"] * 2))
        await asyncio.sleep(0.05)  # the model has it
        second = asyncio.create_task(batcher.submit(["b"] * 4))
        await asyncio.sleep(0)
        assert batcher.full
        with pytest.raises(BusyError, match="try again") as refused:
            await batcher.submit(["c"])
        assert refused.value.wait >= 1
        go.set()
        assert await first == ["a"] * 2
        assert await second == ["b"] * 4
        return await batcher.submit(["c"])

    rows, _ = run(work, slow, batch_size=2, queue=4, wait=0)
    assert rows == ["c"]


def test_stopping_answers_what_was_taken():
    async def whole():
        batcher = Batcher(lambda texts: texts, Limits(wait=0.05), Notes())
        batcher.start()
        tasks = [asyncio.create_task(batcher.submit([str(k)])) for k in range(20)]
        await asyncio.sleep(0)
        await batcher.stop()
        return [await task for task in tasks]

    assert asyncio.run(whole()) == [[str(k)] for k in range(20)]


def test_a_failed_batch_fails_its_texts_only():
    def picky(texts):
        if "bad" in texts:
            raise RuntimeError("no")
        return texts

    async def work(batcher):
        with pytest.raises(RuntimeError):
            await batcher.submit(["bad", "good"])
        return await batcher.submit(["good"])

    assert run(work, picky)[0] == ["good"]


def test_other_work_runs_between_batches_and_is_bounded():
    async def work(batcher):
        many = [batcher.alone(lambda k=k: k) for k in range(3)]
        return await asyncio.gather(*many, return_exceptions=True)

    found, _ = run(work, explanations=2)
    assert found[:2] == [0, 1]
    assert isinstance(found[2], BusyError)
