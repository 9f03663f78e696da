"""Choices as Keras 2.3.1 on TensorFlow 1.15 makes them: by rows, by the learning phase, at a threshold."""

from typing import Any

import numpy as np

from kjax import backend as K
from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Array, Condition, as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.ops.elementwise import cast

__all__ = ["in_test_phase", "in_train_phase", "relu", "switch"]

# -------------------------------------------------------------------------------------------------------------- switch


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two tensors, or of their rows, or of their elements.

    Args:
        condition: a bool or number, or a tensor of them: where it is not 0, the first one is chosen.
        then_expression: a tensor, or a function without arguments that gives one.
        else_expression: another of the same dtype, or a function that gives it.

    Returns:
        For a condition with one dim: a tensor whose rows are those of the one or of the other, so that it must have as
        many elements as they have rows. Otherwise as `kjax.backend.switch`.

    Raises:
        TypeError: the branches are of different dtypes.
        ValueError: the condition is of higher rank than the branches, or shapes don't go together.

    Source: `keras.backend.switch`, Keras 2.3.1. Differs: branches may broadcast, and the condition be a plain value.

    >>> x = K.constant([[1., 2.], [3., 4.]])
    >>> K.eval(switch(K.sum(x, axis=1) > 5, x, -x)).tolist()
    [[-1.0, -2.0], [3.0, 4.0]]
    """
    condition = as_tensor(condition, where="switch(): condition")
    if condition.shape.rank != 1:
        return K.switch(condition, then_expression, else_expression)
    if condition.dtype != "bool":
        condition = cast(condition, "bool")
    then, otherwise = (part() if callable(part) else part for part in (then_expression, else_expression))
    like = next((part.dtype for part in (then, otherwise) if isinstance(part, Tensor)), None)
    return _rows(condition, as_tensor(then, like, "switch()"), as_tensor(otherwise, like, "switch()"))


def _rows_shape(where: str, condition: Tensor, then: Tensor, otherwise: Tensor) -> Shape:
    whole = shapes.broadcast(where, then.shape, otherwise.shape)
    if whole.rank is None:
        return whole
    if not whole.rank:
        raise ValueError(f"{where}: condition has one dim, and the branches have none")
    count, rows = condition.shape[0], whole[0]
    if count is not None and rows is not None and count != rows:
        raise ValueError(f"{where}: a condition of {count} elements can't choose among {rows} rows")
    return Shape((count if rows is None else rows, *whole[1:]))


@op(name="switch", shape=_rows_shape, label="Select")
def _rows(xp, condition: Condition, then: Array, otherwise: Array):
    dims: tuple[int, ...] = np.broadcast_shapes(then.shape, otherwise.shape)
    if dims[:1] != condition.shape:
        raise ValueError(f"a condition of shape {condition.shape} can't choose among the rows of {dims}")
    return xp.where(condition.reshape(condition.shape + (1,) * (len(dims) - 1)), then, otherwise)


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` while training, `alt` while testing.

    Args:
        x: a tensor, or a function without arguments that gives one.
        alt: what is taken while testing, likewise.
        training: whether training is on: 0, 1, a bool or a tensor; None is the learning phase.

    Returns:
        As `kjax.backend.in_train_phase`; for a tensor `training` as `switch`.

    Raises:
        TypeError: symbolic `x` and `alt` are of different dtypes.
        ValueError: `training` is none of the above.

    Source: `keras.backend.in_train_phase`, Keras 2.3.1.

    >>> in_train_phase(lambda: 'training', 'testing', training=1)
    'training'
    """
    if isinstance(training, Tensor) and training.shape.rank:
        return switch(training, x, alt)
    return K.in_train_phase(x, alt, training)


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """`x` while testing, `alt` while training.

    Args:
        x: a tensor, or a function without arguments that gives one.
        alt: what is taken while training, likewise.
        training: whether training is on: 0, 1, a bool or a tensor; None is the learning phase.

    Returns:
        As for `in_train_phase`, with `x` and `alt` exchanged.

    Raises:
        TypeError: symbolic `x` and `alt` are of different dtypes.
        ValueError: `training` is none of the above.

    Source: `keras.backend.in_test_phase`, Keras 2.3.1.

    >>> in_test_phase('testing', 'training', training=1)
    'training'
    """
    return in_train_phase(alt, x, training)


# ---------------------------------------------------------------------------------------------------------------- relu


def relu(x: Any, alpha: Any = 0.0, max_value: Any = None, threshold: Any = 0.0) -> Any:
    """Elementwise rectified linear unit, of which slope and bounds may be tensors.

    Args:
        x: a tensor of floats or integers.
        alpha: the slope below the threshold: a number, or a tensor that broadcasts against `x`.
        max_value: the largest value of the result, likewise, or None for no limit.
        threshold: where the result begins to be `x`, likewise.

    Returns:
        As `kjax.backend.relu`.

    Raises:
        TypeError: a dtype is not accepted, or the dtypes differ.

    Source: `keras.backend.relu`, Keras 2.3.1. Differs: a slope that is a tensor does without a bound, too.

    >>> K.eval(relu([-1., 2., 9.], K.constant(0.5), max_value=6.)).tolist()
    [-0.5, 2.0, 6.0]
    """
    if not any(isinstance(part, Tensor) or np.ndim(part) for part in (alpha, max_value, threshold)):
        return K.relu(x, alpha, max_value, threshold)
    x = as_tensor(x, where="relu(): x")
    alpha, max_value, threshold = (
        as_tensor(part, x.dtype, "relu()") if isinstance(part, Tensor) or np.ndim(part) else part
        for part in (alpha, max_value, threshold)
    )
    cut = isinstance(threshold, Tensor) or threshold != 0
    bounded = isinstance(max_value, Tensor)
    kept = x * cast(K.greater(x, threshold), x.dtype) if cut else None
    result = K.relu(x, max_value=None if bounded else max_value) if kept is None else kept
    if bounded or (cut and max_value is not None):
        result = K.clip(result, 0, max_value)
    if isinstance(alpha, Tensor) or alpha != 0:
        result = result - alpha * K.relu(threshold - x if cut else -x)
    return result
