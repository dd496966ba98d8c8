"""Errors and logs without what patients and users said: of an error its kind and place, never its message."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

import gradio as gr

from cxr_edge import CxrEdgeError
from cxr_edge_demo.words import _

_LOGGERS = ("uvicorn.error", "asyncio", "gradio")
log = logging.getLogger("cxr_edge_demo")


def place(error: BaseException) -> str:
    """Kind of an error, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


class PrivateBlocks(gr.Blocks):  # type: ignore[misc]
    """Blocks whose failing events tell users our own sentences, and the log nothing but the place.

    Gradio prints the whole error of a failing event, which may quote file names and comments, unless it is a
    ``gr.Error`` that asks not to be printed.
    """

    async def process_api(self, *args: Any, **kwargs: Any) -> Any:
        """As Gradio's, for every event of pages and API; raises ``gr.Error`` alone."""
        try:
            return await super().process_api(*args, **kwargs)
        except CxrEdgeError as error:
            raise gr.Error(str(error), print_exception=False) from None
        except Exception as error:
            log.error(place(error))
            raise gr.Error(_("Something went wrong here. The demo's log says where."), print_exception=False) from None


def keep_messages_out_of_logs() -> None:
    """Have the web server's libraries log no more than `place` of an error: their messages quote what clients sent."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_without_message)
    if logging.lastResort is not None:  # prints the records of all loggers that nobody has configured
        logging.lastResort.addFilter(_without_message)


def _without_message(record: logging.LogRecord) -> bool:
    if record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args, record.exc_info, record.exc_text = place(record.exc_info[1]), (), None, None
    return True
