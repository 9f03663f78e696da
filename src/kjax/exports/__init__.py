"""Functions taken elsewhere: as programs of StableHLO and ONNX, and as pictures."""
