"""Conformance: what TensorFlow 2.2 does, recorded, and replayed on kjax. See README.md."""
