"""How long a run may take, and what became of it."""

import time
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Deadline:
    """How long a run may take, and what became of it.

    Attributes:
        seconds: from `began` on.
        began: by `time.monotonic`.
        shortened: stages for which fewer steps were planned than the recipe asks for.
        stopped: stages that were ended before their last step.
    """

    seconds: float
    began: float = field(default_factory=time.monotonic)
    shortened: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def left(self) -> float:
        """Return the seconds that are left, none below zero."""
        return max(self.began + self.seconds - time.monotonic(), 0.0)
