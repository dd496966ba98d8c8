"""The only place that imports ONNX Runtime and builds a session."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cxr_edge.errors import ModelIntegrityError

if TYPE_CHECKING:
    import onnxruntime

INPUT = "film"
OUTPUTS = ("probability", "logit")
HEATMAP, VIEW, LUNGS = "heatmap", "view", "lungs"  # optional outputs


def silence_telemetry() -> None:
    """Keep ONNX Runtime from reporting to its maker, as its official builds do by default.

    Only this environment variable, set before the first import of onnxruntime in the process, stops the uploader and
    the device identifier that it writes to disk; a program that imports onnxruntime earlier has to set it itself.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def open_session(model: bytes, name: str, threads: int = 1) -> onnxruntime.InferenceSession:
    """A CPU session for a model held in memory.

    Args:
        model: the whole ONNX file, already verified.
        name: of the model, for errors.
        threads: within one operator. One is fastest for small networks; waiting threads do not spin, so
            other programs of an old computer keep their cores.

    Raises:
        ModelIntegrityError: not an ONNX model, or one without the graph contract.
    """
    silence_telemetry()
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # the older kind, in Windows builds
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors; they reach the caller as exceptions anyway
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions have no common base
        reason = str(error).splitlines()[0]
        raise ModelIntegrityError(f"{name}: found no usable ONNX model ({reason}); expected one") from None
    check_contract(session, name)
    return session


def check_contract(session: onnxruntime.InferenceSession, name: str) -> None:
    """Raise `ModelIntegrityError` unless inputs and outputs are those of the graph contract."""
    inputs = [i.name for i in session.get_inputs()]
    outputs = {o.name for o in session.get_outputs()}
    if inputs != [INPUT] or not outputs.issuperset(OUTPUTS):
        raise ModelIntegrityError(
            f"{name}: found inputs {inputs} and outputs {sorted(outputs)}; "
            f"expected the input {INPUT} and at least the outputs {', '.join(OUTPUTS)}"
        )
