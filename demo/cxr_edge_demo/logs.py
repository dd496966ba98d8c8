"""Logs without what patients and users said: of an error its kind and place, never its message."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Any


def place(error: BaseException) -> str:
    """Kind of an error, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def keep_messages_out() -> None:
    """Have the web server's libraries log no more than `place` of an error, in the whole process.

    Their messages quote names of files, and what a client sent.
    """
    traceback.print_exc = _print_place
    make = logging.getLogRecordFactory()

    def without_message(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if record.exc_info and record.exc_info[1] is not None:
            record.msg, record.args, record.exc_info = place(record.exc_info[1]), (), None
        return record

    logging.setLogRecordFactory(without_message)


def _print_place(*_: Any, **__: Any) -> None:
    error = sys.exc_info()[1]
    if error is not None:
        print(place(error), file=sys.stderr)
