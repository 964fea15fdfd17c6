"""What the tables show."""

import numpy as np
from rich.console import Console

from clmil.decisions.metrics import score
from clmil.reports.tables import (
    group_table,
    label_table,
    probability_table,
    scores_table,
    systems_table,
)

SCORES = score(
    np.array([[1, 0], [1, 1], [0, 1], [1, -1]]),
    np.array([[1, 0], [1, 0], [1, 1], [1, 1]]),
    names=["often", "seldom"],
    groups={"head": np.array([0]), "mid": np.array([], dtype=int), "tail": np.array([1])},
)


def lines(table):
    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return [line.split() for line in captured.get().splitlines()]


def test_overall_scores_in_per_cent():
    # tp 3 + 1, fp 1 + 0, fn 0 + 1; 7 known cells
    shown = lines(scores_table({"one": SCORES.to_json(), "two": SCORES.to_json()}))
    assert ["micro-F1", "80.0", "80.0"] in shown
    assert ["micro", "precision", "80.0", "80.0"] in shown
    assert ["Hamming", "loss", "0.2857", "0.2857"] in shown
    assert ["documents", "4", "4"] in shown


def test_groups_leave_out_empty_ones():
    shown = lines(group_table(SCORES))
    assert ["head", "1", "3", "75.0", "100.0", "85.7"] in shown
    assert ["tail", "1", "2", "100.0", "50.0", "66.7"] in shown
    assert "mid" not in {line[0] for line in shown if line}


def test_labels():
    assert ["seldom", "2", "100.0", "50.0", "66.7"] in lines(label_table(SCORES))


def test_a_name_is_no_markup():
    table = probability_table(["[bold]", "b", "c", "d"], [0.2, 0.9, 0.1, 0.3], [1, 1, 0, 1])
    console = Console(width=100, markup=False)
    with console.capture() as captured:
        console.print(table)
    shown = [line.split() for line in captured.get().splitlines() if line.strip()][2:]
    assert shown == [["b", "0.900", "yes"], ["d", "0.300", "yes"], ["[bold]", "0.200", "yes"]]


def test_runners_up_are_shown_where_little_is_predicted():
    shown = lines(probability_table(["a", "b", "c", "d"], [0.4, 0.3, 0.2, 0.1], [0] * 4))
    assert ["a", "0.400"] in shown
    assert ["d", "0.100"] not in shown


def test_systems():
    assert ["x", "does", "it", "Paper"] in lines(systems_table([("x", "does it", "Paper")]))
