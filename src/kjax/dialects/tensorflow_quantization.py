"""`tf.quantization`: floats rounded as integers of few bits would be, for training that allows for it.

`QUANTIZATION` is the table of `tf.quantization`; `tf.compat.v1` has the same names at its root. Left out: what makes
integers of floats or floats of them.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from kjax.core.dtypes import as_dtype
from kjax.core.operands import as_tensor
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.ops import quantising

FakeQuantWithMinMaxVarsGradient = namedtuple(
    "FakeQuantWithMinMaxVarsGradient", ["backprops_wrt_input", "backprop_wrt_min", "backprop_wrt_max"]
)
FakeQuantWithMinMaxVarsPerChannelGradient = namedtuple(
    "FakeQuantWithMinMaxVarsPerChannelGradient", ["backprops_wrt_input", "backprop_wrt_min", "backprop_wrt_max"]
)


def _single(value: Any, rank: int, where: str) -> Any:
    tensor = as_tensor(value, as_dtype("float32"), where)
    if tensor.dtype != "float32":
        raise TypeError(f"{where} must be float32; got {tensor.dtype}")
    if tensor.shape.rank not in (rank, None):
        raise ValueError(f"{where} must have rank {rank}; got shape {tensor.shape}")
    return tensor


def _parts(name: str, inputs: Any, low: Any, high: Any, rank: int) -> tuple[Any, Any, Any]:
    where = f"tf.quantization.{name}"
    inputs = as_tensor(inputs, as_dtype("float32"), f"{where}: inputs")
    return inputs, _single(low, rank, f"{where}: min"), _single(high, rank, f"{where}: max")


def _of_numbers(name: str, low: float, high: float) -> None:
    if not low < high:
        raise ValueError(f"tf.quantization.{name}: min must be less than max; got {low} and {high}")


def _args(
    inputs: Any, min: Any = -6, max: Any = 6, num_bits: int = 8, narrow_range: bool = False, name: Any = None
) -> Any:
    _of_numbers("fake_quant_with_min_max_args", min, max)
    parts = _parts("fake_quant_with_min_max_args", inputs, np.float32(min), np.float32(max), 0)
    return quantising.fake_quant(*parts, num_bits, bool(narrow_range))


def _args_gradient(
    gradients: Any,
    inputs: Any,
    min: Any = -6,
    max: Any = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: Any = None,
) -> Any:
    _of_numbers("fake_quant_with_min_max_args_gradient", min, max)
    parts = _parts("fake_quant_with_min_max_args_gradient", inputs, np.float32(min), np.float32(max), 0)
    return quantising.fake_quant_gradient(gradients, *parts, num_bits, bool(narrow_range))[0]


def _vars(kind: str, rank: int) -> Any:
    def call(inputs: Any, min: Any, max: Any, num_bits: int = 8, narrow_range: bool = False, name: Any = None) -> Any:
        return quantising.fake_quant(*_parts(kind, inputs, min, max, rank), num_bits, bool(narrow_range))

    return call


def _vars_gradient(kind: str, rank: int, result: Any) -> Any:
    def call(
        gradients: Any,
        inputs: Any,
        min: Any,
        max: Any,
        num_bits: int = 8,
        narrow_range: bool = False,
        name: Any = None,
    ) -> Any:
        parts = _parts(kind, inputs, min, max, rank)
        return result(*quantising.fake_quant_gradient(gradients, *parts, num_bits, bool(narrow_range)))

    return call


_PREFIX = "fake_quant_with_min_max_"
QUANTIZATION: Table = {
    f"{_PREFIX}args": _args,
    f"{_PREFIX}args_gradient": _args_gradient,
    f"{_PREFIX}vars": _vars(f"{_PREFIX}vars", 0),
    f"{_PREFIX}vars_gradient": _vars_gradient(f"{_PREFIX}vars_gradient", 0, FakeQuantWithMinMaxVarsGradient),
    f"{_PREFIX}vars_per_channel": _vars(f"{_PREFIX}vars_per_channel", 1),
    f"{_PREFIX}vars_per_channel_gradient": _vars_gradient(
        f"{_PREFIX}vars_per_channel_gradient", 1, FakeQuantWithMinMaxVarsPerChannelGradient
    ),
}

give_names({"tensorflow.quantization": QUANTIZATION}, __name__)
