"""Outputs of the commands that every installation has."""

from __future__ import annotations

import json

from cxr_edge_tools.outputs.workshop import Workshop

_PREDICTIONS = {
    "samples": ("films/drawn_clear.png", "films/drawn_opacity_both.png", "films/drawn_opacity_right_lower.png"),
    "damaged": ("films", "=page.jpg", "missing.png", "--worklist"),
    "heatmap": ("films/drawn_opacity_both.png", "turned.png", "--heatmap", "looked"),
    "accurate": ("films/drawn_opacity_both.png", "--model", "accurate"),
    "prevalence": ("films/drawn_clear.png", "--prevalence", "0.1"),
    "clinic": ("films/drawn_clear.png", "--operating-point", "clinic.json"),
    "dicom": ("golden",),
}
_ALSO_IN_LINES = ("damaged", "heatmap", "dicom")
_CARD = (
    "import onnxruntime as o, sys, cxr_edge.store as s;"
    "[m] = [m for m in s.list_models() if m.alias == sys.argv[1]];"
    "print(o.InferenceSession(str(m.path)).get_modelmeta().custom_metadata_map['cxr_edge.card'])"
)
_FILE = "import cxr_edge, pathlib, sys;print((pathlib.Path(cxr_edge.__file__).parent / sys.argv[1]).read_text('utf-8'))"
_KEPT = 2
"""Films of the golden vectors that are kept."""


def make(shop: Workshop) -> None:
    """Write them all."""
    _calibrate(shop)
    for case, arguments in _PREDICTIONS.items():
        if case == "dicom" and not shop.has("pydicom"):
            continue
        statuses = (1,) if case == "damaged" else (0,)
        names = {"json": "predict", "jsonl": "predict-jsonl", "csv": "predict-csv"}
        for format, name in names.items() if case in _ALSO_IN_LINES else [("json", "predict")]:
            printed = shop.cxr_edge("predict", *arguments, "--format", format, statuses=statuses)
            shop.keep(f"{name}--{case}.{format}", printed)
    shop.cxr_edge("watch", "films", "--once", "--settle", "0", "--csv", "watched.csv", statuses=(1,))
    shop.keep("watch-csv--damaged.csv", (shop.work / "watched.csv").read_text(encoding="utf-8"))
    shop.keep("info--default.json", shop.cxr_edge("info", "--format", "json"))
    shop.keep("info--clinic.json", shop.cxr_edge("info", "--format", "json", "--operating-point", "clinic.json"))
    shop.keep("models--all.json", shop.cxr_edge("models", "--format", "json"))
    shop.keep("selftest--passed.json", shop.cxr_edge("selftest", "--format", "json"))
    shop.keep("bench--short.json", shop.cxr_edge("bench", "--films", "3", "--format", "json"))
    for alias in ("default", "accurate"):
        shop.keep(f"card--{alias}.json", shop.ran([shop.python, "-c", _CARD, alias]))
    shop.keep("model-index--runtime.json", shop.ran([shop.python, "-c", _FILE, "models/index.json"]))
    shop.keep("golden--cut.json", shop.ran([shop.python, "-c", _FILE, "golden/golden.json"]), _cut_golden)


def _calibrate(shop: Workshop) -> None:
    shop.cxr_edge("calibrate", "clinic", "--out", "clinic.json", "--include-flagged")
    shop.keep("operating-point--clinic.json", (shop.work / "clinic.json").read_text(encoding="utf-8"))


def _cut_golden(text: str) -> str:
    """With the first films alone."""
    record = json.loads(text)
    record["films"] = record["films"][:_KEPT]
    files = {film["file"] for film in record["films"]}
    for model in record["models"]:
        model["answers"] = {file: answer for file, answer in model["answers"].items() if file in files}
    return json.dumps(record, indent=1) + "\n"
