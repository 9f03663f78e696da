"""Ranking: the greatest elements, whether the target is among the greatest predictions, permutations."""

from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Float, Index, Real
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import require
from kjax.ops.shaping import Size, integers


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
    if (predictions.ndim, targets.ndim, k.ndim) != (2, 1, 0) or predictions.shape[0] != targets.shape[0]:
        raise ValueError("predictions must be of shape (batch, classes), targets (batch,), k a scalar")
    classes = predictions.shape[1]
    if 0 in predictions.shape:
        return xp.zeros(targets.shape, bool)
    inside = (targets >= 0) & (targets < classes)
    chosen = predictions[xp.arange(targets.shape[0]), xp.where(inside, targets, np.zeros((), targets.dtype))][:, None]
    # In one pass: an infinity or NaN counts for all classes and one more.
    better = xp.where(xp.isfinite(predictions), (predictions > chosen).astype(np.int32), np.int32(classes + 1))
    found = better.sum(1, dtype=np.int64)
    return inside & (found < k) & (found <= classes)


def _greatest(where: str, input: Tensor, k: Any) -> list[Shape]:
    count = shapes.known_int(k)
    if input.shape.rank is None:
        return [shapes.UNKNOWN] * 2
    if not input.shape.rank:
        raise ValueError(f"{where}: input must be of rank 1 at least; got a scalar")
    last = input.shape[-1]
    if count is not None and (count < 0 or (last is not None and count > last)):
        raise ValueError(f"{where}: k must be from 0 to {last}, the length of the last axis; got {count}")
    return [Shape((*input.shape[:-1], count))] * 2


@op(shape=_greatest, out=lambda input, k: [input.dtype, as_dtype("int32")], label="TopKV2")
def top_k(xp, input: Real, k: Size):
    """The greatest elements along the last axis, in descending order, and their indices.

    Args:
        input: a tensor of floats or integers.
        k: how many: an int or a scalar integer tensor.

    Returns:
        The elements and, as int32, their indices, both of shape `(..., k)`. Of equal ones the first comes first.

    Raises:
        ValueError: there are not as many elements.

    >>> values, places = top_k([3., 1., 4.], 2)
    >>> values.numpy().tolist(), places.numpy().tolist()
    ([4.0, 3.0], [2, 0])
    """
    (k,) = integers(k)
    if not 0 <= k <= input.shape[-1]:
        raise ValueError(f"k must be from 0 to {input.shape[-1]}, the length of the last axis; got {k}")
    if xp is not np:
        import jax

        values, places = jax.lax.top_k(input, k)
        return values, places.astype(np.int32)
    # (turned over twice, so that of equal elements the first comes first)
    upward = np.argsort(input[..., ::-1], -1, kind="stable")[..., ::-1]
    places = (input.shape[-1] - 1 - upward)[..., :k]
    return np.take_along_axis(input, places, -1), places.astype(np.int32)


@op(shape=shapes.same, out=lambda x: x.dtype, differentiable=False)
def invert_permutation(xp, x: Index):
    """The places of 0, 1, 2 ... in a list of them.

    Raises:
        ValueError: a number from 0 up to the length of `x` is missing.

    >>> invert_permutation([2, 0, 1]).numpy().tolist()
    [1, 2, 0]
    """
    if x.ndim != 1:
        raise ValueError(f"x must be of rank 1; got shape {x.shape}")
    whole = (xp.sort(x) == np.arange(len(x))).all()
    require(whole, ValueError(f"x must hold each integer from 0 to {len(x) - 1} once"))
    return xp.argsort(x).astype(x.dtype)
