"""A page of tests that holds the demo's viewer alone, and what is read off its canvas."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
from gradio_client import Client, handle_file

from browser_page import PATIENCE

VIEWER = "document.querySelector('cxr-viewer')"


def token_of(server, path: Path, data: bytes | None = None, model: str = "") -> str:
    """Send a film to the demo; the token that it is held under."""
    if data is not None:
        path.write_bytes(data)
    client = Client(server.url, verbose=False)
    return client.predict(film=handle_file(path), model=model, api_name="/predict")["token"]


def open_viewer(page, server, token: str, attributes: str = "", viewers: int = 1, wait: str = ".cxr-viewer-shown"):
    """Show a film in a page at the demo's own address, 900 × 640 CSS pixels or less; waits until it is drawn."""
    from cxr_edge_demo.html.theme import head

    one = f'<cxr-viewer src="cxr/film/{token}.json" label="A film" {attributes}></cxr-viewer>'
    style = "body { margin: 0; font-family: system-ui; } main > div { width: min(900px, 100vw); height: 640px; }"
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Viewer</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{head()}<style>{style} cxr-viewer {{ --cxr-viewer-height: 100%; }}</style></head>"
        f"<body class='gradio-container'><main>{f'<div>{one}</div>' * viewers}</main></body></html>"
    )
    page.route(f"{server.url}/viewer.html", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(f"{server.url}/viewer.html")
    page.locator(wait).last.wait_for(timeout=PATIENCE)
    return page


def state(page) -> dict:
    """Zoom, place, window and the like, of the first viewer of a page."""
    return page.evaluate(
        f"(({{view, window: w, inverted, heat, strength, places}}) => ({{zoom: view.zoom, fitZoom: view.fitZoom, "
        f"x: view.x, y: view.y, fitted: view.fitted, origin: view.origin, screen: view.screen, centre: w.centre, "
        f"width: w.width, inverted, heat, strength, places}}))({VIEWER})"
    )


def shown(page) -> np.ndarray:
    """uint8 [H, W, 4], what the film's canvas holds."""
    data, width, height = page.evaluate(
        f"""(() => {{
          const {{data, width, height}} = {VIEWER}.shownPixels();
          let text = "";
          for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
          return [btoa(text), width, height];
        }})()"""
    )
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)


def film_at_100(page, size: tuple[int, int]) -> np.ndarray:
    """uint8 [H, W], the film as it is drawn at 100 %; it must be smaller than the viewer."""
    page.evaluate(f"{VIEWER}.setZoom(1)")
    picture, origin = shown(page), state(page)["origin"]
    found = picture[origin["y"] : origin["y"] + size[1], origin["x"] : origin["x"] + size[0]]
    assert (found[..., 3] == 255).all()
    assert (found[..., 0] == found[..., 1]).all()
    assert (found[..., 0] == found[..., 2]).all()
    return found[..., 0]


def stage(page):
    """Where the first viewer's film is in the page, CSS pixels."""
    return page.locator(".cxr-viewer-stage").first.bounding_box()


def place(page, across=0.5, down=0.5):
    """A place of the stage, in shares of it, as a place of the page."""
    box = stage(page)
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def film_at(page, x, y):
    """The pixel of the film that is under a place of the page."""
    box, seen = stage(page), state(page)
    return [(at - box[side] - seen["origin"][side]) / seen["zoom"] for at, side in ((x, "x"), (y, "y"))]


def drag(page, by, button="left", start=(0.5, 0.5)):
    """Press a button of the mouse in the stage, move by CSS pixels, and let go."""
    x, y = place(page, *start)
    page.mouse.move(x, y)
    page.mouse.down(button=button)
    page.mouse.move(x + by[0] / 2, y + by[1] / 2)
    page.mouse.move(x + by[0], y + by[1])
    page.mouse.up(button=button)


def press(page, *keys):
    """Press keys while the first film has the focus."""
    page.locator(".cxr-viewer-stage").first.focus()
    for key in keys:
        page.keyboard.press(key)
