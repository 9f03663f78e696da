"""Floats rounded as if they were kept as integers of few bits, with gradients as if they were not."""

from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Float
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor


def _quantised(where: str, inputs: Tensor, min: Tensor, max: Tensor, *rest: Any) -> Shape:
    for tensor, name in ((min, "min"), (max, "max")):
        if tensor.shape.rank not in (0, 1, None):
            raise ValueError(f"{where}: {name} must be a scalar or a vector; got shape {tensor.shape}")
        if tensor.shape.rank == 1 and inputs.shape.rank is not None:
            last = inputs.shape[-1] if inputs.shape.rank else 0
            shapes.merge_dim(where, last, tensor.shape[0], f"{name} must have a number for each channel")
    return inputs.shape


def _nudged(xp: Any, low: Any, high: Any, num_bits: int, narrow_range: bool) -> tuple[Any, Any, Any]:
    """The distance of two steps, and the range moved so that 0 is a step."""
    least, most = int(narrow_range), 2**num_bits - 1
    empty = (low == 0) & (high == 0)
    one = np.ones((), low.dtype)
    scale = xp.where(empty, one, (high - low) / np.asarray(most - least, low.dtype))
    zero = xp.floor(xp.clip(least - low / scale, least, most) + one / 2)
    return scale, xp.where(empty, 0 * one, (least - zero) * scale), xp.where(empty, 0 * one, (most - zero) * scale)


def _outside(inputs: Any, low: Any, high: Any, nudged_low: Any, nudged_high: Any) -> tuple[Any, Any]:
    """Whether numbers lie below or above the range; none does where it is only 0."""
    some = (low != 0) | (high != 0)
    return (inputs < nudged_low) & some, (inputs > nudged_high) & some


def _checked(inputs: Any, low: Any, high: Any, num_bits: int) -> None:
    if not 2 <= num_bits <= 16:
        raise ValueError(f"num_bits must be from 2 to 16; got {num_bits}")
    if low.shape != high.shape or low.ndim > 1 or (low.ndim and low.shape != inputs.shape[-1:]):
        raise ValueError(f"min and max must be scalars, or vectors for the channels of shape {tuple(inputs.shape)}")


@op(shape=_quantised, label="FakeQuantWithMinMaxVars")
def fake_quant(xp, inputs: Float, min: Float, max: Float, num_bits: int = 8, narrow_range: bool = False):
    """Numbers rounded to equal steps between `min` and `max`, of which 0 is one.

    Args:
        inputs: a tensor of floats.
        min: the least number, before it is moved for the sake of 0: a scalar, or one for each channel.
        max: the greatest, likewise.
        num_bits: there are `2 ** num_bits` steps.
        narrow_range: one step less.

    Returns:
        A tensor of the shape and dtype of `inputs`. The gradient of what lies within the range is 1, of what does not
        it is that of its end.

    Raises:
        ValueError: `num_bits` is not from 2 to 16, or `min` and `max` don't go with `inputs`.

    Source: `tf.quantization.fake_quant_with_min_max_vars`, TF 2.2.

    >>> fake_quant([-7., 0.2, 0.9], 0., 1.5, 2).numpy().tolist()
    [0.0, 0.0, 1.0]
    """
    _checked(inputs, min, max, num_bits)
    scale, low, high = _nudged(xp, min, max, num_bits, narrow_range)
    half = np.asarray(0.5, inputs.dtype)
    within = xp.maximum(xp.minimum(inputs, high), low)
    rounded = xp.floor((within - low) / scale + half) * scale + low
    if xp is np:
        return rounded.astype(inputs.dtype)
    import jax

    still = jax.lax.stop_gradient
    below, above = _outside(inputs, min, max, low, high)
    free = xp.where(below, min, xp.where(above, max, inputs))
    return still(rounded) + (free - still(free))


def _slopes(where: str, gradients: Tensor, inputs: Tensor, min: Tensor, max: Tensor, *rest: Any) -> list[Shape]:
    if not gradients.shape.is_compatible_with(inputs.shape):
        raise ValueError(f"{where}: gradients must have shape {inputs.shape}; got {gradients.shape}")
    return [_quantised(where, inputs, min, max), min.shape, max.shape]


@op(
    shape=_slopes,
    out=lambda gradients, *rest: [gradients.dtype] * 3,
    differentiable=False,
    label="FakeQuantWithMinMaxVarsGradient",
)
def fake_quant_gradient(
    xp, gradients: Float, inputs: Float, min: Float, max: Float, num_bits: int = 8, narrow_range: bool = False
):
    """The gradients of `fake_quant` by its first three arguments, for the gradient of its result.

    >>> [part.numpy().tolist() for part in fake_quant_gradient([1., 2., 3.], [-30., 0., 9.], -1., 5.)]
    [[0.0, 2.0, 0.0], 1.0, 3.0]
    """
    _checked(inputs, min, max, num_bits)
    if gradients.shape != inputs.shape:
        raise ValueError(f"gradients must have shape {tuple(inputs.shape)}; got {tuple(gradients.shape)}")
    _, low, high = _nudged(xp, min, max, num_bits, narrow_range)
    below, above = _outside(inputs, min, max, low, high)
    axes = tuple(range(inputs.ndim - min.ndim))
    nothing = np.zeros((), gradients.dtype)
    inside = xp.where(below | above, nothing, gradients)
    return inside, *(xp.where(part, gradients, nothing).sum(axes) for part in (below, above))
