"""Elementwise comparisons, and logical operations on their results."""

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Array, Real, Truth
from kjax.core.placement import threads


@op(shape=shapes.elementwise, out="bool", differentiable=False, runs=threads(np.equal))
def equal(xp, x: Array, y: Array):
    """Elementwise `x == y`.

    Args:
        x: a tensor.
        y: a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of bools, of the broadcast shape.

    Source: `tf.keras.backend.equal`, TF 2.2.

    >>> equal([1, 2], [1, 3]).numpy().tolist()
    [True, False]
    """
    return xp.equal(x, y)


@op(shape=shapes.elementwise, out="bool", differentiable=False, runs=threads(np.not_equal))
def not_equal(xp, x: Array, y: Array):
    """Elementwise `x != y`.

    Args:
        x: a tensor.
        y: a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of bools, of the broadcast shape.

    Source: `tf.keras.backend.not_equal`, TF 2.2.

    >>> not_equal([1, 2], [1, 3]).numpy().tolist()
    [False, True]
    """
    return xp.not_equal(x, y)


@op(shape=shapes.elementwise, out="bool", differentiable=False, runs=threads(np.greater))
def greater(xp, x: Real, y: Real):
    """Elementwise `x > y`.

    Args:
        x: a tensor of floats or integers.
        y: a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of bools, of the broadcast shape.

    Source: `tf.keras.backend.greater`, TF 2.2.

    >>> greater([1, 2, 3], 2).numpy().tolist()
    [False, False, True]
    """
    return xp.greater(x, y)


@op(shape=shapes.elementwise, out="bool", differentiable=False, runs=threads(np.greater_equal))
def greater_equal(xp, x: Real, y: Real):
    """Elementwise `x >= y`.

    Args:
        x: a tensor of floats or integers.
        y: a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of bools, of the broadcast shape.

    Source: `tf.keras.backend.greater_equal`, TF 2.2.

    >>> greater_equal([1, 2, 3], 2).numpy().tolist()
    [False, True, True]
    """
    return xp.greater_equal(x, y)


@op(shape=shapes.elementwise, out="bool", differentiable=False, runs=threads(np.less))
def less(xp, x: Real, y: Real):
    """Elementwise `x < y`.

    Args:
        x: a tensor of floats or integers.
        y: a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of bools, of the broadcast shape.

    Source: `tf.keras.backend.less`, TF 2.2.

    >>> less([1, 2, 3], 2).numpy().tolist()
    [True, False, False]
    """
    return xp.less(x, y)


@op(shape=shapes.elementwise, out="bool", differentiable=False, runs=threads(np.less_equal))
def less_equal(xp, x: Real, y: Real):
    """Elementwise `x <= y`.

    Args:
        x: a tensor of floats or integers.
        y: a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of bools, of the broadcast shape.

    Source: `tf.keras.backend.less_equal`, TF 2.2.

    >>> less_equal([1, 2, 3], 2).numpy().tolist()
    [True, True, False]
    """
    return xp.less_equal(x, y)


@op(shape=shapes.elementwise, differentiable=False)
def logical_and(xp, x: Truth, y: Truth):
    """Elementwise `x & y` of bools.

    >>> logical_and([True, True], [True, False]).numpy().tolist()
    [True, False]
    """
    return xp.logical_and(x, y)


@op(shape=shapes.elementwise, differentiable=False)
def logical_or(xp, x: Truth, y: Truth):
    """Elementwise `x | y` of bools.

    >>> logical_or([True, False], [False, False]).numpy().tolist()
    [True, False]
    """
    return xp.logical_or(x, y)


@op(shape=shapes.elementwise, differentiable=False)
def logical_xor(xp, x: Truth, y: Truth):
    """Elementwise `x ^ y` of bools.

    >>> logical_xor([True, True], [True, False]).numpy().tolist()
    [False, True]
    """
    return xp.logical_xor(x, y)


@op(shape=shapes.elementwise, differentiable=False)
def logical_not(xp, x: Truth):
    """Elementwise `~x` of bools.

    >>> logical_not([True, False]).numpy().tolist()
    [False, True]
    """
    return xp.logical_not(x)
