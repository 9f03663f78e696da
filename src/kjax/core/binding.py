"""From the arguments of a call to those of a kernel: in the order of its parameters, converted and checked."""

from __future__ import annotations

import inspect
from typing import Any

from kjax.core import dtypes
from kjax.core.declaration import Declaration
from kjax.core.dtypes import DType
from kjax.core.graph import tensors_in
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor


def bind(declared: Declaration, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """The arguments in the order of the parameters, defaults filled in.

    Raises:
        TypeError: one is missing, unknown, or given twice.
    """
    names = declared.names
    bound = [*args, *declared.defaults[len(args) :]]
    for name, value in kwargs.items():
        if name not in names[len(args) :]:
            break
        bound[names.index(name)] = value
    else:
        if len(bound) == len(names) and not any(value is inspect.Parameter.empty for value in bound):
            return bound
    try:
        declared.signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{declared.where} {error}") from None
    raise AssertionError


def prepared(declared: Declaration, bound: list[Any]) -> list[Any]:
    """`bound` with operands made tensors of dtypes that go together, and attributes in their normal form.

    Raises:
        TypeError: an operand is no tensor and can't become one, or its dtype is not accepted or differs from that of
            the operands beside it.
    """
    where, names = declared.where, declared.names
    common: DType | None = None
    for i, kind in declared.operands:
        if not kind.own_dtype:
            for tensor in tensors_in(bound[i]) if kind.many else (bound[i],):
                if isinstance(tensor, Tensor):
                    common = _agreed(where, common, tensor.dtype)
    for i, kind in declared.operands:
        named = f"{where}: {names[i]}"
        value = bound[i]
        if kind.many:
            if not isinstance(value, (list, tuple)):
                raise TypeError(f"{named} must be a list of tensors; got {value!r}")
            parts = []
            for part in value:
                parts.append(as_tensor(part, common, named))
                common = _agreed(where, common, parts[-1].dtype)
            bound[i] = parts
        else:
            if not isinstance(value, Tensor):
                bound[i] = value = as_tensor(value, None if kind.own_dtype else common, named)
            if not kind.own_dtype:
                common = _agreed(where, common, value.dtype)
        for tensor in tensors_in(bound[i]):
            if tensor.dtype not in kind.accepts:
                raise TypeError(
                    f"{named} can't be of dtype {tensor.dtype}; accepted are {_listed(kind.accepts)}. K.cast converts."
                )
    for i, attribute in declared.attributes:
        if attribute is not None:
            bound[i] = attribute.normal(bound[i], f"{where}: {names[i]}")
    return bound


def _agreed(where: str, common: DType | None, dtype: DType) -> DType:
    if common is not None and common != dtype:
        raise TypeError(f"{where}: tensors of different dtypes, {common} and {dtype}; convert one of them with K.cast")
    return dtype


def _listed(accepted: frozenset[DType]) -> str:
    return ", ".join(name for name in dtypes.NAMES if name in accepted)
