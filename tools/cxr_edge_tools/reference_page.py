"""All runs of the reference models in one record, and the page made from it.

``python -m cxr_edge_tools.reference_page [RUNS]``. With RUNS, which holds PROTOCOL/MODEL for every finished run (and
their ``export`` folders, and ``faults.json``), these take their places in ``results/reference_models.json`` first. Then
``docs/reference_models.md`` and its plot are written from that record.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cxr_edge.results.whole_files import replacing
from cxr_edge_tools.notebook_faults import notebook_faults
from cxr_edge_tools.reference_plot import plot_learning_curves, plot_reference_models
from cxr_edge_tools.reference_tables import (
    Runs,
    changes_by_int8,
    earlier_runs,
    first_epochs,
    largest_fp32_change,
    learning_curves,
    of_other_seeds,
    parity_with_originals,
    performance,
)
from cxr_edge_train.data.records import write_json
from cxr_edge_train.evaluation.markdown import interval
from cxr_edge_train.reference.collect import collect, merged

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "results/reference_models.json"
PAGE = ROOT / "docs/reference_models.md"
AGAIN = """A run, and what becomes of it here (a stopped one goes on; `--epochs` shortens it, `--bfloat16` multiplies
faster where the CPU can; both are recorded):

```sh
cxr-edge train --model a1_baseline --protocol published --run runs/published/a1_baseline
cxr-edge export runs/published/a1_baseline
python -m cxr_edge_train.reference.faults runs/published runs/faults.json
python -m cxr_edge_tools.reference_page runs
```"""


def page(record: dict[str, Any]) -> str:
    """The Markdown page."""
    models = record["models"]
    parts = [
        "# The ten reference models\n\nTwo published notebooks, reproduced, evaluated on one threshold (0.5) with 95 % "
        "intervals (DeLong for AUC, Wilson for shares, bootstrap for the rest), exported and quantized. Written by "
        "`python -m cxr_edge_tools.reference_page` from `results/reference_models.json`, which has every figure.\n\n"
        "The films are 224 × 224 copies of the published ones, so an input of 240 pixels is an upscale. Films are "
        "resized by the one filter of this package (bilinear, antialiased); the notebooks did not antialias. On these "
        "copies, which are smaller than the input, the two filters differ by at most one grey level of 255.",
        AGAIN,
    ]
    for protocol, title in TITLES.items():
        rows = [m for m in models if m["protocol"] == protocol]
        if rows:
            parts.append(f"## {title}\n\n{performance(rows)}")
    parts.append(
        "“Within” means that the published figure lies in the interval around ours. Epochs: run / published.\n\n"
        f"{_at_published_sensitivity(models)}"
        f"{_shortcuts(models)}"
        "![ROC areas and accuracies](reference_models.png)"
    )
    if any(m["protocol"] == "pooled" for m in models):
        curves = "![Accuracies by epoch](reference_curves.png)"
        parts.append(f"## How the pooled runs went\n\n{learning_curves(models)}\n\n{curves}")
    if record.get("first_epochs"):
        parts.append(
            "Products in bfloat16 change the first epoch's validation loss by less than another seed does:\n\n"
            f"{first_epochs(record['first_epochs'])}"
        )
    if record["other_seeds"]:
        parts.append(f"Other seeds of weights, order and augmentation, on the same films:\n\n{of_other_seeds(record)}")
    for protocol, title in TITLES.items():
        exported = [m for m in models if m["protocol"] == protocol and m["files"]]
        if exported:
            parts.append(
                f"## Parity with the Keras originals: {title[0].lower()}{title[1:]}\n\n"
                f"{parity_with_originals(exported)}\n\n"
                "What the int8 file changes of the other metrics (paired, 95 % intervals). What fp32 changes most is "
                f"changed by {largest_fp32_change(exported):.1e}.\n\n{changes_by_int8(exported)}"
            )
    if record["earlier_runs"]:
        parts.append(f"## Earlier, shorter runs that these replaced\n\n{earlier_runs(record)}")
    if record["faults"]:
        parts.append(f"## The faults of the notebooks, shown and mended\n\n{notebook_faults(record['faults'])}")
    return "\n\n".join(parts) + "\n"


def _at_published_sensitivity(models: Runs) -> str:
    """Of pooled runs whose specificity is lower than published: what it is at the published sensitivity."""
    sentences = [
        f"{m['model']} finds more sick films than published, and calls more normal ones sick. At the published "
        f"sensitivity of {m['published']['sensitivity']:.3f} its specificity is "
        f"{interval(m['specificity_at_published_sensitivity'])}; {m['published']['specificity']:.3f} was printed.\n\n"
        for m in models
        if m["protocol"] == "pooled"
        and "specificity_at_published_sensitivity" in m
        and m["against_published"]["specificity"] == "worse"
        and m["against_published"]["sensitivity"] == "better"
    ]
    return "".join(sentences)


def _shortcuts(models: Runs) -> str:
    told = {
        f"{m['model']}: augmentation is {m['augmentation']}; not trained: {m['not_trained']}."
        for m in models
        if "not_trained" in m
    }
    coarse = [f"{m['model']} ({m['protocol']})" for m in models if m["math"] in ("bfloat16", "BF16")]
    if coarse:
        told.add(f"Products in bfloat16, on a CPU that has them, in training alone: {', '.join(coarse)}.")
    return "".join(f"{text}\n\n" for text in sorted(told))


TITLES = {
    "published": "The published split (624 test films)",
    "pooled": "Pooled, as series A did: films of one patient on both sides",
    "pooled-grouped": "Pooled, with patients kept together",
}


def main(runs: Path | None = None) -> None:
    """Collect if asked, then write the page."""
    if runs:
        write_json(RECORD, merged(json.loads(RECORD.read_text(encoding="utf-8")), collect(runs)))
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    with replacing(PAGE) as file:
        file.write(page(record))
    plot_reference_models(record, PAGE.with_suffix(".png"))
    plot_learning_curves(record, PAGE.with_name("reference_curves.png"))
    print(f"wrote {PAGE} of {len(record['models'])} runs")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
