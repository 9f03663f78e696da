"""`tf.custom_gradient` and its kin, and Python functions as operations."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from kjax.core.foreign import answering
from kjax.core.structures import flatten, packed
from kjax.core.tensor import Tensor
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.loops.derivative import with_derivative
from kjax.ops.python_calls import python_call

# ---------------------------------------------------------------------------------------------------------- gradients


def custom_gradient(f: Any = None) -> Any:
    """`tf.custom_gradient`: a function that says itself what its gradient is.

    Args:
        f: a function of tensors that returns its result and a function. That one is given the slope of a loss by each
            result, and returns its slope by each argument.

    Returns:
        A function with the same arguments, which returns the result.

    Source: `tf.custom_gradient`, TF 2.2. Differs: variables that `f` reads get no gradient.

    >>> from kjax import backend as K
    >>> @custom_gradient
    ... def clipped(x):
    ...     return x, lambda slope: K.clip(slope, -1., 1.)
    >>> x = K.placeholder((2,))
    >>> K.function([x], K.gradients(5. * clipped(x), [x]))([[1., 2.]])[0].tolist()
    [1.0, 1.0]
    """
    if f is None:
        return custom_gradient

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        flat = [convert_to_tensor(part) for part in flatten(list(args))]
        returned = f(*packed(list(args), flat), **kwargs)
        if not isinstance(returned, tuple) or len(returned) != 2 or not callable(returned[1]):
            raise TypeError("tf.custom_gradient: the function must return its result and a gradient function")
        result, gradient = returned

        def derivative(slopes: list[Tensor]) -> Sequence[Tensor | None]:
            given: dict[str, Any] = {"variables": []} if "variables" in _parameters(gradient) else {}
            found = gradient(*slopes, **given)
            found = found[0] if given else found
            return [None if g is None else convert_to_tensor(g) for g in flatten(found)]

        results = [convert_to_tensor(part) for part in flatten(result)]
        made = with_derivative("tf.custom_gradient", flat, results, derivative)
        return packed(result, made)

    return answering(decorated)


def _parameters(function: Callable[..., Any]) -> Any:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return ()


def grad_pass_through(f: Any) -> Any:
    """`tf.grad_pass_through`: a function whose gradient is 1, whatever it does."""

    @functools.wraps(f)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        flat = [convert_to_tensor(part) for part in flatten(list(args))]
        result = f(*packed(list(args), flat), **kwargs)
        results = [convert_to_tensor(part) for part in flatten(result)]
        return packed(result, with_derivative("tf.grad_pass_through", flat, results, lambda slopes: slopes))

    return answering(decorated)


# --------------------------------------------------------------------------------------------------- Python functions


def _py_function(func: Any, inp: Any, Tout: Any, name: Any = None) -> Any:
    return _called("tf.py_function", func, inp, Tout, tensors=True)


def _numpy_function(func: Any, inp: Any, Tout: Any, name: Any = None) -> Any:
    return _called("tf.numpy_function", func, inp, Tout, tensors=False)


def _py_func(func: Any, inp: Any, Tout: Any, stateful: bool = True, name: Any = None) -> Any:
    return _called("tf.compat.v1.py_func", func, inp, Tout, tensors=False)


def _called(where: str, function: Any, inputs: Any, dtypes: Any, tensors: bool) -> Any:
    if not callable(function):
        raise ValueError(f"{where}(): func must be callable; got {function!r}")
    several = isinstance(dtypes, (list, tuple))
    given = [convert_to_tensor(x) for x in inputs]
    results = python_call(where, function, given, list(dtypes) if several else [dtypes], tensors)
    return results if several else results[0]


_BOTH: dict[str, Any] = {
    "custom_gradient": custom_gradient,
    "grad_pass_through": grad_pass_through,
    "numpy_function": _numpy_function,
    "py_function": _py_function,
    "recompute_grad": lambda f: f,  # (the compiler decides what is kept for the gradient)
}
TF: dict[str, Any] = _BOTH
V1: dict[str, Any] = {**_BOTH, "py_func": _py_func}
