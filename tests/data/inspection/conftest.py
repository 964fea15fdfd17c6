from collections.abc import Callable

import pytest

from clmil.data.corpus import from_lists
from clmil.data.inspection.parts import Parts


@pytest.fixture
def parts() -> Callable[..., Parts]:
    """Make parts of pairs of text and labels."""

    def make(**rows):
        held = {part: from_lists(*zip(*given, strict=True)) for part, given in rows.items()}
        return Parts(name="toy", documents=held)

    return make
