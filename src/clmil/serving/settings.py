"""What a server is started with."""

from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PORT = 8000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a server takes at once; what is more is refused, never half done.

    Attributes:
        batch_size: texts that the model sees at once.
        wait: seconds that a text waits at most for company.
        queue: texts that may wait; what comes when they do is answered 503.
        texts: in one request.
        characters: of one text.
        body: bytes of a request.
        body_seconds: within which a request must have arrived.
        explanations: that may wait; one keeps the model as busy as many predictions.
    """

    batch_size: int = 32
    wait: float = 0.005
    queue: int = 1024
    texts: int = 256
    characters: int = 100_000
    body: int = 4 * 1024 * 1024
    body_seconds: float = 20.0
    explanations: int = 8


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A model and how to serve it.

    Attributes:
        model: folder of the model, or its name on the hub.
        host: address to listen on; other machines reach the default not at all.
        port: to listen on; 0 takes a free one.
        workers: processes, each with its own copy of the model.
        precision: as `Predictor.load` takes it.
        token: that requests must carry; None: anyone who reaches the port may ask.
        limits: how much is taken at once.
    """

    model: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 1
    precision: str = "auto"
    token: str | None = field(default=None, repr=False)
    limits: Limits = Limits()
