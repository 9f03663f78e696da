"""Whether a function that is answered takes the arguments of a call, by its signature."""

from __future__ import annotations

import ast
import inspect
from typing import Any

# Rooms whose wrappers hand arguments on as they are.
_HANDED_ON = ("kjax.core.", "kjax.loops.", "kjax.machine.", "kjax.ops.", "kjax.sparse.")


def mismatch(function: Any, call: ast.Call) -> str | None:
    """Why a call of a function would raise a TypeError, before it computes anything; None if it may not.

    >>> import ast
    >>> from kjax import backend as K
    >>> mismatch(K.square, ast.parse('K.square(x, axis=1)').body[0].value)
    "got an unexpected keyword argument 'axis'"
    """
    older = getattr(function, "older", None)  # what takes calls by the names of TensorFlow 1
    why = _unbound(function if older is None else function.__wrapped__, call)
    return why if why is None or older is None else _unbound(older, call) and why


def _unbound(function: Any, call: ast.Call) -> str | None:
    signature = _signature(function)
    return None if signature is None else unbound(signature, call)


def unbound(signature: inspect.Signature, call: ast.Call) -> str | None:
    """Why a call does not go with a signature; None if it may."""
    names = {keyword.arg: None for keyword in call.keywords if keyword.arg is not None}
    some = any(isinstance(argument, ast.Starred) for argument in call.args)
    some = some or any(keyword.arg is None for keyword in call.keywords)
    positional = [argument for argument in call.args if not isinstance(argument, ast.Starred)]
    bind = signature.bind_partial if some else signature.bind
    try:
        bind(*positional, **names)
    except TypeError as error:
        return str(error)
    return None


def inside(function: Any) -> Any:
    """The function within wrappers that hand all arguments on as they are."""
    while inspect.isfunction(function) and hasattr(function, "__wrapped__"):
        if not function.__globals__["__name__"].startswith(_HANDED_ON):
            break
        function = function.__wrapped__
    return function


def _signature(function: Any) -> inspect.Signature | None:
    """The signature, where it is the whole truth: wrappers may take other arguments than what they wrap."""
    if inspect.isclass(function):
        wrapped = "__wrapped__" in getattr(inspect.getattr_static(function, "__init__"), "__dict__", {})
        if wrapped or type(function).__call__ is not type.__call__:
            return None
    elif not inspect.isfunction(function):
        return None
    try:
        return inspect.signature(inside(function), follow_wrapped=False)
    except (TypeError, ValueError):
        return None
