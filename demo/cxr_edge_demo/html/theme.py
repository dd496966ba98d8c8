"""How the pages look: Gradio's plainest theme in fonts that every system has, so that none is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

_FOLDER = Path(__file__).parent


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
    """Style sheet and script, for the page's head: what Gradio is given as CSS it rewrites, and loses some of."""
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("style.css", "dropped_films.js"))
    return f"<style>{style}</style><script>{script}</script>"
