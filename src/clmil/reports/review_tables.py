"""The first rows of a review, for the terminal."""

from rich import box
from rich.table import Table

from clmil.reports.review import Review

SHOWN = 10


def review_table(review: Review) -> Table:
    """Return the documents to look at first: which, the labels as given, why."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("rank", "id", "labels", "why"):
        table.add_column(heading, justify="right" if heading == "rank" else "left")
    for row in review.rows[:SHOWN]:
        if row["reason"]:
            labels = "-" if row["labels"] is None else ", ".join(row["labels"])
            table.add_row(str(row["rank"]), row["id"], labels, row["reason"])
    return table


def review_sentences(review: Review) -> list[str]:
    """Say how many documents of each kind there are."""
    facts = review.facts
    said = [
        f"Of {facts['annotated']:,} annotated documents {facts['suspicious']:,} have labels that "
        f"are likely wrong or incomplete, and {facts['near']:,} more nearly the text of a "
        "document with other labels."
    ]
    if facts["label_next"]:
        found = facts["label_next"]
        what = "document without labels is" if found == 1 else "documents without labels are"
        said.append(f"{found:,} {what} worth labelling next.")
    return said
