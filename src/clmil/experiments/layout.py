"""A table as text, for a page, a terminal or Markdown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

NOTHING = "–"

NUMBER = re.compile(r"[-+]?[\d.]")
"""How a cell that holds a number begins."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A table as text.

    Attributes:
        title: such as `Table 3`, with what it shows.
        headers: one a column.
        rows: one cell a column.
        notes: sentences below it.
        aside: last columns that a narrow page, such as a terminal, does without.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    aside: int = 0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Layout":
        """Return the table of plain values, lists where it has tuples.

        Raises:
            KeyError: if a value is missing.
            TypeError: if there is one too many.
        """
        rows = tuple(map(tuple, values["rows"]))
        told = {"headers": tuple(values["headers"]), "rows": rows, "notes": tuple(values["notes"])}
        return cls(**{**values, **told})

    def narrow(self) -> "Layout":
        """Return the table without the columns that a narrow page does without."""
        kept = len(self.headers) - self.aside
        rows = tuple(row[:kept] for row in self.rows)
        return replace(self, headers=self.headers[:kept], rows=rows, aside=0)

    def markdown(self) -> str:
        """Return a heading, the table and its notes."""
        lines = [f"### {self.title}", "", _line(self.headers)]
        columns = [[row[k] for row in self.rows] for k in range(len(self.headers))]
        lines += [_line(["---:" if _numeric(one) else "---" for one in columns])]
        lines += map(_line, self.rows)
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)]) + "\n"


def _numeric(column: Sequence[str]) -> bool:
    """Tell whether a column holds numbers and gaps alone, which stand to the right."""
    shown = [cell for cell in column if cell.strip(f" {NOTHING}")]
    return bool(shown) and all(NUMBER.match(cell) for cell in shown)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
