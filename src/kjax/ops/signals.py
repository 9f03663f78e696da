"""Signals: Fourier and cosine transforms, and frames that overlap."""

from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Array, Attribute, Axes, Axis, Number, Operand
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.ops.reduction import Flag
from kjax.ops.shaping import Size, as_size, integers

_WHOLE = {"float32": as_dtype("complex64"), "float64": as_dtype("complex128")}
_Part = Annotated[Any, Operand(frozenset(map(as_dtype, _WHOLE)))]
_Complex = Annotated[Any, Operand(frozenset(_WHOLE.values()))]
_MaybeSize = Annotated[Any, Attribute(lambda value, where: None if value is None else as_size(value, where))]
_MaybeSizes = Annotated[Any, Attribute(lambda value, where: None if value is None else _as_lengths(value, where))]


def _as_lengths(value: Any, where: str) -> Any:
    """Lengths along axes: integers, or an integer tensor that holds them."""
    if isinstance(value, Tensor) and value.is_symbolic:
        return value
    lengths = np.asarray(value.numpy() if isinstance(value, Tensor) else value)
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu" or (lengths < 0).any():
        raise ValueError(f"{where} must be a list of integers, none negative; got {value!r}")
    return tuple(map(int, lengths))


# ----------------------------------------------------------------------------------------------------------- transforms


def _over(axes: int) -> tuple[int, ...]:
    return tuple(range(-axes, 0))


def _enough(where: str, x: Tensor, axes: int, *rest: Any) -> Shape:
    if x.shape.rank is not None and x.shape.rank < axes:
        raise ValueError(f"{where}: the tensor must be of rank {axes} at least; got shape {x.shape}")
    return x.shape


def _named(front: str, back: str = "") -> Any:
    """The name of a transform over some axes, as TensorFlow has it."""

    def label(x: Any, axes: int, *rest: Any) -> str:
        return f"{front}{'' if axes == 1 else f'{axes}D'}{back}"

    return label


@op(name="fft", shape=_enough, label=_named("FFT"))
def fft(xp, x: _Complex, axes: int = 1):
    """The Fourier transform over the last axes.

    >>> fft(np.complex64([1, 2, 3, 4])).numpy().tolist()
    [(10+0j), (-2+2j), (-2+0j), (-2-2j)]
    """
    return xp.fft.fftn(x, axes=_over(axes)).astype(x.dtype)


@op(name="ifft", shape=_enough, label=_named("IFFT"))
def ifft(xp, x: _Complex, axes: int = 1):
    """The inverse of the Fourier transform over the last axes."""
    return xp.fft.ifftn(x, axes=_over(axes)).astype(x.dtype)


def _transformed(last_of_default: Any, last: Any) -> Any:
    """The shape of a transform of given lengths; `last` makes a dim of the length of the last axis."""

    def rule(where: str, x: Tensor, axes: int, lengths: Any) -> Shape:
        dims = _enough(where, x, axes)
        if dims.rank is None:
            return shapes.UNKNOWN
        if lengths is None:
            found = (*dims[-axes:-1], None if dims[-1] is None else last_of_default(dims[-1]))
        else:
            found = tuple(shapes.dims_given(where, lengths))
            if len(found) != axes:
                raise ValueError(f"{where}: fft_length must have {axes} elements; got {lengths!r}")
        return Shape((*dims[:-axes], *found[:-1], None if found[-1] is None else last(found[-1])))

    return rule


def _lengths(lengths: Any, axes: int, default: tuple[int, ...]) -> tuple[int, ...]:
    if lengths is None:
        return default
    found = integers(lengths)
    if len(found) != axes:
        raise ValueError(f"fft_length must have {axes} elements; got {found}")
    return found


@op(
    name="rfft",
    shape=_transformed(lambda dim: dim, lambda length: length // 2 + 1),
    out=lambda x, *rest: _WHOLE[x.dtype],
    label=_named("RFFT"),
)
def rfft(xp, x: _Part, axes: int = 1, fft_length: _MaybeSizes = None):
    """The first half of the Fourier transform of real numbers, whose second half mirrors it.

    Args:
        x: a tensor of float32 or float64.
        axes: how many of the last axes are transformed.
        fft_length: the lengths to which these axes are cut off, or filled up with zeros.

    >>> rfft([1., 2., 3., 4.]).numpy().tolist()
    [(10+0j), (-2+2j), (-2+0j)]
    """
    lengths = _lengths(fft_length, axes, x.shape[-axes:])
    return xp.fft.rfftn(x, lengths, _over(axes)).astype(np.result_type(x.dtype, np.complex64))


@op(
    name="irfft",
    shape=_transformed(lambda dim: max(2 * (dim - 1), 0), lambda length: length),
    out=lambda x, *rest: x.dtype.real_dtype,
    label=_named("IRFFT"),
)
def irfft(xp, x: _Complex, axes: int = 1, fft_length: _MaybeSizes = None):
    """The real numbers that `rfft` has transformed.

    Args:
        x: a tensor of complex numbers.
        axes: how many of the last axes are transformed.
        fft_length: the lengths of the result along these axes; else the last one is even.
    """
    lengths = _lengths(fft_length, axes, (*x.shape[-axes:-1], max(2 * (x.shape[-1] - 1), 0)))
    return xp.fft.irfftn(x, lengths, _over(axes)).astype(x.real.dtype)


@op(shape=shapes.same, label="roll")
def fftshift(xp, x: Array, axes: Axes = None):
    """The elements moved by half the length of axes, so that frequency 0 comes into the middle."""
    return xp.fft.fftshift(x, axes)


@op(shape=shapes.same, label="roll")
def ifftshift(xp, x: Array, axes: Axes = None):
    """The elements moved back from where `fftshift` has put them."""
    return xp.fft.ifftshift(x, axes)


def _cosines(where: str, x: Tensor, kind: int, n: Any, ortho: bool) -> Shape:
    if x.shape.rank is None:
        return shapes.UNKNOWN
    if not x.shape.rank:
        raise ValueError(f"{where}: input must be of rank 1 at least; got a scalar")
    if kind == 1 and x.shape[-1] is not None and x.shape[-1] < 2:
        raise ValueError(f"{where}: a transform of type 1 needs 2 elements at least; got shape {x.shape}")
    return x.shape if n is None else Shape((*x.shape[:-1], shapes.known_int(n)))


def _fitted(xp: Any, x: Any, n: int) -> Any:
    """The last axis cut off, or filled up with zeros."""
    short = n - x.shape[-1]
    return x[..., :n] if short <= 0 else xp.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, short)])


def _second(xp: Any, x: Any) -> Any:
    """`2 * sum(x[n] * cos(pi * k * (2 * n + 1) / (2 * N)))`."""
    n = x.shape[-1]
    turn = 2 * np.exp(-0.5j * np.pi * np.arange(n) / n)
    return (xp.fft.rfft(x, 2 * n)[..., :n] * turn.astype(np.result_type(x.dtype, np.complex64))).real


@op(name="dct", shape=_cosines, label="mul")
def dct(xp, x: _Part, type: int = 2, n: _MaybeSize = None, ortho: Flag = False):
    """The cosine transform of type 1, 2, 3 or 4 along the last axis.

    Args:
        x: a tensor of float32 or float64.
        type: the type.
        n: the length to which the axis is cut off, or filled up with zeros.
        ortho: whether the result is scaled such that the transform is orthogonal (not for type 1).

    >>> dct([1., 1.]).numpy().tolist()
    [4.0, 0.0]
    """
    if n is not None:
        (n,) = integers(n)
        x = _fitted(xp, x, n)
    n = x.shape[-1]
    if not n:
        return xp.asarray(x)
    if type == 1:
        if n < 2:
            raise ValueError(f"a transform of type 1 needs 2 elements at least; got shape {x.shape}")
        return xp.fft.rfft(xp.concatenate([x, x[..., -2:0:-1]], -1)).real.astype(x.dtype)
    scale = np.full(n, 0.5 * np.sqrt(2 / n), x.dtype)
    scale[0] = 0.5 * np.sqrt(4 / n) if type == 3 else 0.5 * np.sqrt(1 / n)
    if type == 2:
        return (_second(xp, x) * (scale if ortho else 1)).astype(x.dtype)
    if type == 3:
        turn = 2 * n * np.exp(0.5j * np.pi * np.arange(n) / n).astype(np.result_type(x.dtype, np.complex64))
        return xp.fft.irfft((x * scale if ortho else x) * turn, 2 * n)[..., :n].astype(x.dtype)
    odd = _second(xp, _fitted(xp, x, 2 * n))[..., 1::2]
    return (odd * np.asarray(np.sqrt(0.5 / n) if ortho else 1, x.dtype)).astype(x.dtype)


# --------------------------------------------------------------------------------------------------------------- frames


def _count(n: int, length: int, step: int, pad_end: bool) -> int:
    """The number of frames."""
    return -(-n // step) if pad_end else max(0, 1 + (n - length) // step)


def _framed(where: str, signal: Tensor, length: Any, step: Any, pad_end: bool, pad_value: Any, axis: int) -> Shape:
    if signal.shape.rank is None:
        return shapes.UNKNOWN
    if not signal.shape.rank:
        raise ValueError(f"{where}: signal must be of rank 1 at least; got a scalar")
    axis = shapes.axis_in(where, axis, signal.shape.rank)
    known, steps, n = shapes.known_int(length), shapes.known_int(step), signal.shape[axis]
    if (known is not None and known < 1) or (steps is not None and steps < 1):
        raise ValueError(f"{where}: frame_length and frame_step must be positive; got {known} and {steps}")
    frames = None if n is None or known is None or steps is None else _count(n, known, steps, pad_end)
    return Shape((*signal.shape[:axis], frames, known, *signal.shape[axis + 1 :]))


@op(shape=_framed, label="frame")
def frame(
    xp,
    signal: Array,
    frame_length: Size,
    frame_step: Size,
    pad_end: Flag = False,
    pad_value=0,
    axis: Axis = -1,
):
    """Frames of a signal, which may overlap.

    Args:
        signal: a tensor.
        frame_length: the length of a frame.
        frame_step: how far from each other frames begin.
        pad_end: whether a frame begins at each step before the end, filled up with `pad_value`.
        pad_value: what frames are filled up with.
        axis: the axis that becomes two: frames, and elements within a frame.

    >>> frame([1, 2, 3, 4, 5], 3, 2).numpy().tolist()
    [[1, 2, 3], [3, 4, 5]]
    """
    (length,), (step,) = integers(frame_length), integers(frame_step)
    if length < 1 or step < 1 or not signal.ndim:
        raise ValueError(f"frame_length and frame_step must be positive; got {length} and {step}")
    axis = axis % signal.ndim
    n = signal.shape[axis]
    count = _count(n, length, step, pad_end)
    missing = (count - 1) * step + length - n
    if pad_end and missing > 0:
        widths = [(0, missing if i == axis else 0) for i in range(signal.ndim)]
        signal = xp.pad(signal, widths, constant_values=pad_value)
    places = np.arange(count)[:, None] * step + np.arange(length)
    return signal[(*(slice(None),) * axis, places)]


def _overlapped(where: str, signal: Tensor, step: Any) -> Shape:
    if signal.shape.rank is None:
        return shapes.UNKNOWN
    if signal.shape.rank < 2:
        raise ValueError(f"{where}: signal must be of rank 2 at least; got shape {signal.shape}")
    *batch, frames, length = signal.shape
    step = shapes.known_int(step)
    whole = None if None in (frames, length, step) else max(0, (frames - 1) * step + length)
    return Shape((*batch, whole))


@op(shape=_overlapped)
def overlap_and_add(xp, signal: Number, frame_step: Size):
    """The sums of frames, each of which begins `frame_step` after the one before.

    >>> overlap_and_add([[1, 2, 3], [4, 5, 6]], 2).numpy().tolist()
    [1, 2, 7, 5, 6]
    """
    (step,) = integers(frame_step)
    if signal.ndim < 2:
        raise ValueError(f"signal must be of rank 2 at least; got shape {signal.shape}")
    *batch, frames, length = signal.shape
    whole = xp.zeros((*batch, max(0, (frames - 1) * step + length)), signal.dtype)
    if xp is np:
        for i in range(frames):
            whole[..., i * step : i * step + length] += signal[..., i, :]
        return whole
    places = np.arange(frames)[:, None] * step + np.arange(length)
    return whole.at[..., places].add(signal)
