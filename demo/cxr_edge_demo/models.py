"""The models that can be asked, each loaded when it is first needed."""

from __future__ import annotations

import threading

from cxr_edge import Classifier, CxrEdgeError, list_models


class Models:
    """Bundled models by name, and the one that the operator chose, which comes first.

    A `Classifier` serves any number of threads, so there is one of each.

    Args:
        chosen: replaces the bundled model of the same name; None for the default one, loaded when needed.
    """

    def __init__(self, chosen: Classifier | None = None) -> None:
        self._loaded: dict[str, Classifier] = {} if chosen is None else {chosen.card.name: chosen}
        bundled = [model.name for model in list_models()]
        self.names: tuple[str, ...] = tuple(dict.fromkeys([*self._loaded, *bundled]))
        self._lock = threading.Lock()

    def get(self, name: str | None = None) -> Classifier:
        """The classifier called `name`, or the first.

        Raises:
            CxrEdgeError: there is no such model.
        """
        name = name or self.names[0]
        if name not in self.names:
            raise CxrEdgeError(f"{name}: found no such model; expected one of {', '.join(self.names)}")
        with self._lock:  # two users at once load it once
            if name not in self._loaded:
                self._loaded[name] = Classifier.load(name)
            return self._loaded[name]
