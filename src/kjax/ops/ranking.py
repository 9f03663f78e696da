"""Ranking: whether the target is among the greatest predictions."""

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Float, Index
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor


def _rows(where: str, predictions: Tensor, targets: Tensor, k: Tensor) -> Shape:
    for tensor, name, rank in ((predictions, "predictions", 2), (targets, "targets", 1), (k, "k", 0)):
        if tensor.shape.rank not in (rank, None):
            raise ValueError(f"{where}: {name} must be of rank {rank}; got shape {tensor.shape}")
    rows = None if predictions.shape.rank is None else predictions.shape[0]
    known = None if targets.shape.rank is None else targets.shape[0]
    return Shape((shapes.merge_dim(where, rows, known, "predictions and targets differ in length"),))


@op(shape=_rows, out="bool", label="InTopKV2", differentiable=False)
def in_top_k(xp, predictions: Float, targets: Index, k: Index):
    """Whether the target of each row is among the `k` greatest predictions.

    Args:
        predictions: a tensor of floats, of shape (batch, classes).
        targets: an integer tensor of shape (batch,), the index of the right class in each row.
        k: an integer, or a scalar integer tensor.

    Returns:
        A bool tensor of shape (batch,). Of classes that tie for place `k`, all are counted in. It is False where the
        target is no index of a class, and where any prediction of the row is infinite or NaN.

    Raises:
        TypeError: `predictions` is not of floats, or `targets` or `k` not of integers.
        ValueError: wrong ranks, or different numbers of rows.

    Source: `tf.keras.backend.in_top_k`, TF 2.2. Differs: takes every dtype of floats, and `k` of another dtype than
    the targets.

    >>> in_top_k([[0.1, 0.7, 0.2], [0.5, 0.4, 0.1]], [2, 2], 2).numpy().tolist()
    [True, False]
    """
    if (predictions.ndim, targets.ndim, k.ndim) != (2, 1, 0) or len(predictions) != len(targets):
        raise ValueError("predictions must be of shape (batch, classes), targets (batch,), k a scalar")
    classes = predictions.shape[1]
    if not predictions.size:
        return xp.zeros(targets.shape, bool)
    inside = (targets >= 0) & (targets < classes)
    chosen = predictions[np.arange(len(targets)), xp.where(inside, targets, np.zeros((), targets.dtype))][:, None]
    # In one pass: an infinity or NaN counts for all classes and one more.
    better = xp.where(xp.isfinite(predictions), (predictions > chosen).astype(np.int32), np.int32(classes + 1))
    found = better.sum(1, dtype=np.int64)
    return inside & (found < k) & (found <= classes)
