"""Kernels for JAX or NumPy alone, where the gradient or the speed of the common kernel does not do."""
