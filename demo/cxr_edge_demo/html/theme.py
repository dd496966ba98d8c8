"""How the pages look: Gradio's plainest theme in fonts that every system has, so that none is fetched."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gradio as gr

from cxr_edge_demo.words import _, current
from cxr_edge_demo.words.extraction import BROWSER, script_sentences

_STYLE = Path(__file__).parent / "style"


def theme() -> Any:
    """Calm, light and dark as the browser asks for it."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.cyan,
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "Consolas", "monospace"],
    ).set(
        color_accent="#0e7490",
        body_text_color_subdued="#475569",
        body_text_color_subdued_dark="#b6c2d2",
        checkbox_border_color="#64748b",
        checkbox_border_color_dark="#b6c2d2",
        block_label_text_color="#334155",
        block_label_text_color_dark="#e2e8f0",
        block_info_text_color="#475569",
        block_info_text_color_dark="#b6c2d2",
        button_primary_background_fill="#0e7490",
        button_primary_background_fill_dark="#0e7490",
        button_primary_background_fill_hover="#155e75",
        button_primary_background_fill_hover_dark="#155e75",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
    )


def head() -> str:
    """Style sheets, the scripts' sentences and scripts, for the page's head, in the language of the request.

    What Gradio is given as CSS it rewrites, and loses some of. Files are joined in the order of their names; the
    scripts are no modules, so each has a block or a function of its own around it.
    """
    style, scripts = (_joined(folder) for folder in (_STYLE.glob("*.css"), BROWSER.glob("*.js")))
    sentences = json.dumps({sentence: _(sentence) for sentence in script_sentences()}).replace("<", "\\u003c")
    known = f"document.documentElement.lang = {json.dumps(current().language)}; window.cxrWords = {sentences};"
    return f"<style>{style}</style><script>{known}\n{scripts}</script>"


def _joined(files: Iterable[Path]) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(files))
