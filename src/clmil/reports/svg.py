"""A matplotlib figure as inline SVG that follows the colours of its page."""

import re
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from io import StringIO
from math import floor, log10
from typing import TYPE_CHECKING, Any

from clmil.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axis import XAxis, YAxis
    from matplotlib.figure import Figure

_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))


def figure_html(figure: "Figure", *, alt: str, caption: str = "", dense: bool = False) -> str:
    """Return a matplotlib figure as inline SVG and clear the figure.

    What is black in the figure (text, axes, ticks) takes the text colour of the page, its
    backgrounds become transparent, and text stays text.

    Args:
        figure: a `matplotlib.figure.Figure` made without pyplot.
        alt: what the figure shows, for those who do not see it.
        caption: plain text below the figure.
        dense: whether it keeps its size, and is scrolled, where the page is narrower.
    """
    salt = sha256(alt.encode()).hexdigest()[:8]
    svg = _svg(figure, salt, "width" if dense else "max-width")
    figure.clear()
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure><div class="scroll" role="region" tabindex="0" aria-label="{escape(alt)}">'
        f'<svg role="img" aria-label="{escape(alt)}" {svg}</div>{below}</figure>'
    )


def label_decades(axis: "XAxis | YAxis", values: Iterable[float]) -> None:
    """Label the powers of ten alone on a logarithmic axis, of which at least two are in sight.

    Args:
        axis: of any scale so far.
        values: what it has to show, all above 0; nothing is done without any.
    """
    from matplotlib.ticker import NullFormatter

    shown = list(values)
    if not shown:
        return
    low = 10 ** floor(log10(min(shown)))
    high = max(*shown, 10 * low)
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.axes.set(**{f"{axis.axis_name}lim": (0.8 * low, 1.3 * high)})
    axis.set_minor_formatter(NullFormatter())


def require_matplotlib() -> None:
    """Raise a `MissingExtraError` unless matplotlib is installed."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise MissingExtraError(
            "figures need matplotlib, which is not installed; "
            "install it with `pip install matplotlib`, or leave the HTML page out."
        )


def _svg(figure: "Figure", salt: str, bound: str) -> str:
    """Return the figure's SVG from behind `<svg`, with ids that no other figure has.

    What the figure's own width is to the picture stands in `bound`: `width` or `max-width`.
    """
    from matplotlib import rc_context

    for axes in figure.axes:
        legend: Any = axes.get_legend()
        if legend is not None:
            legend.get_frame().set_facecolor("none")
            legend.get_frame().set_edgecolor("none")
    drawn = StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}):
        figure.savefig(drawn, format="svg", transparent=True, metadata=_NO_METADATA)
    svg = drawn.getvalue().partition("<svg")[2]
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'( id="|url\(#|href="#)', rf"\1f{salt}-", svg)
    svg = re.sub(r"stroke: #000000\b", "stroke: currentColor", svg)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "system-ui, sans-serif", svg)
    svg = re.sub(r'width="([\d.]+pt)" height="[\d.]+pt"', rf'style="{bound}: \1"', svg, count=1)
    return f'fill="currentColor"{svg}'
