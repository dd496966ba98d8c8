"""The page of ``examples/browser`` as a command: Chromium opens it, and each film goes through its file picker.

``python -m cxr_edge_bench.ports.browser_page SITE [--pixels] MODEL.onnx [FILM…]``, where SITE is the folder that
``assemble.js`` made; the rest is said in `cxr_edge_bench.ports.port`. It fails if the page asks another computer for
anything.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cxr_edge_bench.ports.port import MissingPort

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = 60_000  # ms; a busy computer is no failure
_ANSWER = """(pixels) => {
  const {picture, heatmap, lungs, pixels: seen, ...answer} = window.lastAnswer;
  if (pixels && seen) Object.assign(answer, {pixels: btoa(String.fromCharCode(...seen)), heatmap: [...heatmap.data]});
  return answer;
}"""
_NOTHING = dict.fromkeys(("probability", "logit", "decision", "error", "milliseconds"))


def chromium() -> str:
    """The program; raises `MissingPort` without one, or without playwright."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        raise MissingPort("playwright: not installed; pip install playwright") from None
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise MissingPort("chromium: not found on the PATH; on Debian: apt install chromium")


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of a web server on this computer alone, for as long as the block lasts."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def opened(site: Path, **options: Any) -> Iterator[Any]:
    """The page in a browser of its own (a Playwright page), ready for a film.

    Args:
        site: the folder that ``assemble.js`` made.
        options: of Playwright's ``new_page``.

    Raises:
        RuntimeError: at the end of the block, if the page asked another computer for anything, or failed in silence.
    """
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    errors: list[str] = []
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(OPTIONS))
        page = browser.new_page(**options)
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(address)
        page.wait_for_selector("body[data-state=ready]", state="attached")
        yield page
        browser.close()
    elsewhere = [url for url in asked if not url.startswith((address, "data:"))]
    if elsewhere or errors:
        raise RuntimeError(f"the page asked for {elsewhere} and said {errors}; expected neither")


def answer_for(page: Any, film: Path, *, pixels: bool = False) -> dict[str, Any]:
    """What the page says of a film, in the form of `cxr_edge_bench.ports.port`."""
    page.evaluate("document.body.dataset.state = 'waiting'")
    page.set_input_files("#file", film)
    page.wait_for_selector("body:is([data-state=answered], [data-state=refused])", state="attached")
    return {"path": str(film), **_NOTHING, "reasons": [], **page.evaluate(_ANSWER, pixels)}


def main() -> int:
    """Print a line for each film."""
    parser = argparse.ArgumentParser(prog="python -m cxr_edge_bench.ports.browser_page", description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("--pixels", action="store_true")
    parser.add_argument("model", type=Path)
    parser.add_argument("films", type=Path, nargs="*")
    args = parser.parse_args()
    films = args.films or [Path(line.rstrip("\n")) for line in sys.stdin]
    offered = json.loads((args.site / "models/index.json").read_text(encoding="utf-8"))["models"]
    names = [model["name"] for model in offered if model["file"] == args.model.name]
    if not names:
        print(f"{args.model}: found a model that the page does not have; expected one of its own", file=sys.stderr)
        return 2
    status = 0
    with opened(args.site) as page:
        page.select_option("#model", names[0])
        for film in films:
            answer = answer_for(page, film, pixels=args.pixels)
            status |= answer["error"] is not None
            print(json.dumps(answer), flush=True)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
