"""Global settings: float type, fuzz factor, image layout; and unique ids."""

from __future__ import annotations

import collections
import os
import sys
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

from kjax.machine.scopes import scope

# Whether the optional shortcuts in docs/performance.md are switched off, to find out whether one of them is at fault.
PLAIN = os.environ.get("KJAX_PLAIN", "0") not in ("", "0")

_plain: ContextVar[bool] = ContextVar("kjax_plain", default=False)


def is_plain() -> bool:
    """Whether kernels are computed in the plainest way: without shortcuts, or for a program that goes elsewhere."""
    return PLAIN or _plain.get()


def plainly() -> AbstractContextManager[Any]:
    """A `with` block in which kernels are computed in the plainest way."""
    return scope(_plain, True)


_FLOATX_CHOICES = ("float16", "float32", "float64")
_DATA_FORMATS = ("channels_last", "channels_first")

_floatx = "float32"
_epsilon = 1e-7
_image_data_format = "channels_last"
_uids: collections.defaultdict[str, int] = collections.defaultdict(int)


def backend() -> str:
    """Name of the backend: `'kjax'`.

    Not `'tensorflow'`: code that gets this answer goes on to use TensorFlow's internals.

    Source: `tf.keras.backend.backend`, TF 2.2. Differs: there it is `'tensorflow'`.

    >>> backend()
    'kjax'
    """
    return "kjax"


def floatx() -> str:
    """Name of the default float type.

    Returns:
        `'float16'`, `'float32'` (unless set otherwise) or `'float64'`.

    Source: `tf.keras.backend.floatx`, TF 2.2.

    >>> floatx()
    'float32'
    """
    return _floatx


def set_floatx(value: str) -> None:
    """Set the default float type.

    Args:
        value: `'float16'`, `'float32'` or `'float64'`.

    Raises:
        ValueError: any other value.

    Source: `tf.keras.backend.set_floatx`, TF 2.2.

    >>> set_floatx('float64'); floatx()
    'float64'
    >>> set_floatx('float32')
    """
    global _floatx
    if not isinstance(value, str) or value not in _FLOATX_CHOICES:
        raise ValueError(f"set_floatx(): value must be one of {', '.join(_FLOATX_CHOICES)}; got {value!r}")
    _floatx = str(value)


def epsilon() -> float:
    """The fuzz factor which keeps divisions and logarithms finite, 1e-7 unless set otherwise.

    Source: `tf.keras.backend.epsilon`, TF 2.2.

    >>> epsilon()
    1e-07
    """
    return _epsilon


def set_epsilon(value: float) -> None:
    """Set the fuzz factor.

    Args:
        value: a number.

    Raises:
        TypeError: `value` is no number.

    Source: `tf.keras.backend.set_epsilon`, TF 2.2.

    >>> set_epsilon(1e-5); epsilon()
    1e-05
    >>> set_epsilon(1e-7)
    """
    global _epsilon
    try:
        _epsilon = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"set_epsilon(): value must be a number; got {value!r}") from None


def image_data_format() -> str:
    """The layout of images which functions assume by default.

    Returns:
        `'channels_last'` (unless set otherwise) or `'channels_first'`.

    Source: `tf.keras.backend.image_data_format`, TF 2.2.

    >>> image_data_format()
    'channels_last'
    """
    return _image_data_format


def set_image_data_format(data_format: str) -> None:
    """Set the default layout of images.

    Args:
        data_format: `'channels_last'` or `'channels_first'`.

    Raises:
        ValueError: any other value.

    Source: `tf.keras.backend.set_image_data_format`, TF 2.2.

    >>> set_image_data_format('channels_first'); image_data_format()
    'channels_first'
    >>> set_image_data_format('channels_last')
    """
    global _image_data_format
    if not isinstance(data_format, str) or data_format not in _DATA_FORMATS:
        listed = ", ".join(_DATA_FORMATS)
        raise ValueError(f"set_image_data_format(): data_format must be one of {listed}; got {data_format!r}")
    _image_data_format = data_format


def get_uid(prefix: str = "") -> int:
    """The next number for `prefix`, counting from 1, as in unique names of layers.

    Args:
        prefix: any string.

    Source: `tf.keras.backend.get_uid`, TF 2.2.

    >>> get_uid('dense'), get_uid('dense'), get_uid('conv')
    (1, 2, 1)
    >>> reset_uids()
    """
    _uids[prefix] += 1
    return _uids[prefix]


def reset_uids() -> None:
    """Let `get_uid` count from 1 again for every prefix.

    Source: `tf.keras.backend.reset_uids`, TF 2.2.

    >>> _ = get_uid('x'); reset_uids(); get_uid('x')
    1
    >>> reset_uids()
    """
    _uids.clear()


def jax_loaded() -> bool:
    """Whether JAX has been imported, by anyone; if not, no value is a JAX array."""
    return "jax" in sys.modules
