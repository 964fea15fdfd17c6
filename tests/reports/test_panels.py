import numpy as np
import pytest

pytest.importorskip("matplotlib")

from clmil.reports.panels import heat_map, panels


def test_panels_stand_below_each_other_over_one_axis():
    figure, (above, below) = panels(4.0, heights=(3, 1))
    assert figure.axes == [above, below]
    below.set_xlim(0, 7)
    assert above.get_xlim() == (0, 7)
    assert not above.spines["top"].get_visible()


def test_a_heat_map_has_its_first_row_on_top_and_names_of_one_line():
    _, (axes,) = panels(3.0)
    heat_map(axes, np.array([[0.0, 0.25], [1.0, 0.0]]), ["short", "a name that is too long"])
    (cells,) = axes.collections
    assert cells.get_array()[..., 3].tolist() == [[0.0, 0.5], [1.0, 0.0]]
    assert axes.yaxis_inverted()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["short", "a name that is t…"]
