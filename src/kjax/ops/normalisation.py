"""Normalisation: of vectors by their norm, of batches by mean and variance."""

from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.foreign import public
from kjax.core.op import op
from kjax.core.operands import FLOATS, Array, Axes, Axis, Float, MaybeArray, Operand, Scalar
from kjax.core.shape import Shape, as_int
from kjax.core.tensor import Tensor
from kjax.kernels import deviations, ties
from kjax.kernels.halves import narrowed, widened


def _along_axes(where: str, x: Tensor, axis: Any) -> Shape:
    shapes.reduction(where, x, axis, True)  # for its check of the axes
    return x.shape


@op(shape=_along_axes)
def l2_normalize(xp, x: Float, axis: Axes = None):
    """A tensor divided by its Euclidean norm.

    Args:
        x: a tensor of floats.
        axis: the axis, or axes, along which the norm is taken; None for all of them.

    Returns:
        A tensor of the shape and dtype of `x`. Where the norm is less than 1e-6, it is divided by 1e-6.

    Raises:
        TypeError: `x` is not of floats, or `axis` not made of integers.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.l2_normalize`, TF 2.2.

    >>> l2_normalize([[3., 4.], [0., 0.]], axis=1).numpy()
    array([[0.6, 0.8],
           [0. , 0. ]], dtype=float32)
    """
    wide = widened(x)
    total = (wide * wide).sum(axis, keepdims=True)
    least = np.maximum(total, 1e-12) if xp is np else ties.maximum(xp, total, 1e-12)
    return narrowed(wide / xp.sqrt(least), x.dtype)


# ------------------------------------------------------------------------------------------------- batch normalisation

# Images may be of half precision while mean, variance, beta and gamma are not.
_Images = Annotated[Any, Operand(FLOATS, own_dtype=True)]
_Statistics = Annotated[Any, Operand(FLOATS, many=True)]
# TensorFlow normalises tensors of rank 4 by another kernel, which takes no smaller epsilon.
_LEAST_EPSILON = 1.001e-5


def _present(**tensors: Any) -> tuple[list[Any], tuple[str, ...]]:
    """The tensors that are not None, and their names."""
    present = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    return list(present.values()), tuple(present)


def _fitting(shape: Any, rank: int, axis: int) -> Any:
    """The shape in which a statistic broadcasts to `x`: of rank 1 along `axis` if `x` is of rank 4, else as it is."""
    if len(shape) != 1 or rank != 4:
        return shape
    after = rank - 1 - shapes.axis_in("batch_normalization()", axis, rank)
    return (*shape, *(1,) * after)


def _normalised_shape(where: str, x: Tensor, stats: Any, names: Any, axis: int, epsilon: float) -> Shape:
    rank = x.shape.rank
    if rank is None:
        return shapes.UNKNOWN
    shape = x.shape
    for tensor, name in zip(stats, names, strict=True):
        fitted = tensor.shape if tensor.shape.rank is None else Shape(_fitting(tensor.shape, rank, axis))
        try:
            shape = shapes.broadcast(where, shape, fitted)
        except ValueError:
            channels = x.shape[axis if rank == 4 and -rank <= axis < rank else -1] if rank else 1
            raise ValueError(
                f"{where}: {name} must broadcast to x of shape {x.shape}, or have a number for each of its channels, "
                f"shape ({channels},); got shape {tensor.shape}"
            ) from None
    return shape


def _scaled(xp: Any, x: Any, mean: Any, var: Any, stats: dict[str, Any], epsilon: float) -> Any:
    factor = deviations.inverse_root(xp, var, epsilon)
    if "gamma" in stats:
        factor = factor * stats["gamma"]
    out = (x - mean) * factor
    return out + stats["beta"] if "beta" in stats else out


def _calculating(x: Any, stats: Any) -> Any:
    """The dtype to calculate in: float64 if an operand has it, else float32."""
    return np.float64 if any(a.dtype == np.float64 for a in (x, *stats)) else np.float32


@op(name="batch_normalization", shape=_normalised_shape, out=lambda x, *rest: x.dtype, label="FusedBatchNormV3")
def _normalised(xp, x: _Images, stats: _Statistics, names=(), axis=-1, epsilon=1e-3):
    dtype = _calculating(x, stats)
    fitted = {
        name: a.reshape(_fitting(a.shape, x.ndim, axis)).astype(dtype) for name, a in zip(names, stats, strict=True)
    }
    epsilon = max(epsilon, _LEAST_EPSILON) if x.ndim == 4 else epsilon
    return narrowed(_scaled(xp, x.astype(dtype), fitted["mean"], fitted["var"], fitted, epsilon), x.dtype)


@public
def batch_normalization(
    x: Array, mean: Array, var: Array, beta: MaybeArray, gamma: MaybeArray, axis: Axis = -1, epsilon: Scalar = 1e-3
) -> Tensor:
    """A tensor normalised by given statistics: `(x - mean) / sqrt(var + epsilon) * gamma + beta`.

    Args:
        x: a tensor of floats.
        mean: the mean: a tensor of shape `(channels,)`, or one that broadcasts to `x`.
        var: the variance, likewise.
        beta: the offset, likewise, or None for 0.
        gamma: the scale, likewise, or None for 1. All four are of one dtype, which may differ from `x`.
        axis: the axis of the channels, if `x` is of rank 4. For other ranks it is ignored: there the channels are the
            last axis.
        epsilon: a number added to the variance; for rank 4 at least 1.001e-5 is added.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is not of floats, or the statistics are of different dtypes.
        ValueError: shapes that don't broadcast, or no such axis.

    Source: `tf.keras.backend.batch_normalization`, TF 2.2. Differs: for rank 4 any axis will do, any dtype of floats,
    and any statistics that broadcast; and there too gradients flow to mean and variance.

    >>> from kjax import backend as K
    >>> x = K.constant([[1., 10.], [3., 30.]])
    >>> batch_normalization(x, [2., 20.], [1., 100.], None, [1., 2.], epsilon=0.).numpy().tolist()
    [[-1.0, -2.0], [1.0, 2.0]]
    """
    where = "batch_normalization()"
    for name, value in (("mean", mean), ("var", var)):
        if value is None:
            raise ValueError(f"{where}: {name} must be a tensor; got None")
    stats, names = _present(mean=mean, var=var, beta=beta, gamma=gamma)
    out: Tensor = _normalised(x, stats, names, _axis(where, axis), _number(where, epsilon))
    return out


def _axis(where: str, axis: Any) -> int:
    try:
        return as_int(axis)
    except TypeError:
        raise TypeError(f"{where}: axis must be an integer; got {axis!r}") from None


def _number(where: str, epsilon: Any) -> float:
    try:
        return float(epsilon)
    except (TypeError, ValueError):
        raise TypeError(f"{where}: epsilon must be a number; got {epsilon!r}") from None


# ----------------------------------------------------------------------------------------------------------- of a batch


def _in_training_shapes(where: str, x: Tensor, axes: Any, stats: Any, names: Any, epsilon: float) -> list[Shape]:
    left = shapes.reduction(where, x, axes)
    for tensor, name in zip(stats, names, strict=True):
        count, wanted = tensor.shape.num_elements(), left.num_elements()
        if tensor.shape.rank is None or left.rank is None or count is None or wanted is None:
            continue
        if count != wanted and not (count == 1 and _all_but_last(axes, len(x.shape))):
            wanted_shape = f"the shape of x without reduction_axes, {left}"
            raise ValueError(f"{where}: {name} must have {wanted_shape}; got shape {tensor.shape}")
    return [x.shape, left, left]


def _in_training_dtypes(x: Tensor, axes: Any, stats: Any, *rest: Any) -> list[Any]:
    dtype = stats[0].dtype if stats else x.dtype
    return [x.dtype, dtype, dtype]


def _all_but_last(axes: Any, rank: int) -> bool:
    return sorted({a % rank for a in axes}) == list(range(rank - 1)) if rank else not axes


@op(name="normalize_batch_in_training", shape=_in_training_shapes, out=_in_training_dtypes, label="FusedBatchNormV3")
def _in_training(xp, x: _Images, axes: Axes, stats: _Statistics, names=(), epsilon=1e-3):
    dtype, rank = _calculating(x, stats), x.ndim
    images = rank == 4 and axes == (0, 1, 2)  # in this order: there TensorFlow has another kernel
    axes = tuple(sorted({shapes.axis_in("normalize_batch_in_training()", a, rank) for a in axes}))
    wide = x.astype(dtype)
    kept = tuple(1 if i in axes else dim for i, dim in enumerate(x.shape))
    fitted = {
        name: (a if a.size == 1 and _all_but_last(axes, rank) else a.reshape(kept)).astype(dtype)
        for name, a in zip(names, stats, strict=True)
    }
    least = _LEAST_EPSILON if images else epsilon
    normed, mean, var = deviations.standardised(xp, wide, fitted.get("gamma"), axes, max(epsilon, least))
    normed = narrowed(normed + fitted["beta"] if "beta" in fitted else normed, x.dtype)
    if images:
        many = deviations.count(xp, x, axes, dtype)
        var = var * (many / xp.maximum(many - 1, 1))
    left = tuple(dim for i, dim in enumerate(x.shape) if i not in axes)
    stats_dtype = stats[0].dtype if stats else x.dtype
    return normed, narrowed(mean.reshape(left), stats_dtype), narrowed(var.reshape(left), stats_dtype)


@public
def normalize_batch_in_training(
    x: Array, gamma: MaybeArray, beta: MaybeArray, reduction_axes: Axes, epsilon: Scalar = 1e-3
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise a batch by its own mean and variance, and return these too.

    Args:
        x: a tensor of floats.
        gamma: the scale: a tensor of the shape of `x` without `reduction_axes`, or None for 1.
        beta: the offset, likewise, or None for 0. Both may be of another dtype of floats than `x`.
        reduction_axes: the axes along which mean and variance are taken, a list of integers.
        epsilon: a number added to the variance; for rank 4 and the axes 0, 1, 2 at least 1.001e-5.

    Returns:
        A tuple `(normed, mean, variance)`: a tensor of the shape and dtype of `x`, and two without `reduction_axes`, of
        the dtype of `gamma` and `beta`, if they are given. For rank 4 and the axes 0, 1, 2 in this order, the returned
        variance is the unbiased one (the sum of squares divided by their number less 1).

    Raises:
        TypeError: `x` is not of floats, `reduction_axes` no list of integers.
        ValueError: there is no such axis, or `gamma` or `beta` does not fit.

    Source: `tf.keras.backend.normalize_batch_in_training`, TF 2.2. Differs: works for every dtype of floats and for
    unknown shapes; gradients also flow through mean and variance for rank 4 and the axes 0, 1, 2 (there zeros).

    >>> from kjax import backend as K
    >>> x = K.constant([[1., 10.], [3., 30.]])
    >>> normed, mean, variance = normalize_batch_in_training(x, None, None, [0], epsilon=0.)
    >>> normed.numpy().tolist(), mean.numpy().tolist(), variance.numpy().tolist()
    ([[-1.0, -1.0], [1.0, 1.0]], [2.0, 20.0], [1.0, 100.0])
    """
    where = "normalize_batch_in_training()"
    if not isinstance(reduction_axes, (list, tuple, np.ndarray)):
        raise TypeError(f"{where}: reduction_axes must be a list of integers; got {reduction_axes!r}")
    stats, names = _present(gamma=gamma, beta=beta)
    return _in_training(x, tuple(reduction_axes), stats, names, _number(where, epsilon))
