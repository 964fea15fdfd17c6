"""Put the figures of results/blend-*.json and votes-*.json into docs/accuracy.md.

python -m benchmarks.accuracy_table
"""

import json
import re

from benchmarks.gains import table
from benchmarks.trials import RESULTS, ROOT
from clmil.storage.atomic import write_text

PAGE = ROOT / "docs" / "accuracy.md"
KINDS = ("blend", "votes")
"""Of reports; a table calls what gains by its kind."""


def filled(page: str) -> str:
    """Return the page with the tables of all results between their marks."""
    for kind in KINDS:
        tables = [
            table(
                file.stem.removeprefix(f"{kind}-"),
                json.loads(file.read_text(encoding="utf-8")),
                kind,
            )
            for file in sorted(RESULTS.glob(f"{kind}-*.json"))
        ]
        shown = "\n\n".join([f"<!-- {kind} -->", *tables, f"<!-- /{kind} -->"])
        page = re.sub(
            f"<!-- {kind} -->.*<!-- /{kind} -->", lambda _, to=shown: to, page, flags=re.DOTALL
        )
    return page


if __name__ == "__main__":
    write_text(PAGE, filled(PAGE.read_text(encoding="utf-8")))
