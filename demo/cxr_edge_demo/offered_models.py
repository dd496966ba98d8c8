"""The models that can be asked, each loaded when it is first needed."""

from __future__ import annotations

import threading

from cxr_edge import Classifier, CxrEdgeError, list_models
from cxr_edge_demo.comparison import comparison_models
from cxr_edge_demo.words import _


class OfferedModels:
    """The operator's own model first, then the bundled ones, then those that are there for comparison.

    A `Classifier` serves any number of threads, so there is one of each.

    Args:
        chosen: replaces the bundled model of the same name; None for the default one, loaded when needed.

    Attributes:
        names: of all models, the preferred one first.
        for_films: the same without those that are there for comparison alone.
    """

    def __init__(self, chosen: Classifier | None = None) -> None:
        self._loaded: dict[str, Classifier] = {} if chosen is None else {chosen.card.name: chosen}
        self._listed = {model.name: model for model in (*list_models(), *comparison_models())}
        self.names: tuple[str, ...] = tuple(dict.fromkeys([*self._loaded, *self._listed]))
        only_compared = {model.name for model in comparison_models()} - set(self._loaded)
        self.for_films = tuple(name for name in self.names if name not in only_compared)
        self._lock = threading.Lock()

    def get(self, name: str | None = None) -> Classifier:
        """The classifier called `name`, or the first.

        Raises:
            CxrEdgeError: there is no such model.
        """
        name = name or self.names[0]
        if name not in self.names:
            sentence = _("There is no model called {name}. Choose one of {names}.")
            raise CxrEdgeError(sentence.format(name=name, names=", ".join(self.names)))
        with self._lock:  # two users at once load it once
            if name not in self._loaded:
                model = self._listed[name]
                self._loaded[name] = Classifier.load(model.path, sha256=model.sha256)
            return self._loaded[name]
