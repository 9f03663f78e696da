"""`tf.signal`: transforms, windows, spectrograms, by the operations of `kjax.ops.signals`.

`SIGNAL` is the table of `tf.signal`, `V1_SPECTRAL` that of `tf.compat.v1.spectral`, and `V1` that of the transforms
that TensorFlow 1 has at its root.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.dtypes import as_dtype
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.ops import signals

# ----------------------------------------------------------------------------------------------------------- transforms


def _fourier(function: Any, axes: int) -> Callable[..., Any]:
    def call(input: Any, name: Any = None) -> Any:
        x = as_tensor(input)
        if not isinstance(input, Tensor) and not x.dtype.is_complex:
            x = K.cast(x, "complex64")  # (as TensorFlow converts lists)
        return function(x, axes)

    return call


def _real_fourier(function: Any, axes: int) -> Callable[..., Any]:
    def call(input_tensor: Any, fft_length: Any = None, name: Any = None) -> Any:
        return function(input_tensor, axes, fft_length)

    return call


_TRANSFORMS: Table = {
    f"{name}{'' if axes == 1 else f'{axes}d'}": make(getattr(signals, name), axes)
    for make, names in ((_fourier, ("fft", "ifft")), (_real_fourier, ("rfft", "irfft")))
    for name in names
    for axes in (1, 2, 3)
}


def _cosines(where: str, input: Any, type: int, n: Any, axis: int, norm: Any) -> Any:
    if type not in (1, 2, 3, 4):
        raise ValueError(f"{where}: type must be 1, 2, 3 or 4; got {type!r}")
    if axis != -1:
        raise NotImplementedError(f"{where}: axis must be -1; got {axis!r}")
    if norm not in (None, "ortho") or (norm and type == 1):
        raise ValueError(f"{where}: norm must be None or, but for type 1, 'ortho'; got {norm!r}")
    if n is not None and not isinstance(n, Tensor) and n < 1:
        raise ValueError(f"{where}: n must be positive; got {n!r}")
    return signals.dct(input, type, n, norm == "ortho")


def _dct(input: Any, type: Any = 2, n: Any = None, axis: Any = -1, norm: Any = None, name: Any = None) -> Any:
    return _cosines("tf.signal.dct", input, type, n, axis, norm)


def _idct(input: Any, type: Any = 2, n: Any = None, axis: Any = -1, norm: Any = None, name: Any = None) -> Any:
    return _cosines("tf.signal.idct", input, {2: 3, 3: 2}.get(type, type), n, axis, norm)


# -------------------------------------------------------------------------------------------------------------- windows


def _length(where: str, value: Any) -> int:
    if isinstance(value, Tensor) and value.is_symbolic:
        raise TypeError(f"{where}: the length must be known when the graph is built; got {value!r}")
    length = np.asarray(value.numpy() if isinstance(value, Tensor) else value)
    if length.ndim or length.dtype.kind not in "iu" or length < 0:
        raise ValueError(f"{where}: the length must be an integer, not negative; got {value!r}")
    return int(length)


def _window(name: str, values: Callable[..., Any]) -> Callable[..., Any]:
    """A window from a function of the length, and perhaps of one more argument."""
    where = f"tf.signal.{name}"

    def window(length: Any, dtype: Any, *rest: Any) -> Any:
        dtype = as_dtype(dtype, f"{where}: dtype")
        if not dtype.is_floating:
            raise ValueError(f"{where}: dtype must be one of floats; got {dtype}")
        length = _length(where, length)
        made = values(length, *rest) if length > 1 else np.ones(length)
        return K.cast(as_tensor(made), dtype)

    return window


def _raised_cosine(a: float, b: float) -> Callable[..., Any]:
    def values(length: int, periodic: Any) -> Any:
        # (of odd length, the window is the same in both ways)
        period = length if periodic and length % 2 == 0 else length - 1
        return a - b * np.cos(2 * np.pi * np.arange(length) / period)

    return values


def _kaiser(length: int, beta: Any) -> Any:
    place = np.linspace(-1, 1, length)
    return np.i0(float(beta) * np.sqrt(np.maximum(1 - place**2, 0))) / np.i0(float(beta))


def _kaiser_bessel(length: int, beta: Any) -> Any:
    totals = np.cumsum(_kaiser(length // 2 + 1, beta))
    half = np.sqrt(totals[:-1] / totals[-1])
    return np.concatenate([half, half[::-1]])


def _vorbis(length: int) -> Any:
    return np.sin(np.pi / 2 * np.sin(np.pi / length * (np.arange(length) + 0.5)) ** 2)


_hann, _hamming = (
    _window("hann_window", _raised_cosine(0.5, 0.5)),
    _window("hamming_window", _raised_cosine(0.54, 0.46)),
)
_kaisers = _window("kaiser_window", _kaiser)
_derived = _window("kaiser_bessel_derived_window", _kaiser_bessel)
_vorbises = _window("vorbis_window", _vorbis)


def hann_window(window_length: Any, periodic: Any = True, dtype: Any = "float32", name: Any = None) -> Any:
    """`tf.signal.hann_window`: a raised cosine."""
    return _hann(window_length, dtype, periodic)


def hamming_window(window_length: Any, periodic: Any = True, dtype: Any = "float32", name: Any = None) -> Any:
    """`tf.signal.hamming_window`: a raised cosine that does not fall to zero."""
    return _hamming(window_length, dtype, periodic)


def vorbis_window(window_length: Any, dtype: Any = "float32", name: Any = None) -> Any:
    """`tf.signal.vorbis_window`: the sine of a square of a sine, for `mdct`."""
    return _vorbises(window_length, dtype)


# --------------------------------------------------------------------------------------------------------- spectrograms


def _frame(
    signal: Any,
    frame_length: Any,
    frame_step: Any,
    pad_end: bool = False,
    pad_value: Any = 0,
    axis: Any = -1,
    name: Any = None,
) -> Any:
    return signals.frame(signal, frame_length, frame_step, pad_end, pad_value, axis)


def _enclosing(length: int) -> int:
    """The least power of two that is not less."""
    return 1 << (length - 1).bit_length()


def _stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    pad_end: bool = False,
    name: Any = None,
) -> Any:
    x = as_tensor(signals, where="tf.signal.stft: signals")
    length = _length("tf.signal.stft", frame_length)
    framed = _frame(x, length, frame_step, pad_end)
    if window_fn is not None:
        framed = framed * window_fn(length, dtype=framed.dtype)
    return _TRANSFORMS["rfft"](framed, [_enclosing(length) if fft_length is None else fft_length])


def _inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Any = hann_window,
    name: Any = None,
) -> Any:
    length = _length("tf.signal.inverse_stft", frame_length)
    whole = _enclosing(length) if fft_length is None else _length("tf.signal.inverse_stft: fft_length", fft_length)
    frames = _TRANSFORMS["irfft"](stfts, [whole])[..., :length]
    if whole < length:
        frames = ops.pad(frames, [[0, 0]] * (len(frames.shape) - 1) + [[0, length - whole]])
    if window_fn is not None:
        frames = frames * window_fn(length, dtype=frames.dtype)
    return signals.overlap_and_add(frames, frame_step)


def _inverse_stft_window_fn(frame_step: Any, forward_window_fn: Any = hann_window, name: Any = None) -> Any:
    step = _length("tf.signal.inverse_stft_window_fn", frame_step)

    def window(frame_length: Any, dtype: Any) -> Any:
        length = _length("tf.signal.inverse_stft_window_fn", frame_length)
        forward = as_tensor(forward_window_fn(length, dtype=dtype))
        frames = -(-length // step)
        squares = ops.pad(K.square(forward), [[0, frames * step - length]])
        total = K.tile(K.sum(K.reshape(squares, (frames, step)), 0), frames)
        return forward / total[:length]

    return window


def _reversed(x: Any) -> Any:
    return K.reverse(x, len(x.shape) - 1)


def _mdct(
    signals: Any,
    frame_length: Any,
    window_fn: Any = vorbis_window,
    pad_end: bool = False,
    norm: Any = None,
    name: Any = None,
) -> Any:
    x = as_tensor(signals, where="tf.signal.mdct: signals")
    length = _length("tf.signal.mdct", frame_length)
    if length % 4 or not length:
        raise ValueError(f"tf.signal.mdct: frame_length must be a multiple of 4; got {length}")
    framed = _frame(x, length, length // 2, pad_end)
    framed = framed * (np.sqrt(0.5) if window_fn is None else window_fn(length, dtype=framed.dtype))
    quarter = length // 4
    a, b, c, d = (framed[..., i * quarter : (i + 1) * quarter] for i in range(4))
    return _dct(K.concatenate([-_reversed(c) - d, a - _reversed(b)]), 4, norm=norm)


def _inverse_mdct(mdcts: Any, window_fn: Any = vorbis_window, norm: Any = None, name: Any = None) -> Any:
    x = as_tensor(mdcts, where="tf.signal.inverse_mdct: mdcts")
    half = x.shape[-1] if x.shape.rank else None
    if half is None or half % 2:
        raise ValueError(f"tf.signal.inverse_mdct: mdcts must have a last axis of known, even length; got {x.shape}")
    made = _dct(x, 4, norm=norm)
    if norm is None:
        made = made * (0.5 / half)
    first, second = made[..., : half // 2], made[..., half // 2 :]
    frames = K.concatenate([second, -_reversed(second), -_reversed(first), -first])
    frames = frames * (np.sqrt(0.5) if window_fn is None else window_fn(2 * half, dtype=frames.dtype))
    return signals.overlap_and_add(frames, half)


def _linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: Any = 125.0,
    upper_edge_hertz: Any = 3800.0,
    dtype: Any = "float32",
    name: Any = None,
) -> Any:
    where = "tf.signal.linear_to_mel_weight_matrix"
    dtype = as_dtype(dtype, f"{where}: dtype")
    if not dtype.is_floating:
        raise ValueError(f"{where}: dtype must be one of floats; got {dtype}")
    rate = float(sample_rate)
    if num_mel_bins <= 0 or rate <= 0 or not 0 <= lower_edge_hertz < upper_edge_hertz <= rate / 2:
        raise ValueError(
            f"{where}: num_mel_bins and sample_rate must be positive, and the edges within 0 and half the rate; got "
            f"{num_mel_bins}, {sample_rate}, {lower_edge_hertz} and {upper_edge_hertz}"
        )

    def mel(frequency: Any) -> Any:
        return 1127 * np.log1p(np.asarray(frequency, float) / 700)

    edges = np.linspace(mel(lower_edge_hertz), mel(upper_edge_hertz), num_mel_bins + 2)
    places = mel(np.linspace(0, rate / 2, num_spectrogram_bins))[:, None]
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(np.minimum((places - left) / (middle - left), (right - places) / (right - middle)), 0)
    weights[:1] = 0  # (no band hears what does not swing)
    return K.cast(as_tensor(weights), dtype)


def _mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: Any = None) -> Any:
    where = "tf.signal.mfccs_from_log_mel_spectrograms"
    x = as_tensor(log_mel_spectrograms, where=f"{where}: log_mel_spectrograms")
    if not x.shape.rank:
        raise ValueError(f"{where}: log_mel_spectrograms must be of rank 1 at least; got shape {x.shape}")
    bins = K.cast(K.shape(x)[-1] if x.shape[-1] is None else as_tensor(x.shape[-1]), x.dtype)
    return _dct(x) / ops.sqrt(bins * 2)


# ----------------------------------------------------------------------------------------------------------- the tables

SIGNAL: Table = {
    **_TRANSFORMS,
    "dct": _dct,
    "fftshift": lambda x, axes=None, name=None: signals.fftshift(x, axes),
    "frame": _frame,
    "hamming_window": hamming_window,
    "hann_window": hann_window,
    "idct": _idct,
    "ifftshift": lambda x, axes=None, name=None: signals.ifftshift(x, axes),
    "inverse_mdct": _inverse_mdct,
    "inverse_stft": _inverse_stft,
    "inverse_stft_window_fn": _inverse_stft_window_fn,
    "kaiser_bessel_derived_window": lambda window_length, beta=12.0, dtype="float32", name=None: _derived(
        window_length, dtype, beta
    ),
    "kaiser_window": lambda window_length, beta=12.0, dtype="float32", name=None: _kaisers(window_length, dtype, beta),
    "linear_to_mel_weight_matrix": _linear_to_mel_weight_matrix,
    "mdct": _mdct,
    "mfccs_from_log_mel_spectrograms": _mfccs_from_log_mel_spectrograms,
    "overlap_and_add": lambda signal, frame_step, name=None: signals.overlap_and_add(signal, frame_step),
    "stft": _stft,
    "vorbis_window": vorbis_window,
}

V1_SPECTRAL: Table = {**_TRANSFORMS, "dct": _dct, "idct": _idct}
V1: Table = {name: call for name, call in _TRANSFORMS.items() if "rfft" not in name}

give_names({"tensorflow.signal": SIGNAL}, __name__)
