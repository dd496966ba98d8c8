"""What reads records needs no TensorFlow: a process in which Keras and TensorFlow cannot be imported."""

import json
import subprocess
import sys

import numpy as np

BLOCKED = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("keras", "tensorflow", "h5py"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Refuse())
"""


def run_without_keras(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED + code, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_run(run, recipe, logits):
    """A finished run as `cxr-edge train` leaves it, of which nothing was kept that needs Keras."""
    run.mkdir(parents=True)
    record = {"run": {"recipe": recipe, "manifest_sha256": "0"}, "versions": {}, "math": "fp32"}
    (run / "recipe.json").write_text(json.dumps(record))
    (run / "history.csv").write_text("epoch,accuracy,auc,loss,val_accuracy,val_auc,val_loss\n0,1,1,0.1,1,1,0.1\n")
    rows = [
        f"{part},{part}{recipe.get('fold', '')}{i},{i % 2},{z:.6f},0.5"
        for part in ("validation", "test")
        for i, z in enumerate(logits)
    ]
    (run / "predictions.csv").write_text("\n".join(["part,sha256,label,logit,probability", *rows]) + "\n")
    (run / "metrics.json").write_text("{}")
    return run


def logits():
    return np.random.default_rng(0).standard_normal(60) + 3 * (np.arange(60) % 2) - 1.5


def test_modules_that_read_records_import():
    run_without_keras(
        "import cxr_edge_train.learning.folds, cxr_edge_train.learning.run_folder, cxr_edge_train.reference.collect\n"
        "import cxr_edge_train.cli.train, cxr_edge_train.cli.evaluate, cxr_edge_train.cli.pool\n"
        "import cxr_edge_train.reference.published_figures\n"
        "from cxr_edge_train.reference.registry import REFERENCE\n"
        "from cxr_edge_train.reference.reference_recipe import reference_recipe\n"
        "assert REFERENCE['a1_baseline'].parameters == 453_473\n"
        "assert len(REFERENCE) == 10\n"
        "assert reference_recipe('a5_vgg19', 'pooled').to_dict()['protocol'] == 'pooled'\n"
    )


def test_folds_are_pooled(tmp_path):
    runs = [
        write_run(tmp_path / str(fold), {"fold": fold, "validation": 0.5, "seed": 1}, logits()) for fold in range(2)
    ]
    code = "from cxr_edge.cli.main import main\nsys.exit(main(['pool', *sys.argv[1:]]))"
    assert json.loads(run_without_keras(code, *runs))["films"] == 120
    assert (runs[0] / "confusion.png").is_file()


def test_finished_runs_are_collected(tmp_path):
    old = {"network": "a1_baseline", "protocol": "published", "epochs_run": 30}  # from before recipes named their kind
    write_run(tmp_path / "published/a1_baseline", old, logits())
    code = (
        "import json\nfrom pathlib import Path\nfrom cxr_edge_train.reference.collect import collect\n"
        "print(json.dumps(collect(Path(sys.argv[1]))))"
    )
    (model,) = json.loads(run_without_keras(code, tmp_path))["models"]
    assert (model["model"], model["kind"], model["epochs_run"]) == ("a1_baseline", "reference", 30)
    assert model["metrics"]["test"]["films"] == 60
