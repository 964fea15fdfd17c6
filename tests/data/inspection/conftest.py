from collections.abc import Callable

import pytest

from clmil.data.columns import STANDARD
from clmil.data.corpus import from_lists
from clmil.data.layout import Layout
from clmil.data.parts import Parts


@pytest.fixture
def parts() -> Callable[..., Parts]:
    """Make parts of pairs of text and labels."""

    def make(**rows):
        held = {part: from_lists(*zip(*given, strict=True)) for part, given in rows.items()}
        layout = Layout(columns=STANDARD, form="list")
        return Parts(name="toy", documents=held, layout=layout)

    return make
