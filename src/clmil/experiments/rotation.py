"""Figures 3 and 4 to turn by hand: one HTML page, drawn by a script of our own."""

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from clmil.experiments.clouds import Cloud
from clmil.experiments.drawing import CLASS_COLOURS, CLASS_MARKS, CLASS_NAMES
from clmil.experiments.figures import sampled
from clmil.storage.atomic import write_text

MOST_POINTS = 4000

GLYPHS = dict(zip("os^Dv*P", "●■▲◆▼★✚", strict=True))

STYLE = """
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #fff; }
main { max-width: 72rem; margin: 0 auto; padding: 0 1rem 2rem; }
h1 { font-size: 1.4rem; margin: 1.2rem 0 .3rem; } h2 { font-size: 1rem; margin: 0; }
p { max-width: 46rem; color: #59636e; margin: .2rem 0 .8rem; }
fieldset { border: 0; padding: 0; margin: 0 0 .5rem; display: flex; flex-wrap: wrap;
  gap: .2rem 1rem; }
legend { float: left; margin-right: 1rem; color: #59636e; }
label { display: inline-flex; align-items: center; gap: .35rem; white-space: nowrap; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { color: #59636e; font-size: .85rem; }
canvas { width: 100%; aspect-ratio: 1; border: 1px solid #d3d9df; border-radius: .4rem;
  touch-action: none; cursor: grab; }
canvas:focus-visible { outline: 3px solid #0b64a0; }
"""


def rotation_page(path: Path, *, title: str, clouds: Mapping[str, Cloud]) -> None:
    """Write one self-contained page on which every panel turns with the others.

    Args:
        path: the file; one that is there is replaced.
        title: plain text.
        clouds: by name of the model.

    Raises:
        ModelError: if it cannot be written.
    """
    given = [_panel(name, cloud) for name, cloud in clouds.items()]
    found = {name for panel in given for name in panel["classes"]}
    kinds = [
        {"name": name, "colour": colour, "mark": CLASS_MARKS[name]}
        for name, colour in CLASS_COLOURS.items()
        if name in found
    ]
    data = json.dumps({"kinds": kinds, "panels": given}, separators=(",", ":"))
    data = data.replace("</", r"<\/")  # a name must not end the script
    script = files("clmil.experiments").joinpath("rotation.js").read_text(encoding="utf-8")
    boxes = "".join(
        f'<label><input type="checkbox" checked><span aria-hidden="true" '
        f'style="color: {kind["colour"]}">{GLYPHS[kind["mark"]]}</span>{kind["name"]}</label>'
        for kind in kinds
    )
    write_text(
        path,
        f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p>Each point is a text of the test part, at its first three principal components. Drag to turn
all panels, scroll or pinch to come nearer; or use the arrow keys, + and -.</p>
<fieldset><legend>[head, mid, tail]</legend>{boxes}</fieldset>
<div class="panels">{"".join(map(_figure, given))}</div>
</main>
<script id="data" type="application/json">{data}</script>
<script>{script}</script>
</body>
</html>
""",
    )


def _panel(name: str, cloud: Cloud) -> dict[str, Any]:
    """Return a panel's points, scaled into the unit ball's cube, and their classes."""
    points, classes = cloud.points, cloud.classes
    rows = sampled(classes, MOST_POINTS)
    reach = max(float(np.abs(points[rows]).max()) if len(rows) else 1.0, 1e-12)
    names = [CLASS_NAMES[index] for index in classes[rows].tolist()]
    return {
        "name": name,
        "points": np.round(points[rows] / reach, 3).ravel().tolist(),
        "classes": names,
        "shares": [round(100 * share, 1) for share in cloud.shares.tolist()],
    }


def _figure(panel: Mapping[str, Any]) -> str:
    shares = ", ".join(f"{share:g} %" for share in panel["shares"])
    name = escape(panel["name"])
    return (
        f'<figure><h2>{name}</h2><canvas tabindex="0" role="img" aria-label="{name}: '
        f'{len(panel["classes"])} texts in three dimensions"></canvas><figcaption>'
        f"{len(panel['classes']):,} texts; the axes hold {shares} of the variance.</figcaption>"
        "</figure>"
    )
