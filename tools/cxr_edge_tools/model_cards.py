"""Model cards, written from what was measured: ``docs/model_cards/NAME.md`` of every bundled model.

``python -m cxr_edge_tools.model_cards`` writes them again. Nothing in them is typed: figures come from the card inside
the model file and from ``results/NAME``. The front matter is that of Hugging Face; the headings follow TRIPOD+AI
(Collins et al., BMJ 2024) and CLAIM (Tejani et al., Radiol Artif Intell 2024), whose items they name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cxr_edge import Classifier, ModelCard, list_models
from cxr_edge.results.whole_files import replacing
from cxr_edge.store import BundledModel
from cxr_edge_tools.card_shortcuts import limits, shortcuts
from cxr_edge_train.evaluation.markdown import interval, percent, table

ROOT = Path(__file__).parents[2]
CARDS = ROOT / "docs/model_cards"


def main() -> None:
    """Write the card of every bundled model."""
    CARDS.mkdir(exist_ok=True)
    for model in list_models():
        path = CARDS / f"{model.name}.md"
        with replacing(path) as file:
            file.write(model_card(model, ROOT / "results" / model.name))
        print(path)


def model_card(model: BundledModel, results: Path) -> str:
    """The card as Markdown. Parts whose record is missing in `results` are left out.

    Args:
        model: a bundled one.
        results: folder of its evidence.
    """
    card = Classifier.load(model.name).card
    record = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))}
    parts = [
        _front_matter(card),
        f"# {card.name}, version {card.version}\n\n{card.summary}. Written by `python -m cxr_edge_tools.model_cards`.",
        f"## Intended use (TRIPOD+AI 3, CLAIM 4)\n\n{card.intended_use}",
        shortcuts(record),
        _data(card, record),
        _model(card, model),
        _performance(card, record),
        _subgroups(record),
        _other_hospitals(record),
        _quality(record),
        _parity(card, record),
        limits(record),
        _licences(card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(card: ModelCard) -> str:
    auc = card.metrics["test"]["auc"]["value"]
    return f"""\
---
license: apache-2.0
library_name: onnx
pipeline_tag: image-classification
tags: [chest-x-ray, pneumonia, paediatric, onnxruntime, {card.quantization["method"]}-quantization]
metrics: [roc_auc, accuracy]
model-index:
- name: {card.name}
  results:
  - task: {{type: image-classification}}
    dataset: {{type: chest-xray-pneumonia, name: "Kermany et al. 2018, published test split"}}
    metrics: [{{type: roc_auc, value: {auc:.4f}}}]
---"""


def _data(card: ModelCard, record: dict[str, Any]) -> str:
    training = card.training
    return f"""\
## Data (TRIPOD+AI 5 to 9, CLAIM 7 to 14)

{training["data"]}. Frontal films of children aged 1 to 5 of one hospital in Guangzhou; label by two physicians,
checked by a third. The split keeps all films of a patient on one side; the list of all films with their sha256 has the
sha256 `{training["manifest_sha256"]}`
(`manifest.csv`). Byte-identical and nearly identical films were looked for across the parts
(`python -m cxr_edge_train.data.duplicates`): none crosses."""


def _model(card: ModelCard, model: BundledModel) -> str:
    recipe = card.training["recipe"]
    settings = [
        (name, " × ".join(map(str, value)) if name.endswith("size") else _words(value))
        for name, value in recipe.items()
        if name != "augmentation"
    ]
    used, megabytes = len(card.quantization.get("calibration_films", [])), model.path.stat().st_size / 1e6
    how = {key: value for key, value in card.quantization.items() if key != "calibration_films"}
    return f"""\
## Model and training (TRIPOD+AI 12, CLAIM 20 to 26)

{recipe["network"]} on {" × ".join(map(str, card.input_size))} grey pixels, {megabytes:.2f} MB, sha256
`{model.sha256}`. Quantization: {_words(how)}; {used} calibration films.

{table(("setting", "value"), settings)}

Views drawn at random in training: {_words(recipe["augmentation"])}.

Versions: {_words(card.training["versions"])}."""


def _performance(card: ModelCard, record: dict[str, Any]) -> str:
    rows = [
        (name.replace("_", " "), *(interval(card.metrics[part][name]) for part in card.metrics))
        for name in ("auc", "accuracy", "sensitivity", "specificity", "expected_calibration_error", "brier")
    ]
    text = f"""\
## Performance (TRIPOD+AI 23, CLAIM 33 to 37)

Of this file, at the threshold {card.threshold:.4f} ({card.operating_points[0].name}, chosen on
{card.operating_points[0].chosen_on}). 95 % intervals: DeLong for AUC, Wilson for shares, bootstrap for calibration.

{table(("", *(f"{part}, {card.metrics[part]['films']} films" for part in card.metrics)), rows)}"""
    if "evidence" in record:
        test = record["evidence"]["test"]
        rows = []
        for name, point in test["operating points"].items():
            values = [f"{v['ppv']['value']:.2f} / {v['npv']['value']:.3f}" for v in point["predictive values"]]
            figures = (interval(point["sensitivity"]), interval(point["specificity"]))
            rows.append((f"{name} ({point['threshold']:.3f})", *figures, *values))
        head = ("operating point (threshold)", "sensitivity", "specificity", *(
            f"PPV / NPV at {v['prevalence']:.0%}" for v in point["predictive values"]))  # fmt: skip
        text += f"\n\nOn the test films:\n\n{table(head, rows)}\n\n"
        text += f"Too close to call: {percent(test['decisions']['too close to call'])} of the test films; marked for "
        text += f"quality: {percent(test['decisions']['marked for quality'])}.\n\n"
        text += f"![ROC, reliability, decision curve](../../results/{card.name}/curves.png)"
    if "folds" in record:
        folds = record["folds"]["test"]
        rows = [(name.replace("_", " "), f"{v['mean']:.4f}", f"{v['sd']:.4f}") for name, v in folds.items()]
        text += f"\n\n{len(folds['auc']['runs'])} networks of this recipe, each without another part of the patients, "
        text += f"before quantization:\n\n{table(('test films', 'mean', 'standard deviation'), rows)}"
    return text


def _subgroups(record: dict[str, Any]) -> str:
    if "evidence" not in record:
        return ""
    rows = []
    for kind, row in record["evidence"]["test"]["subgroups"].items():
        side = "sensitivity" if "sensitivity" in row else "specificity"
        rows.append((kind, row["films"], f"{side} {interval(row[side])}", interval(row["auc against the other class"])))
    written = table(("test films", "films", "right at the threshold", "AUC against the other class"), rows)
    return f"## Subgroups (TRIPOD+AI 23b)\n\nAge and sex are not published with these films.\n\n{written}"


def _other_hospitals(record: dict[str, Any]) -> str:
    if "evidence" not in record:
        return ""
    rows, local = [], ""
    for name, row in record["evidence"]["other hospitals"].items():
        if "auc" in row:
            sides = (interval(row["sensitivity"]), interval(row["specificity"]))
            rows.append(
                (name, row["films"], interval(row["auc"]), *sides, percent(row["decisions"]["marked for quality"]))
            )
            continue
        lines = [(key, *(interval(value[s]) for s in ("sensitivity", "specificity"))) for key, value in row.items()
                 if isinstance(value, dict)]  # fmt: skip
        local = f"\n\n{name}: thresholds from {row['chosen on']} of the films, measured on the other "
        local += f"{row['measured on']}.\n\n{table(('threshold', 'sensitivity', 'specificity'), lines)}"
    head = ("films, mostly of adults", "films", "AUC", "sensitivity", "specificity", "marked for quality")
    return f"""\
## Other hospitals (TRIPOD+AI 23, CLAIM 35)

Never trained, tuned or chosen on; at the model's own threshold. These patients are outside the intended use: the
fall is shown, the use not recommended.

{table(head, rows)}{local}"""


def _quality(record: dict[str, Any]) -> str:
    if "quality_gate" not in record:
        return ""
    rows = [(name, row["films"], percent(row["flagged"])) for name, row in record["quality_gate"]["sets"].items()]
    return f"## Films that it should not answer\n\n{table(('pictures', 'films', 'marked'), rows)}"


def _parity(card: ModelCard, record: dict[str, Any]) -> str:
    def row(name: str, p: dict[str, Any]) -> tuple[object, ...]:
        differences = (f"{p[key]:.2g}" for key in ("max_difference", "mean_difference"))
        return (name, *differences, p["decisions_changed"], p.get("films", ""))

    rows = [row(f"{part} films, against the Keras original", p) for part, p in card.parity.items()]
    if "other_cpus" in record:
        other = record["other_cpus"]
        for cpu, p in other["cpus"].items():
            if "skipped" not in p:
                rows.append(row(f"{other['source']}, emulated {cpu}", {**p, "films": other["films"]}))
    return f"## Parity\n\n{table(('', 'max Δp', 'mean Δp', 'decisions changed', 'films'), rows)}"


def _licences(card: ModelCard) -> str:
    return f"## Licences\n\n{table(('of', 'licence'), list(card.licences.items()))}"


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_words(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return " to ".join(map(str, value)) if len(value) == 2 else ", ".join(map(str, value)) or "none"
    return str(value)


if __name__ == "__main__":
    main()
