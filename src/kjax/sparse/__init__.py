"""Sparse tensors: a composite of three tensors.

`tensor` is the class, `values` the forms in which values come, `operations` what operations do with one, `feeding` its
placeholders, `labels` a function that makes one.
"""

from kjax.sparse import feeding  # noqa: F401  (with it comes what operations and placeholders do)
from kjax.sparse.tensor import SparseTensor
from kjax.sparse.values import SparseTensorValue

__all__ = ["SparseTensor", "SparseTensorValue"]
