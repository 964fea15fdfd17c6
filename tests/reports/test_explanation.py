"""Explanations shown: nothing of the text is lost, colours follow the scores, HTML is escaped."""

from pathlib import Path

from clmil.reports.explanation import as_values, pieces
from clmil.reports.explanation_page import write_explanations
from clmil.reports.explanation_terminal import coloured
from clmil.runtime.explanation import Explanation, LabelExplanation, LabelTie, WordScore
from tests.reports.browser import layout_faults

TEXT = "a <b>bold</b> move\nof oil & gas"


def word(part: str, score: float) -> WordScore:
    start = TEXT.index(part)
    return WordScore(start=start, end=start + len(part), word=part, score=score)


LABEL = LabelExplanation(
    label="x<y",
    probability=0.9,
    predicted=True,
    words=(word("oil", 2.0), word("bold", -1.0), word("gas", 0.1), word("of", 0.0)),
)
FOUND = Explanation(
    text=TEXT,
    method="occlusion",
    labels=(LABEL,),
    together=(LabelTie(first="x<y", second="z", strength=0.5, often=True),),
)


def test_pieces_join_to_the_text_and_carry_their_share() -> None:
    parts = list(pieces(TEXT, LABEL))
    assert "".join(part.text for part in parts) == TEXT
    shares = {part.text: part.share for part in parts if part.score is not None}
    assert shares == {"oil": 1.0, "bold": -0.5, "gas": 0.05, "of": 0.0}


def test_the_terminal_shows_the_text_with_its_words_coloured() -> None:
    shown = coloured(TEXT, LABEL)
    assert shown.plain == TEXT
    styles = {shown.plain[span.start : span.end]: span.style for span in shown.spans}
    assert styles["oil"].bold
    assert not styles["oil"].italic
    assert styles["bold"].italic
    assert styles["gas"].underline


def test_the_page_is_escaped_whole_and_well_laid_out(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    write_explanations([FOUND], page, model="a & b")
    written = page.read_text(encoding="utf-8")
    assert "<b>" not in written
    assert "&lt;b&gt;" in written
    assert 'style="--share: 55%" title="+2.00">oil</mark>' in written
    assert 'class="contra" style="--share: 28%" title="-1.00">bold</mark>' in written
    assert "x&lt;y + z" in written
    assert layout_faults(written, tmp_path) == []


def test_json_values_are_plain() -> None:
    (values,) = as_values([FOUND])
    first, tie = values["labels"][0]["words"][0], values["together"][0]
    assert first == {"start": 22, "end": 25, "word": "oil", "score": 2.0}
    assert tie == {"first": "x<y", "second": "z", "strength": 0.5, "often": True}
