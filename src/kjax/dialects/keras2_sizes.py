"""Functions that take an argument in a form which `kjax.backend` refuses: a float for a size, a layout in capitals.

`K.zeros((n / 2, 3))`, `strides=(2.0, 2)`: Python 2 made ints of such quotients, and TensorFlow 1 went on as if Python
still did. Not everywhere: `reshape`, `tile` and most axes refuse floats there as they do here.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.tensor import Tensor
from kjax.ops import convolution, transposed

__all__ = [
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "depthwise_conv2d",
    "local_conv2d",
    "one_hot",
    "pool2d",
    "pool3d",
    "separable_conv1d",
    "separable_conv2d",
    "softmax",
    "spatial_2d_padding",
    "spatial_3d_padding",
    "squeeze",
    "stack",
]

Form = Callable[[Any], Any]


def whole(value: Any) -> Any:
    """A float as an int, without what is behind the point; also within a tuple or list.

    >>> whole((2.0, 2.5, 3, None))
    (2, 2, 3, None)
    """
    if type(value) in (tuple, list):
        return type(value)([whole(part) for part in value])
    is_float = isinstance(value, (float, np.floating)) or (isinstance(value, np.ndarray) and value.dtype.kind == "f")
    return int(value) if is_float and not np.ndim(value) and math.isfinite(value) else value


def exactly(value: Any) -> Any:
    """The same of a float that is whole; any other is left for a function to refuse.

    >>> exactly((2.0, 2.5))
    (2, 2.5)
    """
    if type(value) in (tuple, list):
        return type(value)([exactly(part) for part in value])
    if isinstance(value, Tensor):
        return value
    made = whole(value)
    return made if made is not value and made == value else value


def _of_numpy(value: Any) -> Any:
    """A float of NumPy as an int; one of Python is left for a function to refuse."""
    return value if isinstance(value, float) and not isinstance(value, np.generic) else whole(value)


def lowered(value: Any) -> Any:
    """A word without capitals.

    >>> lowered('Channels_First'), lowered(None)
    ('channels_first', None)
    """
    return value.lower() if isinstance(value, str) else value


def adapted(function: Callable[..., Any], **forms: Form) -> Any:
    """`function`, with some of its arguments brought into the form that it takes.

    Args:
        function: a function of the backend.
        **forms: what does so, by the names of parameters.
    """
    names = [*inspect.signature(function).parameters]
    places = {name: names.index(name) for name in forms}

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for name, form in forms.items():
            place = places[name]
            if place < len(args):
                args = (*args[:place], form(args[place]), *args[place + 1 :])
            elif name in kwargs:
                kwargs[name] = form(kwargs[name])
        return function(*args, **kwargs)

    return call


_moving: dict[str, Form] = {"strides": whole, "dilation_rate": whole, "data_format": lowered}
_pooling: dict[str, Form] = {"pool_size": whole, "strides": whole, "data_format": lowered}

conv1d = adapted(K.conv1d, **_moving)
conv2d = adapted(K.conv2d, **_moving)
conv2d_transpose = adapted(K.conv2d_transpose, data_format=lowered)
conv3d = adapted(K.conv3d, **_moving)
conv3d_transpose = adapted(transposed.conv3d_transpose, data_format=lowered)
depthwise_conv2d = adapted(K.depthwise_conv2d, **_moving)
local_conv2d = adapted(K.local_conv2d, data_format=lowered)
one_hot = adapted(K.one_hot, num_classes=_of_numpy)
pool2d = adapted(K.pool2d, **_pooling)
pool3d = adapted(K.pool3d, **_pooling)
separable_conv1d = adapted(convolution.separable_conv1d, **_moving)
separable_conv2d = adapted(K.separable_conv2d, **_moving)
softmax = adapted(K.softmax, axis=exactly)
spatial_2d_padding = adapted(K.spatial_2d_padding, data_format=lowered)
spatial_3d_padding = adapted(K.spatial_3d_padding, data_format=lowered)
squeeze = adapted(K.squeeze, axis=whole)
stack = adapted(K.stack, axis=whole)
