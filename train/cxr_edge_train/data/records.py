"""Records on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cxr_edge.results.whole_files import replacing


def write_json(path: Path, value: Any) -> None:
    """Write `value` indented, with a final line break; a kill leaves the old file or the new one, whole."""
    with replacing(path) as file:
        file.write(json.dumps(value, indent=1) + "\n")
