"""Clients that ask one text each, over and over, on connections that stay open."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Load:
    """What the clients saw.

    Attributes:
        sent: requests.
        answers: number of answers by HTTP status.
        lost: requests that got no answer.
        seconds: from the first request to the last answer.
        latencies: seconds of each answer 200.
    """

    sent: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)


def run_load(
    port: int,
    texts: Sequence[str],
    *,
    clients: int,
    seconds: float,
    watch: Callable[[float], None] = lambda _: None,
) -> Load:
    """Let clients ask for some seconds, wait for the last answers, and return what they saw.

    Args:
        port: of the server on this machine.
        texts: each client walks through them from a place of its own.
        clients: that ask at once; each sends its next request when it has its answer.
        seconds: during which new requests are sent.
        watch: is called about once a second with the seconds since the start.
    """
    return asyncio.run(_run(port, _requests(texts), clients, seconds, watch))


def _requests(texts: Sequence[str]) -> list[bytes]:
    requests = []
    for text in texts:
        body = json.dumps({"texts": [text]}).encode()
        head = (
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


async def _run(
    port: int,
    requests: Sequence[bytes],
    clients: int,
    seconds: float,
    watch: Callable[[float], None],
) -> Load:
    load, started = Load(), time.perf_counter()
    order = list(requests)
    random.Random(0).shuffle(order)

    async def observe() -> None:
        while True:
            watch(time.perf_counter() - started)
            await asyncio.sleep(1)

    observer = asyncio.create_task(observe())
    await asyncio.gather(
        *(
            _client(port, order[k * len(order) // clients :] + order, started + seconds, load)
            for k in range(clients)
        )
    )
    load.seconds = time.perf_counter() - started
    observer.cancel()
    return load


async def _client(port: int, requests: Sequence[bytes], until: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    turn = 0
    while (sent := time.perf_counter()) < until:
        load.sent += 1
        try:
            writer.write(requests[turn % len(requests)])
            status, wait = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            load.lost += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        load.answers[status] += 1
        if status == 200:
            turn += 1
            load.latencies.append(time.perf_counter() - sent)
        await asyncio.sleep(wait)
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, float]:
    """Read an answer; return its status and the seconds that it asks to wait."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    await reader.readexactly(int(headers["content-length"]))
    return int(lines[0].split()[1]), float(headers.get("retry-after", 0))
