"""Sparse tensors: a composite of three tensors (`tensor`), and what operations do with one (`operations`)."""
