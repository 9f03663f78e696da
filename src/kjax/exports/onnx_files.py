"""Functions as files of ONNX, by jax2onnx."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from kjax.core.tensor import Tensor
from kjax.exports.inlining import inlined
from kjax.machine.config import plainly
from kjax.machine.scopes import wide_types


def write(
    name: str,
    call: Callable[..., Any],
    inputs: Sequence[Tensor],
    dims: Sequence[Sequence[int | str]],
    outputs: Sequence[Tensor],
    path: str | os.PathLike[str],
) -> None:
    """Write a function from the values of `inputs`, of the shapes `dims`, to those of `outputs`."""
    import jax

    wide = any(t.dtype == "float64" for t in (*inputs, *outputs))
    with _jax_as_it_was():
        try:
            import jax2onnx
            import onnx
        except ImportError:
            raise NotImplementedError('export() to a file of ONNX needs jax2onnx: pip install "kjax[onnx]"') from None
        names = _names([*inputs, *outputs])
        with plainly(), wide_types(jax, wide), _quiet("onnx_ir"):
            model = jax2onnx.to_onnx(
                _apart(inlined(call, _RULES)),
                [_Input(tuple(shape), str(t.dtype)) for t, shape in zip(inputs, dims, strict=True)],
                model_name=name,
                enable_double_precision=wide,
                input_names=names[: len(inputs)],
                output_names=names[len(inputs) :],
            )
    onnx.save(model, os.fspath(path))


@contextlib.contextmanager
def _jax_as_it_was() -> Iterator[None]:
    """A `with` block behind which JAX's functions are what they were. (jax2onnx leaves functions of its own there.)"""
    import jax

    modules = (jax.numpy, jax.numpy.linalg, jax.numpy.fft, jax.lax, jax.nn, jax.random)
    before = [dict(vars(module)) for module in modules]
    try:
        yield
    finally:
        for module, names in zip(modules, before, strict=True):
            for name, value in names.items():
                if vars(module).get(name) is not value:
                    setattr(module, name, value)


def _apart(function: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """The function with results of which none is an argument or another result. (In a file each has its own name.)"""
    import jax

    def call(*args: Any) -> list[Any]:
        results: list[Any] = []
        for result in function(*args):
            twice = any(result is known for known in (*args, *results))
            results.append(jax.numpy.copy(result) if twice else result)
        return results

    return call


class _Input(NamedTuple):
    """What jax2onnx asks of a description of an input."""

    shape: tuple[int | str, ...]
    dtype: str


def _names(tensors: Sequence[Tensor]) -> list[str]:
    """Names of tensors, each another."""
    found: list[str] = []
    for tensor in tensors:
        base = tensor.name.partition(":")[0]
        numbered = itertools.chain([base], (f"{base}_{i}" for i in itertools.count(1)))
        found.append(next(name for name in numbered if name not in found))
    return found


@contextlib.contextmanager
def _quiet(logger: str) -> Iterator[None]:
    """A `with` block in which a library does not log its warnings."""
    found = logging.getLogger(logger)
    before = found.level
    found.setLevel(logging.ERROR)
    try:
        yield
    finally:
        found.setLevel(before)


_MOST_AXES = 2  # of windows: beside them there is one for everything else, and ONNX Runtime pools along three


def _pooled(primitive: Any, operands: Sequence[Any], parameters: dict[str, Any]) -> list[Any]:
    """Windows along few axes, with all other axes as one. (jax2onnx takes each axis for one of space.)"""
    import jax

    (x,) = operands
    per_axis = [key for key, value in parameters.items() if isinstance(value, tuple) and len(value) == x.ndim]
    sizes, strides = parameters["window_dimensions"], parameters["window_strides"]
    still = [i for i, (size, stride) in enumerate(zip(sizes, strides, strict=True)) if size == stride == 1]
    moving = [i for i in range(x.ndim) if i not in still]
    if len(still) < 2 or len(moving) > _MOST_AXES:
        return [primitive.bind(x, **parameters)]
    order = [*still, *moving]
    folded = {key: (parameters[key][still[0]], *(parameters[key][i] for i in moving)) for key in per_axis}
    dims = [x.shape[i] for i in still]
    y = jax.lax.transpose(x, order).reshape((math.prod(dims), *(x.shape[i] for i in moving)))
    y = primitive.bind(y, **{**parameters, **folded})
    y = y.reshape((*dims, *y.shape[1:]))
    return [jax.lax.transpose(y, sorted(range(x.ndim), key=order.__getitem__))]


_RULES = {"reduce_window_max": _pooled, "reduce_window_sum": _pooled}
