"""Layers that are called on more than their inputs: `layer(x, context)`, `layer(query, value, mask=mask)`.

Keras 2.3.1 calls a layer on its inputs and keywords, and connects it with the layers that made the inputs. Further
outputs of layers among the arguments are put behind the inputs, and the call is told by the keyword `_more` which is
which. So models know all layers, and a model called on other inputs calls the layer on other arguments.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from kjax import backend as K
from kjax.core.graph import tensors_in
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.dialects.newer_parts import of_keras

MORE = "_more"


def by_names(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments behind the inputs, by the names that `call` has for them; without those that are None anyway.

    Raises:
        TypeError: there are too many of them.
    """
    if not args:
        return kwargs
    names = [name for name, parameter in inspect.signature(layer.call).parameters.items() if _is_named(parameter)][1:]
    if len(args) > len(names):
        raise TypeError(f"layer {layer.name!r} is called on {len(args) + 1} arguments; its call takes {len(names) + 1}")
    given = dict(zip(names, args, strict=False))
    twice = given.keys() & kwargs.keys()
    if twice:
        raise TypeError(f"layer {layer.name!r} is given its argument {min(twice)!r} twice")
    return {**given, **kwargs}


def needs_more(layer: Any) -> bool:
    """Whether the layer's `call` can't do with the inputs alone: `call(self, x, hidden)`."""
    others = [*inspect.signature(layer.call).parameters.values()][1:]
    return any(parameter.default is parameter.empty for parameter in others if parameter.kind not in _OPTIONAL)


_OPTIONAL = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _is_named(parameter: inspect.Parameter) -> bool:
    return parameter.kind in (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)


def folded(inputs: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Inputs with the outputs of layers among other arguments behind them, and the other arguments."""
    whole = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    names, rest = [], {}
    flat = [*whole]
    for name, value in kwargs.items():
        parts = value if isinstance(value, (list, tuple)) else [value]
        known = name in _STATES and any(part is x for part in parts for x in whole)
        if parts and not known and all(map(_is_output, parts)):
            names.append([name, len(parts) if isinstance(value, (list, tuple)) else None])
            flat += parts
        else:
            rest[name] = value
    if not names:
        return inputs, kwargs
    first = len(whole) if isinstance(inputs, (list, tuple)) else None
    return flat, {**rest, MORE: [first, names]}


# Keras's recurrent layers put these behind the inputs themselves.
_STATES = ("initial_state", "constants")


def _is_output(x: Any) -> bool:
    return isinstance(x, Tensor) and hasattr(x, "_keras_history")


def first(more: Any, parts: Any) -> Any:
    """The part of a list, of tensors, shapes or masks of all arguments, that is about the inputs."""
    if more is None or not isinstance(parts, list):
        return parts
    return parts[0] if more[0] is None else parts[: more[0]]


def unfolded(more: Any, flat: list[Any]) -> tuple[Any, dict[str, Any]]:
    """The inputs, and the other arguments that `folded` put behind them."""
    at = 1 if more[0] is None else more[0]
    named = {}
    for name, count in more[1]:
        named[name] = flat[at] if count is None else flat[at : at + count]
        at += count or 1
    return first(more, flat), named


def of_inputs(layer: Any, parts: Any) -> Any:
    """What there is about the inputs alone, while a layer is called on more."""
    return first(vars(layer).get(MORE), parts)


FLOATS = ("float16", "float32", "float64", "bfloat16")


# The attribute of a layer with the dtype that it computes in, where that is not the dtype of its weights.
COMPUTES_IN = "_computes_in"


def float_of(layer: Any, floatx: str) -> str:
    """The dtype of floats that a layer computes in; of a model of layers, that of its inputs."""
    about = vars(layer)
    if about.get("_is_graph_network"):
        found = {x.dtype.name for x in about["inputs"] if x.dtype.name in FLOATS}
        dtype = found.pop() if len(found) == 1 else None
    else:
        dtype = about.get(COMPUTES_IN) or getattr(layer, "dtype", None)
    return dtype if isinstance(dtype, str) and dtype in FLOATS else floatx


def with_floats(inputs: Any, dtype: str) -> Any:
    """Inputs, of which symbolic tensors of floats are converted to a dtype."""
    if isinstance(inputs, (list, tuple)):
        return type(inputs)([with_floats(part, dtype) for part in inputs])
    if isinstance(inputs, dict):
        return {name: with_floats(part, dtype) for name, part in inputs.items()}
    if not _is_other(inputs, dtype):
        return inputs
    converted = K.cast(inputs, dtype)
    if getattr(inputs, "_uses_learning_phase", False):  # which Keras looks for in outputs of layers
        converted._uses_learning_phase = True
    return converted


def _is_other(x: Any, dtype: str) -> bool:
    return isinstance(x, Tensor) and x.dtype.name in FLOATS and x.dtype.name != dtype


def convert_in_call(layer: Any, converted: Callable[..., Any]) -> None:
    """Have `converted(layer, call, inputs, …)` do what the layer's `call(inputs, …)` did."""
    vars(layer).pop("call", None)
    call = layer.call
    vars(layer)["call"] = functools.wraps(call)(functools.partial(converted, layer, call))


def convert_if_needed(layer: Any, inputs: Any, floatx: str) -> None:
    """Have a layer's `call` convert floats, from now on, if these inputs are not of the dtype that it computes in."""
    if "call" in vars(layer):
        return
    dtype = float_of(layer, floatx)
    if any(_is_other(x, dtype) for x in tensors_in(inputs)):
        convert_in_call(layer, functools.partial(_with_floats_in_call, floatx))


def _with_floats_in_call(
    floatx: str, layer: Any, call: Callable[..., Any], inputs: Any, *args: Any, **kwargs: Any
) -> Any:
    return on_floats(layer, call, float_of(layer, floatx), inputs, *args, **kwargs)


def on_floats(layer: Any, call: Callable[..., Any], dtype: str, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """What a layer's `call` gives for inputs with floats of a dtype; what it adds for these, it adds for the inputs."""
    converted = with_floats(inputs, dtype)
    outputs = call(converted, *args, **kwargs)
    uid = of_keras("utils.generic_utils.object_list_uid")
    if uid(converted) != uid(inputs):
        for kind in ("_per_input_losses", "_per_input_updates"):
            kept = vars(layer)[kind]
            if uid(converted) in kept:
                kept[uid(inputs)] = kept.get(uid(inputs), []) + kept.pop(uid(converted))
    return outputs


def plain_shape(shape: Any) -> Any:
    """A shape, or several, as Keras 2.3.1 has them: tuples, and lists of tuples."""
    if isinstance(shape, dict):
        return {name: plain_shape(part) for name, part in shape.items()}
    if isinstance(shape, (list, tuple)) and any(isinstance(part, (list, tuple)) for part in shape):
        return [plain_shape(part) for part in shape]
    return tuple(None if dim is None else int(dim) for dim in shape) if isinstance(shape, (list, tuple)) else shape


def as_shapes(shape: Any) -> Any:
    """A shape, or several, as `tf.keras` hands them to a layer: with the methods of `tf.TensorShape`."""
    if isinstance(shape, list):
        return [as_shapes(part) for part in shape]
    return Shape(shape) if isinstance(shape, tuple) else shape


def about_inputs(method: Callable[..., Any], change: Callable[[Any], Any], back: Callable[[Any], Any]) -> Any:
    """A method of a layer about masks or shapes, which gets those of the inputs alone."""

    @functools.wraps(method)
    def called(self: Any, given: Any, *args: Any, **kwargs: Any) -> Any:
        rest = [of_inputs(self, arg) for arg in args]
        named = {name: of_inputs(self, value) for name, value in kwargs.items()}
        return back(method(self, change(of_inputs(self, given)), *rest, **named))

    return called
