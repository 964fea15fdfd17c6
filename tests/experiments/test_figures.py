import json
import re
import subprocess

import numpy as np
import pytest

from clmil.errors import ModelError
from clmil.experiments.clouds import Cloud
from clmil.experiments.curves import GAMMAS, Curve, mixed_scores
from clmil.experiments.drawing import CLASS_COLOURS, CLASS_MARKS, save_figure
from clmil.experiments.figures import gamma_figure, group_figure, sampled, space_figure
from clmil.experiments.rotation import rotation_page

PROBE = """
addEventListener("load", () => {
  // At once: a busy machine may give the page no frame in time.
  canvases.forEach((canvas, number) => draw(canvas, clouds[number]));
  const all = canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const inked = canvas => all(canvas).data.filter((value, k) => k % 4 == 3 && value).length;
  const before = canvases.map(inked), image = canvases[0].toDataURL();
  KEYS.ArrowLeft();
  draw(canvases[0], clouds[0]);
  const turned = canvases[0].toDataURL() !== image;
  document.body.textContent = JSON.stringify([...before.map(n => n > 200), turned]);
});
"""
"""Are there points on both canvases, and does a key turn them?"""

RNG = np.random.default_rng(0)
CLOUDS = {
    "before </script>": Cloud.of(RNG.normal(size=(80, 8)), RNG.integers(-1, 7, 80)),
    "after": Cloud.of(RNG.normal(size=(80, 8)), np.full(80, 3)),
}


def test_gamma_mixes_the_two_parts():
    targets = np.array([[1, 0], [1, 0]], dtype=np.int8)
    fil = np.array([[0.8, 0.1], [0.8, 0.1]], dtype=np.float32)
    cil = np.array([[0.28, 0.1], [0.28, 0.9]], dtype=np.float32)
    found = mixed_scores(fil, cil, targets)
    # The first label passes 0.5 from gamma .5 on; the second is wrong while gamma < .5.
    assert found["micro_recall"].tolist() == [0] * 5 + [1] * 6
    assert found["micro_precision"][0] == 0
    assert found["micro_precision"][-1] == 1
    assert len(GAMMAS) == 11


def test_space_has_a_panel_a_model_and_one_legend():
    figure = space_figure(CLOUDS)
    assert [axes.get_title() for axes in figure.axes] == list(CLOUDS)
    (legend,) = figure.legends
    shown = [text.get_text() for text in legend.get_texts()]
    present = set(CLOUDS["before </script>"].classes.tolist()) - {-1}
    assert len(shown) == len(present)
    assert "% of variance" in figure.axes[0].get_xlabel()
    drawn = sum(len(points.get_offsets()) for points in figure.axes[0].collections)
    assert drawn == (CLOUDS["before </script>"].classes >= 0).sum()


def test_six_models_stand_in_two_rows():
    figure = space_figure({str(k): CLOUDS["after"] for k in range(6)})
    assert figure.get_figwidth() < 13
    assert (
        len({round(axes.get_subplotspec().get_position(figure).y0, 3) for axes in figure.axes}) == 2
    )


def test_classes_differ_in_colour_and_mark():
    assert len(set(CLASS_COLOURS.values())) == len(set(CLASS_MARKS.values())) == 7


def test_curves_and_bars_show_what_they_are_given():
    scores = dict.fromkeys(
        ("micro_precision", "micro_recall", "micro_f1"), np.linspace(0.5, 0.6, 11)
    )
    figure = gamma_figure([Curve(alpha=1, beta=0.5, scores=scores)])
    line = figure.axes[2].lines[0]
    assert line.get_ydata().tolist() == pytest.approx((100 * scores["micro_f1"]).tolist())
    assert figure.legends[0].get_texts()[0].get_text() == "α = 1, β = 0.5"
    bars = group_figure({"DIL": {"head": [0.5, 0.7], "tail": [0.2]}, "MIL": {"head": [0.6]}})
    assert bars.axes[0].patches[0].get_height() == pytest.approx(60)
    ticks = [label.get_text() for label in bars.axes[0].get_xticklabels()]
    assert ticks == ["head labels", "tail labels"], "no label is in the mid group"


def test_many_documents_are_sampled_alike():
    classes = np.repeat([-1, 2], 3000)
    rows = sampled(classes, 100)
    assert len(rows) == 100
    assert rows.min() >= 3000
    assert (rows == sampled(classes, 100)).all()


def test_figures_are_written_on_white(tmp_path):
    save_figure(group_figure({"DIL": {"head": [0.5]}}), tmp_path / "new" / "a.png")
    from matplotlib.image import imread

    assert imread(tmp_path / "new" / "a.png")[0, 0].tolist() == [1, 1, 1, 1]
    assert not list(tmp_path.glob("new/.writing*"))
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot write"):
        save_figure(group_figure({"DIL": {"head": [0.5]}}), tmp_path / "file" / "a.png")


def test_the_page_to_turn_is_whole_and_safe(tmp_path):
    rotation_page(tmp_path / "a.html", title="A <b>", clouds=CLOUDS)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=|https?:|@import|url\(", page), "nothing from outside"
    assert "A &lt;b&gt;" in page
    data = re.search(r'type="application/json">(.*?)</script>', page, re.DOTALL)[1]
    panels = json.loads(data)["panels"]
    assert panels[0]["name"] == "before </script>"
    for panel in panels:
        points = np.array(panel["points"]).reshape(-1, 3)
        assert len(points) == len(panel["classes"])
        assert np.abs(points).max() == pytest.approx(1)
    assert page.count("<canvas") == 2
    assert page.count('type="checkbox"') == len(json.loads(data)["kinds"])


def test_the_page_draws_in_a_browser(tmp_path):
    from tests.reports.browser import BROWSER

    if BROWSER is None:
        pytest.skip("no Chromium on this machine")
    page = tmp_path / "a.html"
    rotation_page(page, title="A", clouds=CLOUDS)
    page.write_text(page.read_text().replace("</body>", f"<script>{PROBE}</script></body>"))
    words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    done = subprocess.run(
        [BROWSER, *words, "--virtual-time-budget=10000", page.as_uri()],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert "[true,true,true]" in done.stdout
