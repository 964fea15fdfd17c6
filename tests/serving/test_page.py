"""The page in a browser: what it shows, for whom, and what it says of a broken CSV."""

import csv
import io
import json
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from clmil.serving.page_files import page_files
from tests.serving.conftest import SPACE

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


def test_nothing_comes_from_elsewhere_and_nothing_is_inline():
    files = page_files()
    assert {"index.html", "style.css", "app.js"} <= set(files)
    for name, file in files.items():
        text = file.content.decode()
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), name
        assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(", text), name
    page = files["index.html"].content.decode()
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=|<style", page)
    wanted = re.findall(r"/page/([\w.]+)", page)
    wanted += re.findall(
        r'from "\./([\w.]+)"', " ".join(f.content.decode() for f in files.values())
    )
    assert set(wanted) <= set(files)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def show(browser, on_port):
    """Open pages of a server that is started for each; no error of their scripts passes."""
    pages, failures = [], []

    def opened(**limits):
        page = browser.new_page()
        pages.append(page)
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("requestfailed", lambda request: failures.append(request.url))
        page.goto(on_port(**{"characters": 1000} | limits))
        page.wait_for_selector("#sliders li", state="attached")
        return page

    yield opened
    for page in pages:
        page.close()
    assert not failures


@pytest.fixture
def page(show):
    return show()


def label(page, text, form="one"):
    page.check(f'input[value="{form}"]')
    page.fill("#input", text)
    page.click("#go")


def chips(page):
    return page.locator("#labels [data-label]").evaluate_all("all => all.map(a => a.dataset.label)")


def move(page, name, to):
    page.get_by_role("slider", name=f"Threshold of {name}", exact=True).fill(str(to))


def test_labels_with_probabilities_and_coloured_words(page):
    label(page, "🎈 not red <b>but</b> green")
    page.wait_for_selector("#text mark")
    assert chips(page) == ["red", "green"]
    assert page.inner_text('[data-label="red"] .number') == "90 %"
    assert page.inner_text("#text") == "🎈 not red <b>but</b> green"
    assert page.locator("#text mark.for").all_inner_texts() == ["red"]
    assert page.locator("#text mark.against").all_inner_texts() == ["not"]
    assert page.inner_text("#words") == "For red: “red”. Against: “not”."
    page.click('[data-label="green"]')
    page.locator("#text mark.for", has_text="green").wait_for()
    assert page.get_attribute('[data-label="green"]', "aria-pressed") == "true"


def test_thresholds_change_the_labels_at_once(page):
    label(page, "red")
    page.wait_for_selector("#labels [data-label]")
    assert page.locator("footer a:visible").count() == 3
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    move(page, "blue", 0.05)
    move(page, "red", 0.95)
    assert page.locator("#labels .plus").all_inner_texts()[0].startswith("blue")
    assert page.locator("#labels .minus").all_inner_texts()[0].startswith("red")
    assert "1 added, 1 removed" in page.inner_text("#summary")
    page.click("#reset")
    assert chips(page) == ["red"]
    page.get_by_role("slider", name="All labels").fill("0.01")
    assert chips(page) == ["red", "green", "blue"]
    assert not asked


def test_requests_keep_to_what_the_server_takes(show):
    page = show(body=200)
    label(page, "\n".join(["red", *["é" * 80] * 3, "green\t" * 10, "blue"]), "lines")
    page.wait_for_selector("#rows tr")
    assert page.is_hidden("#input-problem")
    assert page.locator("#rows tr").count() == 6
    label(page, "red\n" + "é" * 95, "lines")
    page.locator("#input-problem", has_text="Line 2").wait_for()
    assert page.inner_text("#input-problem") == (
        "Line 2 makes a request of 204 bytes but the server takes 200; shorten it."
    )


def test_names_that_are_numbers_are_ordered_by_probability_too(show, predictor):
    predictor.space = replace(SPACE, names=("x", "7", "3"))
    page = show()
    label(page, "red green blue")
    page.wait_for_selector("#labels [data-label]")
    assert chips(page) == ["x", "7", "3"]
    assert page.get_attribute('[data-label="x"]', "aria-pressed") == "true"


def test_uncertain_texts_are_marked(show, predictor, tmp_path):
    predictor.rule = replace(predictor.rule, refer_above=0.3)
    page = show()
    label(page, "text\nred\ngreen\n", "csv")
    page.wait_for_selector("#rows tr")
    assert page.locator(".chip.person").count() == 0
    move(page, "red", 0.95)
    assert "1 text for a person" in page.inner_text("#summary")
    assert page.locator("#rows .chip.person").all_inner_texts() == ["needs a person"]
    with page.expect_download() as download:
        page.click("#save-csv")
    download.value.save_as(tmp_path / "labels.csv")
    rows = list(csv.DictReader((tmp_path / "labels.csv").open(encoding="utf-8-sig")))
    assert [row["needs_person"] for row in rows] == ["true", "false"]


def test_a_system_that_writes_label_sets_has_no_sliders(show, predictor):
    predictor.decides = True
    page = show()
    assert page.is_hidden("#thresholds")
    label(page, "green")
    page.wait_for_selector("#labels [data-label]")
    assert set(chips(page)) == {"red", "green", "blue"}


def test_a_table_is_labelled_and_saved_with_its_columns(page, tmp_path):
    label(page, 'id;text\r\n1;"red; ""so"""\r\n2;nothing\r\n', "csv")
    page.wait_for_selector("#rows tr")
    assert page.input_value("#column") == "1"
    assert page.locator("#rows tr").count() == 2
    with page.expect_download() as saved:
        page.click("#save-csv")
    rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text(encoding="utf-8"))))
    assert [row["predicted_labels"] for row in rows] == ["red", ""]
    assert rows[0]["text"] == 'red; "so"'
    with page.expect_download() as saved:
        page.click("#save-json")
    rows = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert rows[0]["id"] == "1"
    assert rows[0]["probabilities"]["red"] == 0.9


def test_a_file_is_read_and_a_row_opened(page, tmp_path):
    file = tmp_path / "tickets.csv"
    file.write_text("message,n\n" + "".join(f"green {k},1\n" for k in range(60)), encoding="utf-8")
    page.set_input_files("#file", file)
    page.locator("#input-hint", has_text="60 rows").wait_for()
    page.click("#go")
    page.wait_for_selector("#rows tr")
    page.click("#pager button:last-child")
    assert page.inner_text("#rows td:first-child >> nth=0") == "26"
    page.click("#rows .text-button >> nth=1")
    page.locator("#detail-heading:focus").wait_for()
    assert page.inner_text("#detail-heading") == "Text 27"
    assert "green 26" in page.inner_text("#text")


@pytest.mark.parametrize(("broken", "sentence"), [
    ('text,n\n"open,1\nx,2\n', "The quote that opens in line 2 is never closed"),
    ("text,n\na,1\nb\n", "Line 3 has 1 cell but the header has 2; put cells"),
    ('text,n\n"a"b,1\n', "Line 2 has text after a closing quote"),
    ("text,text\na,b\n", 'names the column "text" twice'),
    ("text,\na,b\n", "has no name for column 2"),
    ("text,probabilities\na,b\n", 'has a column "probabilities" already'),
    ("text,n\n", "below the header must be at least one row"),
    ("   ", "There is no text yet"),
    ("text,n\n" + "a" * 1001 + ",1\n", "The text in line 2 has 1,001 characters"),
])  # fmt: skip
def test_a_broken_csv_gets_its_sentence(page, broken, sentence):
    label(page, broken, "csv")
    page.wait_for_selector("#input-problem:not([hidden])")
    told = page.inner_text("#input-problem")
    assert sentence in told
    assert told.endswith(".")
    assert page.get_attribute("#input-problem", "role") == "alert"
    assert page.is_hidden("#result")


def test_columns_that_labels_would_replace_are_told_at_once(show, predictor, tmp_path):
    file = tmp_path / "labelled.csv"
    file.write_text("text,needs_person\nred,yes\n", encoding="utf-8")
    page = show()
    page.set_input_files("#file", file)
    page.locator("#input-hint", has_text="1 row").wait_for()
    assert page.is_hidden("#input-problem")
    predictor.rule = replace(predictor.rule, refer_above=0.3)
    page = show()
    page.set_input_files("#file", file)
    page.locator("#input-problem", has_text='has a column "needs_person" already').wait_for()


def test_a_file_that_is_no_csv_is_told(page, tmp_path):
    for name, content, sentence in (
        ("latin.csv", "text\nna\xefve\n".encode("latin-1"), "is not in UTF-8"),
        ("book.xlsx", b"PK", "is no CSV; save the table as CSV"),
    ):
        (tmp_path / name).write_bytes(content)
        page.set_input_files("#file", tmp_path / name)
        page.locator("#input-problem", has_text=sentence).wait_for()


def test_a_token_is_asked_for_and_used(browser, on_port):
    page = browser.new_page()
    page.goto(on_port(token="a-very-secret-token"))
    page.wait_for_selector("#token-form:not([hidden])")
    page.fill("#token", "a-very-secret-token")
    page.keyboard.press("Enter")
    page.wait_for_selector("#sliders li")
    assert page.is_hidden("#token-form")
    links = [link.get_attribute("href") for link in page.locator("footer a:visible").all()]
    assert links == ["/openapi.json"]
    page.close()


def test_a_system_without_words_says_so(page):
    label(page, "red unexplained")
    page.locator("#words", has_text="This system has no explanation").wait_for()
    assert chips(page) == ["red"]


def test_the_keyboard_reaches_everything_in_order(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    reached = []
    for _ in range(20):
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        page.keyboard.press("Tab")
    order = [reached.index(name) for name in ("go", "file", "every", "filter", "INPUT")]
    assert order == sorted(order)
    page.focus("#input")
    page.keyboard.type("red")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#labels button")
    page.focus("#labels button")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.label") == "red"


NAMELESS = """() => [...document.querySelectorAll('input, textarea, select, button, progress, a')]
  .filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim()))
  .map(e => e.outerHTML)"""


def test_every_control_has_a_name_and_the_page_its_landmarks(page):
    label(page, "text,n\nred,1\ngreen,2\n", "csv")
    page.wait_for_selector("#labels button")
    assert page.evaluate(NAMELESS) == []
    assert page.get_attribute("html", "lang") == "en"
    for role in ("main", "banner", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    levels = page.locator("h1, h2, h3").evaluate_all("all => all.map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.get_attribute("#summary", "aria-live") == "polite"
    assert page.evaluate("new Set([...document.querySelectorAll('[id]')].map(e=>e.id)).size") == (
        page.locator("[id]").count()
    )


CONTRAST = """() => {
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const behind = e => { const layers = []; for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor); const a = c[3] ?? 1;
      if (a > 0) layers.push([c, a]); if (a === 1) break; }
    return layers.reverse().reduce((under, [c, a]) => under.map((u, k) => c[k] * a + u * (1 - a)),
      [255, 255, 255]); };
  const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  return [...document.querySelectorAll('body *')].filter(e => own(e) && e.checkVisibility() &&
      !e.closest('button:disabled, noscript, select')).map(e => {
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))];
    return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), e.outerHTML.slice(0, 80)];
  }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_and_nothing_scrolls_sideways(browser, on_port, scheme):
    page = browser.new_page(color_scheme=scheme, viewport={"width": 360, "height": 740})
    page.goto(on_port())
    page.wait_for_selector("#sliders li")
    label(page, "text,note\n" + "red not green,x\n" * 3 + "a" * 300 + ",y\n", "csv")
    page.wait_for_selector("#text mark")
    move(page, "red", 0.95)
    move(page, "blue", 0.01)
    page.wait_for_timeout(300)  # colours change in .15 s
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
