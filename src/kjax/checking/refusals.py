"""Whether a function refuses a value in a call, by the conditions at the beginning of its own code.

    class ExponentialMovingAverage:
        def __init__(self, decay, num_updates=None, zero_debias=False):
            if zero_debias:
                raise NotImplementedError("zero_debias is not answered by kjax")

`tf.train.ExponentialMovingAverage(d, zero_debias=True)` raises that, whatever `d` is. Conditions on values that are
not written in the call are not told.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Mapping
from types import CodeType
from typing import Any

from kjax.checking import conditions
from kjax.checking.arguments import inside
from kjax.checking.conditions import Unknown


def refusal(function: Any, call: ast.Call) -> str | None:
    """The message of the error that a call of a function of kjax raises for a value; None if it may not raise one.

    >>> import ast
    >>> from kjax.dialects.tensorflow_modules import answers
    >>> average = answers('train', 2)['ExponentialMovingAverage']
    >>> refusal(average, ast.parse('f(0.9, zero_debias=True)').body[0].value)
    'tf.train.ExponentialMovingAverage(): zero_debias is not answered by kjax'
    """
    function = function.__wrapped__ if hasattr(function, "older") else function
    made = function.__init__ if inspect.isclass(function) else inside(function)
    code = getattr(made, "__code__", None)
    if code is None or not made.__module__.startswith(("kjax.", "tensorflow")):
        return None
    known = _given(made, call, bound=inspect.isclass(function))
    return None if known is None else _raised(_beginning(code), known)


def _given(function: Any, call: ast.Call, bound: bool) -> dict[str, Any] | None:
    """The parameters whose values are known; None if the call can't be told."""
    if any(isinstance(argument, ast.Starred) for argument in call.args) or None in [k.arg for k in call.keywords]:
        return None
    signature = inspect.signature(function, follow_wrapped=False)
    try:
        given = signature.bind(*[None] * bound, *call.args, **{str(k.arg): k.value for k in call.keywords})
    except TypeError:
        return None
    known = {name: p.default for name, p in signature.parameters.items() if conditions.is_plain(p.default)}
    for name, node in given.arguments.items():
        known.pop(name, None)
        if isinstance(node, ast.expr):
            try:
                value = ast.literal_eval(node)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
            if conditions.is_plain(value):
                known[name] = value
    return known


@functools.cache
def _beginning(code: CodeType) -> tuple[ast.stmt, ...]:
    """The statements of a function; none where its source is not one."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, SyntaxError, TypeError):
        return ()
    first = tree.body[0]
    return tuple(first.body) if isinstance(first, ast.FunctionDef) and first.name == code.co_name else ()


def _raised(statements: tuple[ast.stmt, ...], known: dict[str, Any]) -> str | None:
    for statement in statements:
        if isinstance(statement, ast.If) and isinstance(statement.body[0], ast.Raise):
            try:
                if _value(statement.test, known):
                    return _message(statement.body[0], known)
            except Unknown:
                continue
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            known.update({_name(target): statement.value.value for target in statement.targets})
        else:
            if isinstance(statement, ast.Return):
                return None
            for node in ast.walk(statement):  # what is set anew is not known any more
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    known.pop(node.id, None)
            if any(isinstance(node, ast.Return) for node in ast.walk(statement)):
                return None  # (what comes after may not be reached)
    return None


def _name(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) else ""


def _value(node: ast.expr, known: Mapping[str, Any]) -> Any:
    """The value of a condition.

    Raises:
        Unknown: it can't be told.
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id]
    if isinstance(node, ast.Tuple):
        return tuple(_value(part, known) for part in node.elts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _value(node.operand, known)
    if isinstance(node, ast.BoolOp):
        decides = isinstance(node.op, ast.Or)
        return decides if any(bool(_value(part, known)) is decides for part in node.values) else not decides
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return conditions.compared(node.ops[0], _value(node.left, known), _value(node.comparators[0], known))
    raise Unknown


def _message(node: ast.Raise, known: Mapping[str, Any]) -> str:
    """The text of the error, as far as it is known."""
    text = node.exc.args[0] if isinstance(node.exc, ast.Call) and node.exc.args else None
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    found = ""
    for part in parts:
        if isinstance(part, ast.Constant):
            found += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            try:
                value = _value(part.value, known)
                found += repr(value) if part.conversion == ord("r") else str(value)
            except Unknown:
                found += "..."
    return found or "the call is refused"
