"""A model whose process is killed by films of a certain name, as by a fault in a decoder; imported by that process."""

import os
import signal
from dataclasses import dataclass

from cxr_edge.results.scoring_processes import ModelChoice


@dataclass(frozen=True)
class FatalFilms(ModelChoice):
    def load(self):
        classifier = super().load()
        prepare = classifier.prepare

        def fatal(film, **more):
            if "fatal" in str(film):
                os.kill(os.getpid(), signal.SIGKILL)
            return prepare(film, **more)

        classifier.prepare = fatal
        return classifier
