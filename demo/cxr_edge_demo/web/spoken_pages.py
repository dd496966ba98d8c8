"""Pages in the language of each request, out of one application."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from gradio.context import Context

from cxr_edge_demo.web.private_errors import PrivateBlocks
from cxr_edge_demo.words.languages import chosen
from cxr_edge_demo.words.translator import ENGLISH, Catalogue, current, speaking

_WORDED = ("components", "dependencies", "title")  # parts of a page that hold sentences
_BUILDING = threading.Lock()  # Gradio numbers components by one counter


class SpokenBlocks(PrivateBlocks):
    """Blocks that show and say everything in the language of the request.

    Gradio sends a page as one list of components, the same to everybody. Here the page is drawn once more for each
    other language, when it is first asked for, with the same numbers of components and events; only the list that
    browsers are sent differs.
    """

    catalogue = Catalogue()
    head_of: Callable[[], str] | None = None  # makes the page's head in the current language

    @property
    def config(self) -> Any:
        """What the browser is sent, in the language of the request."""
        language = current().language
        if language == ENGLISH or not getattr(self, "redraw", None):
            return self._config
        with _BUILDING:
            if language not in self._drawn:
                self._drawn[language] = self._draw()
        head = self._config["head"] if self.head_of is None else self.head_of()
        return {**self._config, **self._drawn[language], "head": head}

    @config.setter
    def config(self, value: Any) -> None:
        self._config = value

    def speak(self, catalogue: Catalogue, first: int, redraw: Callable[[], Any]) -> None:
        """Speak the languages of `catalogue`.

        Args:
            catalogue: the languages.
            first: the number of the first component.
            redraw: draws the same pages once more.
        """
        self.catalogue, self.redraw = catalogue, redraw
        self._first, self._drawn = first, dict[str, dict[str, Any]]()

    def _draw(self) -> dict[str, Any]:
        free, Context.id = Context.id, self._first
        try:
            config = self.redraw()._config
        finally:
            Context.id = free
        if [c["id"] for c in config["components"]] != [c["id"] for c in self._config["components"]]:
            raise RuntimeError("the pages of two languages differ in more than words")
        return {name: config[name] for name in _WORDED}

    async def process_api(self, *args: Any, **kwargs: Any) -> Any:
        """As Gradio's, in the language of the browser that asks."""
        request = kwargs.get("request")
        headers = getattr(request, "headers", None) or {}
        with speaking(self.catalogue.words(chosen(self.catalogue, headers))):
            return await super().process_api(*args, **kwargs)
