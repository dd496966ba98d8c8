"""``python -m cxr_edge_tools.outputs OUT [--python PYTHON] [--run RUN]``: outputs of every kind, made anew.

OUT is replaced. What PYTHON's environment lacks the packages for is left out and named.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from cxr_edge_tools.outputs import of_commands, of_demo, of_evaluation, of_node
from cxr_edge_tools.outputs.workshop import Workshop

ROOT = Path(__file__).parents[3]
_VERSION = "import cxr_edge; print(cxr_edge.__version__)"


def main(arguments: list[str] | None = None) -> None:
    """Make them, and ``made_by.json`` with version, commit and date beside them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="of the environment to ask")
    parser.add_argument("--run", type=Path, default=ROOT / "results/lungs-96", help="a training run of that version")
    parser.add_argument("--commit", help="that version's; by default this checkout's")
    args = parser.parse_args(arguments)
    out = args.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(args.python.absolute(), Path(folder), out)
        shop.fill()
        of_commands.make(shop)
        if shop.has("sklearn"):
            of_evaluation.make(shop, args.run.resolve())
        if shop.has("gradio"):
            of_demo.make(shop)
        if shop.has("pynetdicom", "cxr_edge_node"):
            of_node.make(shop)
        describe = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
        made_by = {
            "version": shop.ran([shop.python, "-c", _VERSION]).strip(),
            "commit": args.commit or shop.ran(describe).strip(),
            "date": datetime.now(timezone.utc).date().isoformat(),
            "models": [model["name"] for model in json.loads(shop.cxr_edge("models", "--format", "json"))["models"]],
        }
    shop.keep_value("made_by.json", made_by)
    size = sum(file.stat().st_size for file in out.iterdir())
    print(f"{len(list(out.iterdir()))} files, {size:,} bytes, of cxr-edge {made_by['version']} ({made_by['commit']})")
    lacking = [name for name in ("pydicom", "sklearn", "gradio", "pynetdicom") if not shop.has(name)]
    if lacking:
        print(f"left out what needs {', '.join(lacking)}")


if __name__ == "__main__":
    main()
