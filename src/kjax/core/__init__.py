"""Tensors, the graph, operations, updates, gradients and functions: what everything else is said in."""
