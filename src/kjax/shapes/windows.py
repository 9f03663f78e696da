"""Sliding windows: their arguments in normal form, their number along an axis, and the shapes of results.

The functions from `convolved` on work on shapes alone, known or not, so that rules and kernels share them: a rule is
`rule(function)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

from kjax.core.operands import Attribute
from kjax.core.shape import Shape, as_int, check_size
from kjax.core.tensor import Tensor
from kjax.machine import config
from kjax.machine.plurals import counted
from kjax.shapes import families as shapes

Dims = Sequence[int | None]

# ----------------------------------------------------------------------------------------------- arguments, normalised


def _one_of(value: Any, where: str, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(map(repr, choices[:-1])) + f" or {choices[-1]!r}"
        raise ValueError(f"{where} must be {listed}; got {value!r}")
    return str(value)


def choice(*choices: str) -> Attribute:
    """An attribute that is one of several words."""
    return Attribute(lambda value, where: _one_of(value, where, choices))


def as_data_format(value: Any, where: str = "data_format") -> str:
    """The position of the channels; None stands for `image_data_format()`."""
    return _one_of(config.image_data_format() if value is None else value, where, ("channels_last", "channels_first"))


DataFormat = Annotated[Any, Attribute(as_data_format), "str | None"]
Padding = Annotated[Any, choice("same", "valid"), "str"]


def whole(value: Any, where: str, least: int = 1) -> int:
    """An integer, `least` at least; a float with an integer value is accepted."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        number = as_int(value)
    except TypeError:
        raise TypeError(f"{where} must be an integer; got {value!r}") from None
    if number < least:
        raise ValueError(f"{where} must be at least {least}; got {number}")
    return int(number)


def per_axis(count: int, spread: bool = False) -> Attribute:
    """An attribute that holds a positive integer for each of `count` axes.

    Args:
        count: the number of axes.
        spread: whether one number may stand for all axes, None for 1, and whether numbers for batch and channels, which
            must be 1, may be included.
    """

    def normal(value: Any, where: str) -> tuple[int, ...]:
        if spread and value is None:
            return (1,) * count
        if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) and getattr(value, "ndim", 1) != 0:
            parts = list(value)
        elif spread:
            parts = [value]
        else:
            raise TypeError(f"{where} must be a tuple of {counted(count, 'integer')}; got {value!r}")
        if spread and len(parts) == 1:
            parts *= count
        numbers = tuple(whole(part, where) for part in parts)
        if spread and len(numbers) == count + 2 and numbers[0] == numbers[-1] == 1:
            numbers = numbers[1:-1]
        if len(numbers) != count:
            raise ValueError(f"{where} must be a tuple of {counted(count, 'integer')}; got {value!r}")
        return numbers

    return Attribute(normal)


# ------------------------------------------------------------------------------------------------------- along one axis


def reach(size: int, dilation: int = 1) -> int:
    """The number of elements that a window spans, gaps of the dilation included."""
    return (size - 1) * dilation + 1


def count(n: int | None, size: int | None, stride: int, padding: str, dilation: int = 1) -> int | None:
    """The number of windows along an axis of `n` elements; None if it is unknown.

    Raises:
        ValueError: the axis is too short for a window.
    """
    if n is None:
        return None
    if padding != "valid":
        return -(-n // stride)
    if size is None:
        return None
    room = n - reach(size, dilation)
    if room <= -2 * stride:
        raise ValueError(f"a window that spans {reach(size, dilation)} does not fit into {counted(n, 'element')}")
    return max(room // stride + 1, 0)


def margins(n: int, size: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int]:
    """The numbers of elements that padding adds before and after an axis of `n` elements."""
    span = reach(size, dilation)
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return span - 1, 0
    total = max((-(-n // stride) - 1) * stride + span - n, 0)
    return total // 2, total - total // 2


# Numbers far beyond the axis change nothing more, but XLA crashes or hangs on them. So kernels take the least numbers
# that give the same result.


def least_strides(dims: Sequence[int], strides: Sequence[int]) -> tuple[int, ...]:
    """Strides for axes of `dims` elements: beyond an axis there is one window with any stride."""
    return tuple(min(stride, max(n, 1)) for n, stride in zip(dims, strides, strict=True))


def least_sizes(dims: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    """Sizes of windows: one of thrice an axis holds all of it at every place, however padding is distributed."""
    return tuple(min(size, 3 * n + 2) for n, size in zip(dims, sizes, strict=True))


def least_dilations(dims: Sequence[int], dilations: Sequence[int]) -> tuple[int, ...]:
    """Dilations: with one of twice an axis no more than one element of a window lies in it."""
    return tuple(min(dilation, 2 * n + 2) for n, dilation in zip(dims, dilations, strict=True))


# --------------------------------------------------------------------------------------------------------------- shapes


def rule(of_shapes: Callable[..., Iterable[int | None]]) -> Callable[..., Shape]:
    """The shape rule of an operation, made from a function of its operands' shapes and its attributes."""

    def explained(where: str, *args: Any) -> Shape:
        try:
            return Shape(of_shapes(*(arg.shape if isinstance(arg, Tensor) else arg for arg in args)))
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None

    return explained


def dims_of(shape: Any, rank: int, name: str) -> Dims:
    """The dims of an operand that must be of rank `rank`."""
    if isinstance(shape, Shape) and shape.rank is None:
        return (None,) * rank
    if len(shape) != rank:
        raise ValueError(f"{name} must have rank {rank}; got shape {tuple(shape)}")
    return tuple(shape)


def taken_apart(shape: Any, axes: int, data_format: str, name: str = "x") -> tuple[int | None, Dims, int | None]:
    """The shape of images as batch size, spatial dims, number of channels."""
    dims = dims_of(shape, axes + 2, name)
    if data_format == "channels_first":
        return dims[0], dims[2:], dims[1]
    return dims[0], dims[1:-1], dims[-1]


def put_together(batch: int | None, spatial: Dims, channels: int | None, data_format: str) -> Dims:
    """The shape of images, from batch size, spatial dims and number of channels."""
    return (batch, channels, *spatial) if data_format == "channels_first" else (batch, *spatial, channels)


def spatial_axes(rank: int, data_format: str) -> range:
    """All axes but batch and channels."""
    return range(2, rank) if data_format == "channels_first" else range(1, rank - 1)


def _fitting(channels: int | None, expected: int | None, name: str = "kernel") -> None:
    if channels is not None and expected is not None and channels != expected:
        raise ValueError(f"x has {counted(channels, 'channel')}, but {name} is for {expected}")


def _filtered(spatial: Dims, window: Dims, strides: Dims, padding: str, dilations: Dims) -> Dims:
    if any(s != 1 for s in strides) and any(d != 1 for d in dilations):
        raise ValueError(
            f"strides greater than 1 don't go with a dilation_rate greater than 1; got {strides} and {dilations}"
        )
    if 0 in window:
        raise ValueError(f"a window must not be empty; got one of {tuple(window)}")
    each = zip(spatial, window, strides, dilations, strict=True)
    return tuple(count(n, k, s, padding, d) for n, k, s, d in each)  # type: ignore[arg-type]


def convolved(x: Any, kernel: Any, strides: Dims, padding: str, data_format: str, dilations: Dims) -> Dims:
    """Shape of a convolution with a kernel of shape `(*window, channels, filters)`."""
    batch, spatial, channels = taken_apart(x, len(strides), data_format)
    *window, inputs, filters = dims_of(kernel, len(strides) + 2, "kernel")
    _fitting(channels, inputs)
    return put_together(batch, _filtered(spatial, window, strides, padding, dilations), filters, data_format)


def depthwise(x: Any, kernel: Any, strides: Dims, padding: str, data_format: str, dilations: Dims) -> Dims:
    """Shape of a depthwise convolution with a kernel of shape `(*window, channels, multiplier)`."""
    batch, spatial, channels = taken_apart(x, len(strides), data_format)
    *window, inputs, multiplier = dims_of(kernel, len(strides) + 2, "depthwise_kernel")
    _fitting(channels, inputs, "depthwise_kernel")
    filters = shapes.product((channels if inputs is None else inputs, multiplier))
    return put_together(batch, _filtered(spatial, window, strides, padding, dilations), filters, data_format)


def separable(
    x: Any, kernel: Any, pointwise: Any, strides: Dims, padding: str, data_format: str, dilations: Dims
) -> Dims:
    """Shape of a depthwise convolution, followed by one with a kernel of shape `(1, 1, channels, filters)`."""
    between = depthwise(x, kernel, strides, padding, data_format, dilations)
    *window, inputs, filters = dims_of(pointwise, len(strides) + 2, "pointwise_kernel")
    if any(size not in (1, None) for size in window):
        raise ValueError(f"pointwise_kernel must have a window of 1 by 1; got shape {tuple(pointwise)}")
    batch, spatial, channels = taken_apart(between, len(strides), data_format)
    if channels is not None and inputs is not None and channels != inputs:
        raise ValueError(f"pointwise_kernel is for {counted(inputs, 'channel')}, but depthwise_kernel makes {channels}")
    return put_together(batch, spatial, filters, data_format)


def transposed(
    x: Any, kernel: Any, output: Any, strides: Dims, padding: str, data_format: str, dilations: Dims
) -> Dims:
    """Input shape of the convolution that produced `x`; the kernel has the shape `(*window, filters, channels)`."""
    axes = len(strides)
    dims = dims_of(output, axes + 2, "output_shape")
    if any(dim is not None and dim < 0 for dim in dims):
        raise ValueError(f"output_shape must have no negative dims; got {tuple(dims)}")
    batch, given, channels = taken_apart(x, axes, data_format)
    wanted, spatial, filters = taken_apart(dims, axes, data_format)
    *window, outputs, inputs = dims_of(kernel, axes + 2, "kernel")
    _fitting(channels, inputs)
    if filters is not None and outputs is not None and filters != outputs:
        raise ValueError(f"output_shape has {counted(filters, 'channel')}, but kernel is for {outputs}")
    if batch is not None and wanted is not None and batch != wanted:
        raise ValueError(f"output_shape has a batch of {wanted}, but x has one of {batch}")
    each = zip(spatial, window, strides, dilations, strict=True)
    back = [count(n, k, s, padding, d) for n, k, s, d in each]  # type: ignore[arg-type]
    if any(None not in (m, n) and m != n for m, n in zip(back, given, strict=True)):
        raise ValueError(f"output_shape {tuple(dims)} needs x of spatial dims {tuple(back)}; got {tuple(given)}")
    return put_together(
        batch if wanted is None else wanted, spatial, outputs if filters is None else filters, data_format
    )


def local(x: Any, kernel: Any, sizes: Dims, strides: Dims, output: Dims | None, data_format: str) -> Dims:
    """Shape of a locally connected convolution, with a kernel of shape `(places, window * channels, filters)`."""
    batch, spatial, channels = taken_apart(x, len(sizes), data_format, "inputs")
    places, features, filters = dims_of(kernel, 3, "kernel")
    output = (places,) if output is None else tuple(output)
    if len(output) != len(sizes):
        raise ValueError(f"output_shape must have {counted(len(sizes), 'dim')}; got {output}")
    total = shapes.product(output)
    if None not in (places, total) and places != total:
        raise ValueError(f"kernel is for {counted(places, 'window')}, but output_shape {output} has {total}")
    window = shapes.product((*sizes, channels))
    if None not in (features, window) and features != window:
        raise ValueError(f"kernel is for windows of {counted(features, 'element')}, but those in inputs have {window}")
    for n, size, stride, m in zip(spatial, sizes, strides, output, strict=True):
        if n is not None and m is not None and m > 0 and (m - 1) * stride + size > n:  # type: ignore[operator]
            raise ValueError(f"{counted(m, 'window')} of {size} elements, with strides {stride}, don't fit into {n}")
    return put_together(batch, output, filters, data_format)


def pooled(x: Any, sizes: Dims, strides: Dims, padding: str, data_format: str, *mode: Any) -> Dims:
    """Shape of pooling: one element for each window."""
    batch, spatial, channels = taken_apart(x, len(sizes), data_format)
    each = zip(spatial, sizes, strides, strict=True)
    counts = tuple(count(n, k, s, padding) for n, k, s in each)  # type: ignore[arg-type]
    return put_together(batch, counts, channels, data_format)


def padded(x: Any, pairs: Sequence[tuple[int, int]], data_format: str) -> Dims:
    """Shape of padding: spatial dims with more elements at both ends."""
    batch, spatial, channels = taken_apart(x, len(pairs), data_format)
    longer = tuple(None if n is None else n + sum(pair) for n, pair in zip(spatial, pairs, strict=True))
    return _possible(put_together(batch, longer, channels, data_format))


def _possible(dims: Dims) -> Dims:
    check_size(dims)
    return dims


def magnified(x: Any, factors: Sequence[int], data_format: str) -> Dims:
    """Shape of resizing: spatial dims times their factors."""
    batch, spatial, channels = taken_apart(x, len(factors), data_format)
    larger = tuple(None if n is None else n * factor for n, factor in zip(spatial, factors, strict=True))
    return _possible(put_together(batch, larger, channels, data_format))


def bias_dims(x: Any, bias: Any, data_format: str) -> list[int | None]:
    """The shape in which a bias broadcasts against `x`."""
    first = data_format == "channels_first"
    rank, dims = len(x), list(bias)
    if rank < 2 or len(dims) not in (1, rank - 1) or (first and rank < 3):
        raise ValueError(
            f"bias of shape {tuple(bias)} does not go with x of shape {tuple(x)}, {data_format}: it must have rank 1,"
            f" or one less than x, which must have at least {3 if first else 2}"
        )
    if len(dims) == 1:
        channels = x[1 if first else -1]
        if None not in (channels, dims[0]) and channels != dims[0]:
            raise ValueError(f"x has {counted(channels, 'channel')}, but bias is for {dims[0]}")
        return [dims[0]] + [1] * (rank - 2) if first else dims
    return [dims[-1], *dims[:-1]] if first else dims
