"""Pages in a real browser: what is wrong with their layout at a width."""

import json
import os
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WIDTHS = (400, 1280)
FAULTS = Path(__file__).with_name("layout.js").read_text(encoding="utf-8")
MEASURE = """
addEventListener("load", () => {
  const frames = [...document.querySelectorAll("iframe")];
  const found = frames.map(frame => faults(frame.contentWindow));
  document.body.textContent = JSON.stringify(found);
});
"""


def layout_faults(page: str, folder: Path) -> list[str]:
    """Show a page at every width; return what overlaps, is cut off, reaches out or is loaded."""
    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    frames = "".join(
        f'<iframe srcdoc="{escape(page)}" width="{width}" height="900"></iframe>'
        for width in WIDTHS
    )
    wrapper = folder / "frames.html"
    wrapper.write_text(f"<!DOCTYPE html><script>{FAULTS}{MEASURE}</script><body>{frames}")
    words = ("--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom")
    done = subprocess.run(
        [BROWSER, *words, "--window-size=1400,1000", wrapper.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"HOME": str(folder)},
        check=True,
    )
    told = done.stdout.rpartition("<body>")[2].partition("</body>")[0]
    found = json.loads(unescape(told))
    assert len(found) == len(WIDTHS)
    return [
        f"{width}: {fault}" for width, faults in zip(WIDTHS, found, strict=True) for fault in faults
    ]
