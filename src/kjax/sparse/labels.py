"""Labels of sequences as a sparse tensor."""

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.foreign import public
from kjax.core.op import op
from kjax.core.operands import Array, Index, Other, as_tensor
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.ops.ctc import dims_of
from kjax.ops.elementwise import cast
from kjax.ops.state import shape as shape_of
from kjax.sparse.tensor import SparseTensor


def _listed(where: str, labels: Tensor, label_lengths: Tensor) -> list[Shape]:
    rows = dims_of(where, labels, "labels", 2)[0]
    lengths = label_lengths.shape
    if lengths.rank is not None:
        if lengths.rank not in (1, 2) or lengths[1:] not in ((), (1,), (None,)):
            raise ValueError(f"{where}: label_lengths must be of shape (samples,); got {lengths}")
        shapes.merge_dim(where, rows, lengths[0], "labels and label_lengths are of different numbers of samples")
    return [Shape((None, 2)), Shape((None,))]


@op(
    name="ctc_label_dense_to_sparse",
    shape=_listed,
    out=lambda labels, label_lengths: [as_dtype("int64"), labels.dtype],
    runs=NUMPY,
)
def _entries(xp, labels: Other, label_lengths: Index):
    """Places and values of the labels that count. Their number depends on the lengths, which must be known."""
    counts = np.asarray(label_lengths).reshape(-1, 1)
    if labels.ndim != 2 or len(counts) != len(labels):
        raise ValueError("labels must be of shape (samples, width), label_lengths of (samples,)")
    indices = np.argwhere(np.arange(labels.shape[1]) < counts)
    return indices, labels[indices[:, 0], indices[:, 1]]


@public
def ctc_label_dense_to_sparse(labels: Array, label_lengths: Array) -> SparseTensor:
    """The labels of sequences without the padding of their rows.

    Args:
        labels: a tensor `(samples, width)` of any dtype.
        label_lengths: a tensor of integers, `(samples,)`: how many labels of each row count.

    Returns:
        A sparse tensor of the shape and dtype of `labels`, with an entry for each label that counts, even if it is 0.
        Their number depends on values, so that a function which makes one of its inputs can't be compiled.

    Raises:
        TypeError: `label_lengths` are no integers.
        ValueError: the shapes don't go together.

    Source: `tf.keras.backend.ctc_label_dense_to_sparse`, TF 2.2, where `label_lengths` must be of int32.

    >>> sparse = ctc_label_dense_to_sparse([[7, 8, 0], [9, 0, 0]], [2, 1])
    >>> sparse.indices.numpy().tolist(), sparse.values.numpy().tolist()
    ([[0, 0], [0, 1], [1, 0]], [7, 8, 9])
    """
    labels = as_tensor(labels, where="ctc_label_dense_to_sparse(): labels")
    indices, values = _entries(labels, label_lengths)
    return SparseTensor.made(indices, values, cast(shape_of(labels), "int64"))
