"""Take the pictures of the web page that docs/serving.md shows.

    python -m benchmarks.page_images MODEL "some text"

It serves the model, labels the texts in a headless Chromium and writes docs/images/serve-*.png.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.serve import server


def main() -> None:
    """Parse the command line, serve, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("text")
    parser.add_argument("--output", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    with server(given.model, "auto") as (_, port), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for scheme in ("light", "dark"):
            page = browser.new_page(
                viewport={"width": 1280, "height": 900},
                color_scheme=scheme,  # type: ignore[arg-type]
            )
            page.goto(f"http://127.0.0.1:{port}")
            label(page, given.text)
            page.screenshot(path=given.output / f"serve-{scheme}.png")
        browser.close()


def label(page: Page, text: str) -> None:
    """Label a text and wait for its words."""
    page.wait_for_selector("#sliders li")
    page.fill("#input", text)
    page.click("#go")
    page.wait_for_selector("#labels [data-label]", timeout=60_000)
    page.locator("#words", has_text=".").wait_for(timeout=60_000)
    page.wait_for_timeout(300)


if __name__ == "__main__":
    main()
