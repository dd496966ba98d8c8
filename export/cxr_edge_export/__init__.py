"""Keras to ONNX to int8, parity with the original, and the card inside the model. Needs the extra ``export``."""
