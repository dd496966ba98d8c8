"""Commands in processes of their own, whose failure says why."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

LAST_LINES = 12


class ChildFailed(RuntimeError):
    """A command that ended with another exit status than 0; its message has the last lines that it wrote."""

    def __init__(self, command: Sequence[str], status: int, errors: str) -> None:
        last = "\n".join(errors.strip().splitlines()[-LAST_LINES:])
        super().__init__(f"{' '.join(command)[:200]}: exit status {status}\n{last}")


def output_of(command: Sequence[str], **environment: str) -> str:
    """What `command` prints.

    Raises:
        ChildFailed: it failed.
    """
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise ChildFailed(command, done.returncode, done.stdout + done.stderr)
    return done.stdout
