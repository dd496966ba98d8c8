"""``cxr-edge export``: a training run to fp32 and int8 ONNX files with cards."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

HELP = "export a training run to ONNX, fp32 and int8"
EXTRA = "export"
NEEDS = ("tensorflow", "tf2onnx", "onnx", "sklearn", "scipy")
EPILOG = """\
Writes RUN/export. Both files are compared with the Keras original on the same films; one that fails its parity gate is
written as rejected-… without the hash that loading needs, and the exit status is 1.

example:
  cxr-edge export runs/default"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder of a finished `cxr-edge train`")
    parser.add_argument("--data", type=Path, help="the films it was trained on (default: $CXR_EDGE_DATA/chest_xray)")
    parser.add_argument("--name", help="of the model (default: network and input size)")
    parser.add_argument("--model-version", default="1", help="of the model (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Export; 1 if a file failed its parity gate."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up notices
    from cxr_edge_train.data.films import data_folder

    data = data_folder(args.data)  # before TensorFlow takes its seconds to load
    from cxr_edge_export.release import export

    exported = export(args.folder, data, args.name, args.model_version)
    return int(any(done.failures for done in exported.values()))
