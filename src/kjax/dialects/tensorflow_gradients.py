"""`tf.gradients`, and what programs do with gradients: their norms, limits for them.

A gradient by a tensor of which only rows are picked is an `IndexedSlices`. The norm of such a one is that of its rows,
of which several may be of one position: TensorFlow does not add them up before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.gradients import slopes_by_rows
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.dialects.tensorflow_tape import gives_zeros
from kjax.machine.errors import shown
from kjax.ops import elementwise
from kjax.sparse.slices import IndexedSlices, in_slices


def _gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: Any = "gradients",
    gate_gradients: bool = False,  # (these two are about speed and memory)
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "NONE",
) -> Any:
    zeros = gives_zeros(unconnected_gradients, "tf.gradients()")
    losses, wanted = _tensors(ys, "ys"), _tensors(xs, "xs")
    for loss in losses:
        if loss._value is not None and type(loss) is Tensor:
            raise ValueError(
                f"tf.gradients(): ys holds a value ({shown(loss)}), computed eagerly, which does not remember what it "
                "was computed from. Build it in a graph or a tf.function, or use tf.GradientTape"
            )
    given = _list(grad_ys) if grad_ys is not None else [None] * len(losses)
    if len(given) != len(losses):
        raise ValueError(f"tf.gradients(): there are {len(losses)} ys, but {len(given)} grad_ys")
    weights = [
        K.ones_like(y) if g is None else as_tensor(g, y.dtype, "tf.gradients(): grad_ys")
        for y, g in zip(losses, given, strict=True)
    ]
    stops = {t._node for t in _tensors([] if stop_gradients is None else stop_gradients, "stop_gradients")} - {None}
    found = slopes_by_rows(losses, wanted, weights if grad_ys is not None else (), lambda node: node not in stops)
    slopes = in_slices(wanted, found)
    if zeros:
        slopes = [convert_to_tensor(K.zeros_like(x)) if g is None else g for x, g in zip(wanted, slopes, strict=True)]
    return slopes


def _v1_gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: Any = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = "NONE",
) -> Any:
    return _gradients(ys, xs, grad_ys, stop_gradients=stop_gradients, unconnected_gradients=unconnected_gradients)


def _list(value: Any) -> list[Any]:
    return [*value] if isinstance(value, (list, tuple, range)) else [value]


def _tensors(value: Any, name: str) -> list[Tensor]:
    tensors = _list(value)
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"tf.gradients(): {name} must be tensors; got {shown(tensor)}")
    return tensors


# --------------------------------------------------------------------------------------------------- norms and limits


def _elements(gradient: Any) -> Tensor:
    """The tensor that a gradient's norm is taken of."""
    return gradient.values if isinstance(gradient, IndexedSlices) else convert_to_tensor(gradient)


def _changed(gradient: Any, change: Callable[[Tensor], Any]) -> Any:
    """A gradient with a change made to its elements."""
    return gradient.mapped(change) if isinstance(gradient, IndexedSlices) else change(convert_to_tensor(gradient))


def limited_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: Any = None) -> Any:
    """`tf.clip_by_value`: elements within bounds; of `IndexedSlices` the rows, each by itself."""
    return _changed(t, lambda elements: K.clip(elements, clip_value_min, clip_value_max))


def limited_by_norm(t: Any, clip_norm: Any, axes: Any = None, name: Any = None) -> Any:
    """`tf.clip_by_norm`: a tensor or `IndexedSlices`, scaled so that its norm is `clip_norm` at most."""
    return _changed(t, lambda elements: _of_norm(elements, clip_norm, axes))


def _of_norm(t: Tensor, clip_norm: Any, axes: Any) -> Any:
    clip_norm = as_tensor(clip_norm, t.dtype)
    squares = K.sum(elementwise.square(t), axes, True)
    some = K.greater(squares, 0)
    # (The square root of 0 has no gradient.)
    norm = ops.where(some, ops.sqrt(ops.where(some, squares, K.ones_like(squares))), squares)
    clipped = elementwise.divide(elementwise.multiply(t, clip_norm), K.maximum(norm, clip_norm))
    if not clipped.shape.is_compatible_with(t.shape):
        raise ValueError(f"tf.clip_by_norm: clip_norm of shape {clip_norm.shape} does not go with t of {t.shape}")
    return clipped


def _length(where: str, t_list: Any) -> Any:
    """The Euclidean norm of all elements of several tensors."""
    if not isinstance(t_list, Sequence) or isinstance(t_list, str):
        raise TypeError(f"{where}: t_list must be a list of tensors; got {t_list!r}")
    squares = [K.sum(elementwise.square(_elements(t))) for t in t_list if t is not None]
    return ops.sqrt(reduce(elementwise.add, squares)) if squares else convert_to_tensor(0.0)


def _clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None, name: Any = None) -> tuple[Any, Any]:
    norm = _length("tf.clip_by_global_norm", t_list)
    if use_norm is not None:
        norm = as_tensor(use_norm)
    clip_norm = as_tensor(clip_norm, norm.dtype)
    scale = clip_norm * K.minimum(1 / norm, 1 / clip_norm)
    # Where the norm is infinite or NaN, so is everything.
    scale = ops.where(ops.is_finite(norm), scale, as_tensor(np.nan, norm.dtype))
    return [None if t is None else _changed(t, lambda part: part * K.cast(scale, part.dtype)) for t in t_list], norm


def _clip_by_average_norm(t: Any, clip_norm: Any, name: Any = None) -> Any:
    t = convert_to_tensor(t)
    clip_norm = as_tensor(clip_norm, t.dtype)
    size = K.cast(K.prod(K.shape(t)), t.dtype)
    inverse = 1 / ops.sqrt(K.sum(elementwise.square(t)))
    return t * clip_norm * K.minimum(inverse * size, 1 / clip_norm)


_BOTH: Table = {
    "IndexedSlices": IndexedSlices,
    "clip_by_global_norm": _clip_by_global_norm,
    "clip_by_norm": limited_by_norm,
    "clip_by_value": limited_by_value,
}
LINALG: Table = {"global_norm": lambda t_list, name=None: _length("tf.linalg.global_norm", t_list)}
TF: Table = {**_BOTH, "gradients": _gradients}
V1: Table = {**_BOTH, **LINALG, "clip_by_average_norm": _clip_by_average_norm, "gradients": _v1_gradients}

give_names({"tensorflow": TF, "tensorflow.compat.v1": V1, "tensorflow.linalg": LINALG}, __name__)
