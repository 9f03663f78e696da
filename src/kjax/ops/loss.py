"""Crossentropies: each one kernel for probabilities, and one for logits."""

from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.foreign import public
from kjax.core.op import op
from kjax.core.operands import Array, Axis, Float, Other, as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.kernels import crossentropy, ties
from kjax.kernels.halves import narrowed, widened
from kjax.machine import config
from kjax.machine.checks import require
from kjax.ops.activation import sigmoid, softmax
from kjax.ops.elementwise import cast, clip, identity, log, pow
from kjax.ops.reduction import sum


def _behind(output: Any, activation: Any) -> Any:
    """The node of `activation` whose result `output` is, also through identities; None if there is none."""
    if not isinstance(output, Tensor) or output._value is not None:
        return None
    node = output._node
    while node is not None and node.op is identity.op:  # type: ignore[attr-defined]
        node = node.args[0]._node
    return node if node is not None and node.op is activation.op else None


def _logits(output: Any, axis: Any) -> Any:
    """The logits, if `output` is a symbolic softmax along the last axis (they are more exact than it); else None."""
    node = _behind(output, softmax)
    if node is None:
        return None
    x, softmax_axis = node.args
    last = (-1,) if x.shape.rank is None else (-1, len(x.shape) - 1)
    return x if softmax_axis in last and axis in last else None


def _adapted(target: Any, output: Any) -> Any:
    """The target in the dtype of the logits; without logits TensorFlow does not convert it."""
    if isinstance(target, Tensor) and isinstance(output, Tensor) and target.dtype is not output.dtype:
        return cast(target, output.dtype)
    return target


def _bounds(dtype: Any, epsilon: float) -> tuple[float, float]:
    """Epsilon and 1 - epsilon, rounded to the dtype."""
    if dtype.itemsize > 2:
        return epsilon, 1 - epsilon
    tiny = np.asarray(epsilon, dtype)
    return float(tiny), float(np.asarray(1, dtype) - tiny)


def _one_shape(where: str, target: Tensor, output: Tensor, *rest: Any) -> Shape:
    try:
        return target.shape.merge_with(output.shape)
    except ValueError:
        raise ValueError(
            f"{where}: target and output must have one shape; got {target.shape} and {output.shape}"
        ) from None


# ---------------------------------------------------------------------------------------------------------- categorical


def _without_axis(where: str, target: Tensor, output: Tensor, axis: int, *rest: Any) -> Shape:
    shape = _one_shape(where, target, output)
    if shape.rank is None:
        return shape
    gone = shapes.axis_in(where, axis, shape.rank)
    return Shape((*shape[:gone], *shape[gone + 1 :]))


@op(name="categorical_crossentropy", shape=_without_axis)
def _categorical(xp, target: Float, output: Float, axis: Axis, epsilon):
    if target.shape != output.shape:
        raise ValueError(f"target and output must have one shape; got {target.shape} and {output.shape}")
    output.shape[axis]  # axis must be one integer
    low, high = _bounds(output.dtype, epsilon)
    t, p = widened(target), widened(output)
    p = ties.clipped(xp, p / p.sum(axis, keepdims=True), low, high)
    return narrowed(-(t * xp.log(p)).sum(axis), output.dtype)


@op(name="categorical_crossentropy", shape=_without_axis, jax_kernel=crossentropy.categorical)
def _categorical_of_logits(xp, target: Float, output: Float, axis: Axis):
    if target.shape != output.shape:
        raise ValueError(f"target and output must have one shape; got {target.shape} and {output.shape}")
    output.shape[axis]
    t, z = widened(target), widened(output)
    z = z - z.max(axis, keepdims=True)
    logarithm = np.log(np.exp(z).sum(axis, keepdims=True))
    return narrowed((t * (logarithm - z)).sum(axis), output.dtype)


@public
def categorical_crossentropy(target: Array, output: Array, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Crossentropy between distributions over classes.

    Args:
        target: a tensor of floats: the true distributions. From logits also of another dtype.
        output: a tensor of the same shape and dtype: the predicted distributions, which are divided by their sum and
            clipped to `epsilon()` and `1 - epsilon()`. If it is a symbolic result of `softmax`, the logits are used
            instead.
        from_logits: whether `output` is logits, to which a softmax is still to be applied.
        axis: the axis of the classes.

    Returns:
        A tensor of the shape of `output` without that axis. The gradient with respect to logits assumes
        targets that sum to 1.

    Raises:
        TypeError: not of floats, or of different dtypes.
        ValueError: of different shapes, or there is no such axis.

    Source: `tf.keras.backend.categorical_crossentropy`, TF 2.2.

    >>> categorical_crossentropy([[0., 1.], [1., 0.]], [[0.5, 0.5], [0.9, 0.1]]).numpy().round(2)
    array([0.69, 0.11], dtype=float32)
    """
    if not from_logits:
        logits = _logits(output, axis)
        if logits is None:
            return _categorical(target, output, axis, config._epsilon)
        output = logits
    return _categorical_of_logits(_adapted(target, output), output, axis)


# --------------------------------------------------------------------------------------------------------------- binary


@op(name="binary_crossentropy", shape=shapes.elementwise)
def _binary(xp, target: Float, output: Float, epsilon):
    low, high = _bounds(output.dtype, epsilon)
    p = ties.clipped(xp, widened(output), low, high)
    t = widened(target) if target.__class__ not in (float, int) else target
    return narrowed(-(t * xp.log(p + low) + (1 - t) * xp.log(1 - p + low)), output.dtype)


@op(name="binary_crossentropy", shape=_one_shape, jax_kernel=crossentropy.binary)
def _binary_of_logits(xp, target: Float, output: Float):
    if target.shape != output.shape:
        raise ValueError(f"target and output must have one shape; got {target.shape} and {output.shape}")
    t, z = widened(target), widened(output)
    return narrowed(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))), output.dtype)


@public
def binary_crossentropy(target: Array, output: Array, from_logits: bool = False) -> Tensor:
    """Elementwise crossentropy between truths and probabilities.

    Args:
        target: a tensor of floats: the true labels or probabilities, from 0 to 1.
        output: a tensor of the same dtype, which broadcasts against it: the predicted probabilities, which are clipped
            to `epsilon()` and `1 - epsilon()`. If it is a symbolic result of `sigmoid`, the logits are used instead.
        from_logits: whether `output` is logits, to which a sigmoid is still to be applied; then the shapes must be
            equal.

    Returns:
        A tensor of the broadcast shape.

    Raises:
        TypeError: not of floats, or of different dtypes.
        ValueError: the shapes don't go together.

    Source: `tf.keras.backend.binary_crossentropy`, TF 2.2.

    >>> binary_crossentropy([0., 1.], [0.5, 0.9]).numpy().round(2)
    array([0.69, 0.11], dtype=float32)
    """
    if not from_logits:
        sigmoid_node = _behind(output, sigmoid)
        if sigmoid_node is None:
            return _binary(target, output, config._epsilon)
        output = sigmoid_node.args[0]
    return _binary_of_logits(target, output)


# --------------------------------------------------------------------------------------------------------------- sparse


def _sparse_shape(where: str, output: Tensor, target: Tensor, axis: int, logits: bool, flat: bool, *rest: Any) -> Shape:
    known = output.shape.rank
    rows = shapes.UNKNOWN
    if known is not None:
        axis %= known
        rows = Shape((*output.shape[:axis], *output.shape[axis + 1 :]))
    if flat:
        labels, wanted = target.shape.num_elements(), rows.num_elements()
        if labels is not None and wanted is not None and labels != wanted and not (known == 1 and labels == 1):
            raise ValueError(f"{where}: {_one_label_each(target.shape, output.shape)}")
        if len(output.shape) > 2:
            return rows
        return Shape((1 if known == 1 else labels if rows[0] is None else rows[0],))
    try:
        return target.shape.merge_with(rows)
    except ValueError:
        raise ValueError(f"{where}: {_one_label_each(target.shape, output.shape)}") from None


def _one_label_each(target: Any, output: Any) -> str:
    return f"target must have one label for each distribution in output; got shapes {target} and {output}"


@op(name="sparse_categorical_crossentropy", shape=_sparse_shape, out=lambda output, *rest: output.dtype)
def _sparse(xp, output: Float, target: Other, axis: Axis, logits, flat, epsilon):
    dtype = output.dtype
    wide = xp.moveaxis(widened(output), axis % output.ndim, -1)
    rows, count = wide.shape[:-1], wide.shape[-1]
    if not count:
        raise ValueError("output must have at least one class")
    labels = target.real.astype(np.int64).reshape(-1)
    if not flat and target.shape != rows:
        raise ValueError(_one_label_each(target.shape, output.shape))
    wide = wide.reshape(-1, count)
    if labels.shape[0] != wide.shape[0]:
        raise ValueError(_one_label_each(target.shape, output.shape))
    if logits:
        highest = wide.max(-1, keepdims=True)
        if xp is not np:
            import jax

            highest = jax.lax.stop_gradient(highest)
        wide = wide - highest
        total = xp.exp(wide).sum(-1)
    else:
        wide = ties.clipped(xp, wide, *_bounds(dtype, epsilon))
        total = wide.sum(-1)
    valid = (labels >= 0) & (labels < count)
    if xp is np:
        _all_valid(valid, labels, count)
        chosen = wide[np.arange(len(labels)), labels]
    else:
        require(valid, ValueError(f"sparse_categorical_crossentropy(): labels of target must be from 0 to {count - 1}"))
        # XLA fuses a comparison with all classes, and its gradient, into one loop; a gather it would not.
        chosen = xp.where(xp.arange(count) == labels[:, None], wide, 0).sum(-1)
    loss = xp.log(total) - (chosen if logits else xp.log(chosen))
    if not flat or len(rows) > 1:
        loss = loss.reshape(rows)
    return narrowed(loss, dtype)


def _all_valid(valid: Any, labels: Any, count: int) -> None:
    if np.count_nonzero(valid) != valid.size:
        raise ValueError(f"labels of target must be from 0 to {count - 1}; got {labels[~valid][0]}")


@public
def sparse_categorical_crossentropy(target: Array, output: Array, from_logits: bool = False, axis: int = -1) -> Tensor:
    """Crossentropy between classes, given by their numbers, and distributions over classes.

    Args:
        target: a tensor of integers, or of floats that are cut off to integers: the true classes. It has the shape of
            `output` without the axis of classes, or another with as many elements (so that a last dim of 1 may stay).
        output: a tensor of floats: the predicted distributions, which are clipped to `epsilon()` and `1 - epsilon()`
            and divided by their sum. If it is a symbolic result of `softmax`, the logits are used instead.
        from_logits: whether `output` is logits, to which a softmax is still to be applied.
        axis: the axis of the classes.

    Returns:
        A tensor of the dtype of `output` and its shape without that axis.

    Raises:
        TypeError: `output` is not of floats, or `axis` no integer.
        ValueError: a label is out of range, the shapes don't go together, or the rank of `output` is unknown and
            `axis` is not -1.

    Source: `tf.keras.backend.sparse_categorical_crossentropy`, TF 2.2.

    >>> sparse_categorical_crossentropy([1, 0], [[0.5, 0.5], [0.9, 0.1]]).numpy().round(2)
    array([0.69, 0.11], dtype=float32)
    """
    where = "sparse_categorical_crossentropy()"
    if not from_logits:
        logits = _logits(output, axis)
        output, from_logits = (output, False) if logits is None else (logits, True)
    output, target = as_tensor(output, where=f"{where}: output"), as_tensor(target, where=f"{where}: target")
    rank, target_rank = output.shape.rank, target.shape.rank
    if rank is None and axis != -1:
        raise ValueError(f"{where}: the rank of output is unknown, so that axis can only be -1; got {axis}")
    if rank == 0:
        raise ValueError(f"{where}: output must have an axis of classes; got a scalar")
    flat = None not in (rank, target_rank) and target_rank != rank - 1
    return _sparse(output, target, axis, bool(from_logits), flat, config._epsilon)


# ---------------------------------------------------------------------------------------------------------------- focal


@public
def binary_focal_crossentropy(
    target: Array,
    output: Array,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Tensor:
    """Elementwise crossentropy in which probabilities that are right already count less.

    Args:
        target: a tensor of floats: the true labels or probabilities, from 0 to 1.
        output: a tensor of the same dtype, which broadcasts against it: the predicted probabilities.
        apply_class_balancing: whether ones are weighted by `alpha`, and zeros by `1 - alpha`.
        alpha: the weight of ones.
        gamma: how much less: the crossentropy is multiplied by the probability of being wrong to the power of it.
        from_logits: whether `output` is logits, to which a sigmoid is still to be applied; then the shapes must be
            equal.

    Returns:
        A tensor of the broadcast shape.

    Raises:
        TypeError: not of floats, or of different dtypes.
        ValueError: the shapes don't go together.

    Source: `keras._legacy.backend.binary_focal_crossentropy`, Keras 3.

    >>> binary_focal_crossentropy([0., 1.], [0.5, 0.9]).numpy().round(4)
    array([0.1733, 0.0011], dtype=float32)
    """
    where = "binary_focal_crossentropy()"
    output = as_tensor(output, target.dtype if isinstance(target, Tensor) else None, f"{where}: output")
    target = as_tensor(target, output.dtype, f"{where}: target")
    p = sigmoid(output) if from_logits else output
    right = target * p + (1 - target) * (1 - p)
    focal = pow(1 - right, gamma) * binary_crossentropy(target, output, from_logits)
    return (target * alpha + (1 - target) * (1 - alpha)) * focal if apply_class_balancing else focal


@public
def categorical_focal_crossentropy(
    target: Array, output: Array, alpha: float = 0.25, gamma: float = 2.0, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Crossentropy between distributions over classes, in which classes that are right already count less.

    Args:
        target: a tensor of floats: the true distributions.
        output: a tensor of the same shape and dtype: the predicted distributions, which are divided by their sum and
            clipped to `epsilon()` and `1 - epsilon()`.
        alpha: a weight: a number, or one for each class.
        gamma: how much less: the crossentropy is multiplied by 1 minus the probability, to the power of it.
        from_logits: whether `output` is logits, to which a softmax is still to be applied.
        axis: the axis of the classes.

    Returns:
        A tensor of the shape of `output` without that axis.

    Raises:
        TypeError: not of floats, or of different dtypes.
        ValueError: of different shapes, or there is no such axis.

    Source: `keras._legacy.backend.categorical_focal_crossentropy`, Keras 3.

    >>> categorical_focal_crossentropy([[0., 1.], [1., 0.]], [[0.5, 0.5], [0.9, 0.1]]).numpy().round(4)
    array([0.0433, 0.0003], dtype=float32)
    """
    where = "categorical_focal_crossentropy()"
    output = as_tensor(output, target.dtype if isinstance(target, Tensor) else None, f"{where}: output")
    target = as_tensor(target, output.dtype, f"{where}: target")
    _one_shape(where, target, output)
    if from_logits:
        output = softmax(output, axis)
    epsilon = config.epsilon()
    p = clip(output / sum(output, axis, keepdims=True), epsilon, 1 - epsilon)
    return sum(pow(1 - p, gamma) * alpha * (-target * log(p)), axis)
