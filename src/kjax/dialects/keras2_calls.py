"""Functions that Keras 2.3.1 asks of a backend and `kjax.backend` lacks, or that mean something else there."""

from __future__ import annotations

from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.graph import graph_mode
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.updates import control_dependencies
from kjax.core.variable import Variable
from kjax.machine import config
from kjax.ops.convolution import separable_conv1d
from kjax.ops.ctc import decode as _decode
from kjax.ops.elementwise import identity as _identity
from kjax.ops.indexing import slice
from kjax.ops.reduction import logsumexp
from kjax.ops.state import size as _size
from kjax.ops.transposed import conv3d_transpose
from kjax.sparse.tensor import SparseTensor

__all__ = [
    "arange",
    "bias_add",
    "cast_to_floatx",
    "control_dependencies",
    "conv3d_transpose",
    "ctc_decode",
    "eye",
    "identity",
    "int_shape",
    "is_placeholder",
    "is_tensor",
    "is_variable",
    "learning_phase",
    "logsumexp",
    "name_scope",
    "placeholder",
    "repeat_elements",
    "separable_conv1d",
    "size",
    "slice",
    "tile",
]


def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: Any = None, sparse: bool = False, name: str | None = None
) -> Any:
    """A placeholder with the attributes that Keras reads.

    Args:
        shape: the shape, with None for unknown dims.
        ndim: the rank, in place of a shape whose dims are all unknown.
        dtype: the dtype, `floatx()` by default.
        sparse: whether a sparse tensor will be fed.
        name: the placeholder's name.

    Returns:
        A placeholder; its `_keras_shape` is a tuple.

    Raises:
        As `kjax.backend.placeholder`.

    Source: `keras.backend.placeholder`, Keras 2.3.1.

    >>> placeholder(shape=(None, 3))._keras_shape
    (None, 3)
    """
    x = K.placeholder(shape=shape, ndim=ndim, dtype=dtype, sparse=sparse, name=name)
    x._keras_shape = K.int_shape(x)
    x._uses_learning_phase = False
    return x


def int_shape(x: Any) -> Any:
    """The static shape; the shape that a layer noted at its result takes precedence over the shape from the operations.

    Args:
        x: a tensor, variable or array.

    Returns:
        A tuple of ints, with None for dims known only at run time; None if not even the rank is known.

    Source: `keras.backend.int_shape`, Keras 2.3.1.

    >>> x = placeholder(ndim=2); x._keras_shape = (None, 3); int_shape(x)
    (None, 3)
    """
    return x._keras_shape if hasattr(x, "_keras_shape") else K.int_shape(x)


def eye(size: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A matrix with ones on its diagonal, and zeros elsewhere.

    Args:
        size: the number of rows and columns, or a pair of both.
        dtype: the dtype, `floatx()` by default.
        name: a name.

    Source: `keras.backend.eye`, Keras 2.3.1.

    >>> K.eval(eye((2, 3))).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    if not isinstance(size, (list, tuple)):
        return K.eye(size, dtype, name)
    rows, columns = size
    return K.constant(np.eye(rows, columns, dtype=bool), dtype=dtype, name=name)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Any:
    """Numbers in equal steps; none at all from 0 to a negative number.

    Args:
        start: the first number; if `stop` is None, the end, and the first number is 0.
        stop: the end, excluded.
        step: the distance between two numbers.
        dtype: the dtype of the result.

    Source: `keras.backend.arange`, Keras 2.3.1.

    >>> K.eval(arange(-1)).tolist()
    []
    """
    if stop is None:
        start = K.maximum(start, 0) if is_tensor(start) else max(start, 0)
    return K.arange(start, stop, step, dtype)


def tile(x: Any, n: Any) -> Any:
    """A tensor, repeated along its last axes.

    Args:
        x: a tensor.
        n: the number of repetitions along each axis; fewer numbers than axes, or one int, belong to the last axes.

    Source: `keras.backend.tile`, Keras 2.3.1.

    >>> K.eval(tile([[1., 2.]], 2)).tolist()
    [[1.0, 2.0, 1.0, 2.0]]
    """
    if not is_tensor(n):
        n = (n,) if isinstance(n, int) else tuple(n)
        n = (1,) * ((K.ndim(x) or 0) - len(n)) + n
    return K.tile(x, n)


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


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """Add a bias to each position; to each row of a matrix, whatever the layout of images.

    Args:
        x: a tensor of rank 2 at least.
        bias: a vector with a number for each channel, or a tensor of the shape of one sample.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.

    Source: `keras.backend.bias_add`, Keras 2.3.1.

    >>> K.eval(bias_add([[1., 2.]], [10., 20.], 'channels_first')).tolist()
    [[11.0, 22.0]]
    """
    return K.bias_add(x, bias, "channels_last" if K.ndim(x) == 2 else data_format)


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

    >>> is_placeholder(learning_phase())
    True
    """
    with graph_mode():
        return K.learning_phase()


def is_tensor(x: Any) -> bool:
    """Whether `x` is a tensor (also a sparse one) or variable.

    Source: `keras.backend.is_tensor`, Keras 2.3.1.

    >>> is_tensor([1.]), is_tensor(placeholder(ndim=1))
    (False, True)
    """
    return isinstance(x, (Tensor, SparseTensor))


def is_variable(x: Any) -> bool:
    """Whether `x` is a variable.

    Source: `keras.backend.is_variable`, Keras 2.3.1.

    >>> is_variable(placeholder(ndim=1))
    False
    """
    return isinstance(x, Variable)


def is_placeholder(x: Any) -> bool:
    """Whether `x` is a placeholder.

    Source: `keras.backend.is_placeholder`, Keras 2.3.1.

    >>> is_placeholder(placeholder(ndim=1))
    True
    """
    return isinstance(x.values if isinstance(x, SparseTensor) else x, Placeholder)


def cast_to_floatx(x: Any) -> Any:
    """An array of the default float type.

    Args:
        x: a number, list, array or concrete tensor.

    Source: `keras.backend.cast_to_floatx`, Keras 2.3.1.

    >>> cast_to_floatx([1, 2]).dtype.name
    'float32'
    """
    return K.cast_to_floatx(x) if is_tensor(x) else np.asarray(x, dtype=config.floatx())
