"""Keras to ONNX to int8, parity with the original, and the card inside the model. Needs the extra ``export``."""

from cxr_edge.session import silence_telemetry

silence_telemetry()  # here, because the modules below import ONNX Runtime's quantization
