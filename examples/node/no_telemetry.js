// Imported before ONNX Runtime, which reads it when it is loaded and may report its use otherwise.
process.env.ORT_DISABLE_TELEMETRY = "1";
