"""Matplotlib's SVG, made small, free of fixed colours, and safe beside others in one page."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from typing import Any

from cycler import cycler
from matplotlib import rc_context
from matplotlib.figure import Figure

INK, QUIET, LINE, OURS, OTHER, MARK = (f"#01020{n}" for n in range(6))
"""What charts are drawn in. They stand for colours that the page or the file's own style sets."""
VARIABLES = {INK: "ink", QUIET: "quiet", LINE: "line", OURS: "ours", OTHER: "other", MARK: "mark"}
COLOURS = Path(__file__).parents[1] / "templates" / "colours.css"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cxr-edge",
    "axes.prop_cycle": cycler(color=[OURS]),
    "path.simplify": False,  # would drop dots, which are lines of no length
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": LINE,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
}


def svg(figure: Figure, told: str) -> str:
    """An ``<svg>`` element for a page that has the variables of ``colours.css``.

    Args:
        figure: drawn within ``rc_context(STYLE)``, in the colours above.
        told: what it shows, for those who do not see it.
    """
    buffer = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.S)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    text = re.sub(r"font-family: [^;\"]*", "font-family: var(--font)", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = re.sub("<[^>]*>", lambda tag: re.sub(r"-?\d+\.\d{2,}", _tenth, tag[0]), text)  # not what people read
    text = re.sub(r">\s+<", "><", text)
    return _titled(_own_names(text), told)


def _tenth(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _own_names(text: str) -> str:
    """Drop names that nothing refers to, and make the others this chart's own."""
    used = set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", text))
    names = {name for pair in used for name in pair if name}
    own = hashlib.sha256(text.encode()).hexdigest()[:8]
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{own}-{found[1]}"' if found[1] in names else "", text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{own}-\1)", text)
    return re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{own}-\1"', text)


def _titled(text: str, told: str) -> str:
    """With a title, and joined lines as matplotlib's own style, which would reach the whole page, had them."""
    escaped = told.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    opening = text[: text.index(">") + 1]
    head = re.sub(r' (?:xmlns:xlink|version)="[^"]*"', "", opening)[:-1]
    return f'{head} role="img" stroke-linejoin="round"><title>{escaped}</title>{text[len(opening) :]}'


def standalone(chart: str) -> str:
    """The chart as a file of its own: with its colours, and a ground, since it may be light on a dark page."""
    after = chart.index("</title>") + len("</title>")
    ground = '<rect width="100%" height="100%" fill="var(--ground)"/>'
    return f"{chart[:after]}<style>{COLOURS.read_text(encoding='utf-8')}</style>{ground}{chart[after:]}\n"
