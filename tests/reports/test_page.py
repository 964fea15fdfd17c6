import re
from html.parser import HTMLParser

import pytest

from clmil.errors import ModelError
from clmil.reports.page import PALETTE, Section, figure_html, table_html, write_page

matplotlib_figure = pytest.importorskip("matplotlib.figure")
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Checker(HTMLParser):
    """Notes tags that are not closed in order, ids, links and texts."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.links, self.tags = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check_page(page):
    """Assert that a page is well-formed, complete by itself, and can be found one's way in."""
    checker = Checker(page)
    assert not checker.open
    assert len(checker.ids) == len(set(checker.ids))
    assert all(link[1:] in checker.ids for link in checker.links if link.startswith("#"))
    assert not re.search(r"https?:|//[a-z]|src=|@import|<script|<link", page)
    assert all(link.startswith("#") for link in checker.links)
    for tag in ("main", "nav", "header", "h1", "footer", "title"):
        assert checker.tags.count(tag) == 1
    assert '<html lang="en">' in page
    return checker


def plot(label="a & b"):
    figure = matplotlib_figure.Figure(figsize=(5, 3))
    axes = figure.subplots()
    axes.plot([0, 1], [1, 0], color=PALETTE[0], label=label)
    axes.set_title("Down < up")
    axes.legend()
    return figure


def test_a_page_is_well_formed_and_needs_nothing_from_outside(tmp_path):
    path = tmp_path / "page.html"
    sections = [
        Section(heading="Labels & counts", lead="1 < 2", body=table_html(["a"], [], caption="no")),
        Section(heading="Plot", body=figure_html(plot(), alt="goes down", caption="A line")),
        Section(heading="Plot", body=figure_html(plot(), alt="goes down again")),
    ]
    write_page(path, title="<Report>", sections=sections, facts={"documents": "1,000 & more"})
    page = path.read_text(encoding="utf-8")
    checker = check_page(page)
    assert {"labels-counts", "plot", "plot--2"} <= set(checker.ids)
    assert "&lt;Report&gt;" in page
    assert "1,000 &amp; more" in page
    assert [path] == list(tmp_path.iterdir())


def test_a_table_escapes_its_cells_and_has_headers_for_rows_and_columns():
    table = table_html(["label", "F1"], [["<b>", 0.5]], caption="Scores by label")
    assert '<th scope="col">label</th><th scope="col" class="number">F1</th>' in table
    assert '<th scope="row">&lt;b&gt;</th><td class="number">0.5</td>' in table
    assert "<caption>Scores by label</caption>" in table


def test_a_figure_follows_the_colours_of_the_page_and_keeps_text_as_text():
    figure = plot()
    svg = figure_html(figure, alt="a line")
    assert "Down &lt; up</text>" in svg
    assert "currentColor" in svg
    assert "#000000" not in svg
    assert "#ffffff" not in svg
    assert PALETTE[0] in svg
    assert 'aria-label="a line"' in svg
    assert not figure.axes


def luminance(colour):
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("background", ["#ffffff", "#14171b"])
@pytest.mark.parametrize("colour", PALETTE)
def test_every_colour_stands_out_on_both_backgrounds(colour, background):
    dark, light = sorted((luminance(colour), luminance(background)))
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_a_page_that_cannot_be_written_is_a_plain_error(tmp_path):
    with pytest.raises(ModelError, match="page"):
        write_page(tmp_path / "no" / "page.html", title="t", sections=[])
