"""Functions that Keras 2.3.1 asks of a backend and `kjax.backend` lacks, or that mean something else there."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.graph import graph_mode
from kjax.core.operands import as_tensor
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.updates import control_dependencies
from kjax.core.variable import Variable
from kjax.dialects.keras2_choices import switch
from kjax.dialects.keras2_sizes import lowered
from kjax.dialects.tensorflow_modules import backend_name
from kjax.dialects.tensorflow_ops import where
from kjax.machine import config
from kjax.ops.ctc import decode as _decode
from kjax.ops.elementwise import identity as _identity
from kjax.ops.indexing import slice as _slice
from kjax.ops.reduction import logsumexp
from kjax.ops.state import size as _size
from kjax.sparse.tensor import SparseTensor

__all__ = [
    "backend",
    "batch_normalization",
    "bias_add",
    "cast_to_floatx",
    "control_dependencies",
    "ctc_decode",
    "gather",
    "identity",
    "int_shape",
    "is_placeholder",
    "is_tensor",
    "is_variable",
    "learning_phase",
    "local_conv1d",
    "logsumexp",
    "name_scope",
    "normalize_data_format",
    "repeat_elements",
    "size",
    "slice",
    "tile",
]


def backend() -> str:
    """The name of the backend: for programs as `backend_name` has it, for modules of Keras itself `'kjax'`."""
    caller = str(sys._getframe(1).f_globals.get("__name__"))
    return config.backend() if caller.partition(".")[0] == "keras" else backend_name()


def int_shape(x: Any) -> Any:
    """The static shape; the shape that a layer noted at its result takes precedence over the shape from the operations.

    Args:
        x: a tensor, variable or array.

    Returns:
        A tuple of ints, with None for dims known only at run time; None if not even the rank is known.

    Source: `keras.backend.int_shape`, Keras 2.3.1.

    >>> x = K.placeholder(ndim=2); x._keras_shape = (None, 3); int_shape(x)
    (None, 3)
    """
    return x._keras_shape if hasattr(x, "_keras_shape") else K.int_shape(x)


def tile(x: Any, n: Any) -> Any:
    """A tensor, repeated along its last axes.

    Args:
        x: a tensor.
        n: the number of repetitions along each axis; fewer numbers than axes, or one int, belong to the last axes.

    Raises:
        ValueError: the numbers are more than the axes, or the rank of `x` is not known.

    Source: `keras.backend.tile`, Keras 2.3.1.

    >>> K.eval(tile([[1., 2.]], 2)).tolist()
    [[1.0, 2.0, 1.0, 2.0]]
    """
    if not is_tensor(n):
        n, rank = (n,) if isinstance(n, int) else tuple(n), K.ndim(x)
        if rank is None:
            raise ValueError(f"tile(): x must be of known rank, so that {n} can be those of its last axes; got {x!r}")
        n = (1,) * (rank - len(n)) + n
    return K.tile(x, n)


def gather(reference: Any, indices: Any) -> Any:
    """The rows of a tensor at given places; or of a table in several parts.

    Args:
        reference: a tensor; or a list of tensors, which hold the rows in turn: row `i` of `n` parts is row `i // n` of
            part `i % n`.
        indices: a tensor of integers.

    Returns:
        As `kjax.backend.gather`.

    Raises:
        As `kjax.backend.gather`.

    Source: `keras.backend.gather`, Keras 2.3.1.

    >>> K.eval(gather([[[0.], [2.]], [[1.], [3.]]], [0, 1, 2])).ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    parts = [as_tensor(part) for part in reference] if isinstance(reference, (list, tuple)) else []
    if not parts or not (any(map(is_tensor, reference)) or all(part.shape.rank for part in parts)):
        return K.gather(reference, indices)
    indices, picked = as_tensor(indices), None
    for place, part in enumerate(parts):
        here = K.equal(indices % len(parts), place)
        rows = K.gather(part, where(here, indices // len(parts), 0))
        picked = rows if picked is None else switch(here, rows, picked)
    return picked


def slice(x: Any, start: Any, size: Any) -> Any:
    """A part of a tensor, of which the first place and the dims are given.

    Args:
        x: a tensor.
        start: the first place along each axis: ints, or a tensor of them.
        size: how much of each axis; -1 is all that is left.

    Returns:
        A tensor of the rank and dtype of `x`.

    Raises:
        ValueError: there are not as many numbers as axes, or the part is not within `x`.

    Source: `keras.backend.slice`, Keras 2.3.1.

    >>> K.eval(slice([[1., 2.], [3., 4.]], (1, 0), (1, -1))).tolist()
    [[3.0, 4.0]]
    """
    part, rank = _slice(x, start, size), as_tensor(x).shape.rank
    if part.shape.rank is None and rank is not None:
        part.set_shape((None,) * rank)
    return part


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Repeat each element along an axis.

    Args:
        x: a tensor.
        rep: the number of repetitions.
        axis: the axis to repeat along.

    Source: `keras.backend.repeat_elements`, Keras 2.3.1.

    >>> K.eval(repeat_elements([1., 2.], 2, 0)).tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    result = K.repeat_elements(x, rep, axis)
    result._keras_shape = K.int_shape(result)
    return result


def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """`x`, shifted and scaled to the given mean and variance.

    Args:
        x: a tensor of floats.
        mean, var: tensors that broadcast against `x`, as vectors along its last axis.
        beta, gamma: what is added at the end, and the factor before; None for 0 and 1.
        axis: not looked at on CPUs, by TensorFlow 1.15 neither: layers bring the others into shape before.
        epsilon: is added to the variance.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `keras.backend.batch_normalization`, Keras 2.3.1.

    >>> K.eval(batch_normalization([[1., 2.]], [1., 1.], [1., 1.], None, None, epsilon=0.)).tolist()
    [[0.0, 1.0]]
    """
    return K.batch_normalization(x, mean, var, beta, gamma, epsilon=epsilon)


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """Add a bias to each position; to each row of a matrix, whatever the layout of images.

    Args:
        x: a tensor of rank 2 at least.
        bias: a vector with a number for each channel, or a tensor of the shape of one sample.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.

    Returns:
        As `kjax.backend.bias_add`. One number is added everywhere, where TensorFlow 1.15 has no operation for the rank.

    Source: `keras.backend.bias_add`, Keras 2.3.1.

    >>> K.eval(bias_add([[1., 2.]], [10., 20.], 'channels_first')).tolist()
    [[11.0, 22.0]]
    """
    x, bias, rank = as_tensor(x), as_tensor(bias), K.ndim(x)
    layout = (
        "channels_last" if rank == 2 else lowered(config.image_data_format() if data_format is None else data_format)
    )
    if K.int_shape(bias) == (1,) and (rank in (3, 5) or (rank == 4 and layout == "channels_first")):
        return x + bias
    return K.bias_add(x, bias, layout)


def local_conv1d(inputs: Any, kernel: Any, kernel_size: Any, strides: Any, data_format: str | None = None) -> Any:
    """A convolution of sequences with a kernel of its own for each place, channels last whatever the format says.

    Args:
        inputs: a tensor of floats, `(batch, steps, channels)`.
        kernel: another of its dtype, `(places, size * channels, filters)`.
        kernel_size: how many steps the window has, a tuple of one int.
        strides: how many steps it moves, likewise.
        data_format: must be a layout or None, and is not looked at further.

    Source: `keras.backend.local_conv1d`, Keras 2.3.1.

    >>> local_conv1d(K.ones((2, 3, 1)), K.ones((2, 2, 4)), (2,), (1,), 'channels_first').shape
    (2, 2, 4)
    """
    normalize_data_format(data_format)
    return K.local_conv1d(inputs, kernel, kernel_size, strides, "channels_last")


def normalize_data_format(value: Any) -> str:
    """`'channels_first'` or `'channels_last'`, written in any way; None is `image_data_format()`.

    Source: `keras.backend.normalize_data_format`, Keras 2.3.1.

    >>> normalize_data_format('Channels_First')
    'channels_first'
    """
    layout = lowered(config.image_data_format() if value is None else value)
    if layout not in ("channels_first", "channels_last"):
        raise ValueError(
            f"normalize_data_format(): value must be 'channels_first', 'channels_last' or None; got {value!r}"
        )
    return str(layout)


def ctc_decode(
    y_pred: Any,
    input_length: Any,
    greedy: bool = True,
    beam_width: int = 100,
    top_paths: int = 1,
    merge_repeated: bool = False,
) -> Any:
    """Decode the output of a network into sequences of labels.

    Args:
        y_pred: a tensor of floats, `(samples, time, classes)`; the last class is the blank.
        input_length: a tensor `(samples,)`: the number of time steps of each sample.
        greedy: whether to take the likeliest class at each step, rather than a beam search.
        beam_width: the number of sequences that the search follows.
        top_paths: the number of sequences to return.
        merge_repeated: whether the search drops repeated labels, even where a blank was between.

    Returns:
        As `kjax.backend.ctc_decode`.

    Source: `keras.backend.ctc_decode`, Keras 2.3.1.

    >>> likely = [[[0.1, 0.9], [0.9, 0.1], [0.1, 0.9], [0.9, 0.1]]]
    >>> [K.eval(ctc_decode(likely, [4], False, 4, 1, merge)[0][0]).tolist() for merge in (False, True)]
    [[[0, 0]], [[0]]]
    """
    return _decode(y_pred, input_length, greedy, beam_width, top_paths, merge_repeated)


def name_scope(name: str | None) -> Any:
    """A `with` block in which names get the prefix `name/`; no prefix for None, as the name of a custom loss may be.

    Args:
        name: the scope's name, or None.

    Source: `keras.backend.name_scope`, Keras 2.3.1.

    >>> with name_scope(None) as scope:
    ...     scope
    ''
    """
    return K.name_scope("" if name is None else name)


def identity(x: Any, name: str | None = None) -> Any:
    """A tensor with the same value.

    Args:
        x: a tensor.
        name: ignored.

    Source: `keras.backend.identity`, Keras 2.3.1.

    >>> identity([1., 2.]).numpy().tolist()
    [1.0, 2.0]
    """
    return _identity(x)


def size(x: Any, name: str | None = None) -> Any:
    """The number of elements of a tensor, as a scalar tensor of int32.

    Args:
        x: a tensor.
        name: ignored.

    Source: `keras.backend.size`, Keras 2.3.1.

    >>> size([[1., 2., 3.]]).numpy()
    np.int32(3)
    """
    return _size(x)


def learning_phase() -> Any:
    """The learning phase: 0 (test) or 1 (train) where it was set, else a symbolic scalar, whatever the mode.

    Source: `keras.backend.learning_phase`, Keras 2.3.1.

    >>> is_tensor(learning_phase())
    True
    """
    with graph_mode():
        return K.learning_phase()


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor (also a sparse one) or variable.

    Source: `keras.backend.is_tensor`, Keras 2.3.1.

    >>> is_tensor([1.]), is_tensor(K.placeholder(ndim=1))
    (False, True)
    """
    return isinstance(x, (Tensor, SparseTensor))


def is_variable(x: Any) -> bool:
    """Whether `x` is a variable.

    Source: `keras.backend.is_variable`, Keras 2.3.1.

    >>> is_variable(K.placeholder(ndim=1))
    False
    """
    return isinstance(x, Variable)


def is_placeholder(x: Any) -> bool:
    """Whether `x` is a placeholder that must be fed; the learning phase need not be.

    Source: `keras.backend.is_placeholder`, Keras 2.3.1.

    >>> is_placeholder(K.placeholder(ndim=1))
    True
    """
    x = x.values if isinstance(x, SparseTensor) else x
    return isinstance(x, Placeholder) and x._default is None


def cast_to_floatx(x: Any) -> Any:
    """An array of the default float type.

    Args:
        x: a number, list, array or concrete tensor.

    Source: `keras.backend.cast_to_floatx`, Keras 2.3.1.

    >>> cast_to_floatx([1, 2]).dtype.name
    'float32'
    """
    return K.cast_to_floatx(x) if is_tensor(x) else np.asarray(x, dtype=config.floatx())
