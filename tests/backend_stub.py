"""Writes what type checkers and editors see of `kjax.backend` and `kjax.keras2`: `python tests/backend_stub.py`.

An operation is declared by its kernel, and a type checker does not know what `@op` makes of that. The stub says it:
each function with its parameters, their types and defaults, taken from the declarations (a string in an annotation says
what a parameter takes, see `kjax.core.operands`), and one signature more for each operand that may be a `jax.Array`.
`tests/test_backend_stub.py` fails where it is out of date.
"""

import inspect
import itertools
import pathlib
import re
import types
import typing

from kjax import backend as K
from kjax.core.operands import Told, told
from kjax.sparse import SparseTensor

PACKAGE = pathlib.Path(__file__).parents[1] / "src" / "kjax"

HEAD = '''"""{title}, for type checkers: written by `tests/backend_stub.py`. The module says more."""

# mypy: disable-error-code="overload-overlap"

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, SupportsFloat, SupportsIndex, overload

import jax
import numpy as np

from kjax.core.function import Function
from kjax.core.session import Session
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.types import (
    ArrayLike,
    AxisLike,
    DTypeLike,
    KnownShape,
    Result,
    Shaped,
    ShapeLike,
    SparseMatrix,
    TensorLike,
)
from kjax.core.variable import Variable
from kjax.sparse import SparseTensor, SparseTensorValue

'''

# Modules whose names stand alone in the stub.
_PREFIXES = re.compile(r"\b(?:kjax|typing|collections|contextlib)\.(?:\w+\.)*(?=\w)")


def written(annotation):
    """An annotation as a type checker is to read it."""
    if annotation is inspect.Parameter.empty or annotation is typing.Any:
        return "Any"
    if isinstance(annotation, str):
        return _PREFIXES.sub("", annotation)
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__
    if isinstance(annotation, Told):
        return annotation.text
    if typing.get_origin(annotation) is typing.Annotated:
        found = told(annotation)
        return written(typing.get_args(annotation)[0] if found is annotation else found)
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(written, parts))
    if parts and origin is not typing.Literal:
        listed = [f"[{', '.join(map(written, part))}]" if isinstance(part, list) else written(part) for part in parts]
        name = getattr(origin, "__name__", str(origin))
        return f"{name}[{', '.join('...' if part == 'Ellipsis' else part for part in listed)}]"
    if isinstance(annotation, type):
        return annotation.__name__
    return _PREFIXES.sub("", repr(annotation))


def signatures(function):
    """The signatures of a function: lists of parameters (name, type, default, kind), and what is returned."""
    if hasattr(function, "op"):
        declared = function.op.declared
        annotations = declared.kernel.__annotations__
        rows = [
            (parameter, _with_none(written(annotations.get(parameter, _type_of(default))), default), default, "")
            for parameter, default in zip(declared.names, declared.defaults, strict=True)
        ]
        way = SparseTensor.way(function)
        if way is not None and "SparseTensor" in written(inspect.signature(way).return_annotation):
            (operand, text, *rest), *others = rows
            yield [(operand, text.replace("TensorLike", "SparseTensor"), *rest), *others], "SparseTensor"
        yield rows, "Tensor"
        return
    plain = inspect.unwrap(function)
    for one in typing.get_overloads(plain) or [plain]:
        signature = inspect.signature(one)
        rows = [
            (p.name, _with_none(written(p.annotation), p.default), p.default, _STARS.get(p.kind, ""))
            for p in signature.parameters.values()
        ]
        keywords = [i for i, p in enumerate(signature.parameters.values()) if p.kind is inspect.Parameter.KEYWORD_ONLY]
        if keywords:
            rows.insert(keywords[0], ("*", "", inspect.Parameter.empty, ""))
        returned = written(signature.return_annotation)
        if inspect.isgeneratorfunction(inspect.unwrap(one)):  # a context manager
            returned = returned.replace("Iterator", "AbstractContextManager")
        yield rows, returned


_STARS = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def _type_of(default):
    return type(default) if isinstance(default, (bool, int, float, str)) else inspect.Parameter.empty


_NONE_INCLUDED = ("Any", "AxisLike", "DTypeLike")


def _with_none(text, default):
    return f"{text} | None" if default is None and "None" not in text and text not in _NONE_INCLUDED else text


# Functions that call others, or take tensors and nothing else, give tensors.
_OF_TENSORS = re.compile(r"Callable|\bTensor\b|\bVariable\b")


def with_arrays(rows, returned):
    """The same signature; before it, those for a `jax.Array` among the operands, and no tensor: it gives arrays."""
    if re.search(r"\bTensor\b", returned) and not any(_OF_TENSORS.search(text) for _, text, *_ in rows):
        operands = [i for i, (_, text, *_) in enumerate(rows) if "TensorLike" in text]
        for k in operands:
            typed = [
                (name, _array(text) if i == k else text.replace("TensorLike", "ArrayLike"), default, stars)
                for i, (name, text, default, stars) in enumerate(rows)
            ]
            # (A parameter with a default that must be an array here can only be given by its name.)
            if rows[k][2] is not inspect.Parameter.empty:
                typed[k] = (*typed[k][:2], inspect.Parameter.empty, "")
                at = next((i for i, row in enumerate(typed) if row[2] is not inspect.Parameter.empty), k)
                if at < k:
                    typed.insert(k, ("*", "", inspect.Parameter.empty, ""))
            yield typed, re.sub(r"\bTensor\b", "jax.Array", returned)
    yield rows, returned


def _array(text):
    return text.replace("TensorLike", "jax.Array").replace(" | None", "")


def one(name, rows, returned):
    """A signature as text."""
    parts = []
    for parameter, text, default, stars in rows:
        if parameter == "*":
            parts.append("*")
            continue
        part = f"{stars}{parameter}: {text}"
        parts.append(part if default is inspect.Parameter.empty else f"{part} = {default!r}".replace("'", '"'))
    # Laid out as the style asks: in one line, or the parameters in one, or each in its own.
    for text in (f"def {name}({', '.join(parts)})", f"def {name}(\n    {', '.join(parts)}\n)"):
        if all(len(line) <= 120 for line in f"{text} -> {returned}: ...".splitlines()):
            return f"{text} -> {returned}: ..."
    lines = "".join(f"    {part},\n" for part in parts)
    return f"def {name}(\n{lines}) -> {returned}: ..."


def declared(name, function):
    """A function in the stub."""
    found = itertools.chain.from_iterable(with_arrays(*signature) for signature in signatures(function))
    lines = [one(name, *signature) for signature in found]
    return "\n".join(f"@overload\n{line}" for line in lines) if len(lines) > 1 else lines[0]


def listed(names):
    """The list `__all__` in the stub."""
    return "__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n"


def of_backend():
    """The stub of `kjax.backend`."""
    blocks = [declared(name, getattr(K, name)) for name in sorted([*K.__all__, *K._KERAS3])]
    return HEAD.format(title="The Keras backend API") + listed(K.__all__) + "\n" + "\n".join(blocks) + "\n"


def of_keras2():
    """The stub of `kjax.keras2`: what has the same parameters in both has the same types."""
    from kjax.dialects import keras2

    def same(name):
        ours, theirs = getattr(K, name, None), getattr(keras2, name)
        return callable(ours) and [*inspect.signature(ours).parameters] == [*inspect.signature(theirs).parameters]

    shared = [name for name in keras2.__all__ if same(name)]
    own = [name for name in keras2.__all__ if not same(name)]
    imports = "from kjax.backend import (\n" + "".join(f"    {name} as {name},\n" for name in shared) + ")\n"
    functions = [declared(name, getattr(keras2, name)) for name in own if callable(getattr(keras2, name))]
    values = [f"{name}: {type(getattr(keras2, name)).__name__}" for name in own if not callable(getattr(keras2, name))]
    head = HEAD.format(title="The backend of Keras 2.3.1")
    head = head.replace("from kjax.core.function", imports + "from kjax.core.function", 1)
    return head + listed(keras2.__all__) + "\n" + "\n".join([*values, *functions]) + "\n"


STUBS = {"backend.pyi": of_backend, "keras2.pyi": of_keras2}

if __name__ == "__main__":
    for file, text in STUBS.items():
        (PACKAGE / file).write_text(text(), encoding="utf-8")
