"""Nested lists, tuples and dicts of tensors: taken apart, and put together again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kjax.sparse.tensor import SparseTensor


def flatten(structure: Any) -> list[Any]:
    """The leaves of nested lists, tuples and dicts (in the order of their keys' insertion)."""
    if isinstance(structure, Mapping):
        return [leaf for value in structure.values() for leaf in flatten(value)]
    if isinstance(structure, (list, tuple)):
        return [leaf for value in structure for leaf in flatten(value)]
    return [structure]


def is_flat(structure: Any) -> bool:
    """Whether it is a list of leaves."""
    return type(structure) is list and not any(isinstance(part, (list, tuple, Mapping)) for part in structure)


def packed(structure: Any, flat: Iterable[Any]) -> Any:
    """`flat` in the form of `structure`."""
    rest = iter(flat)

    def fill(part: Any) -> Any:
        if isinstance(part, Mapping):
            return {key: fill(value) for key, value in part.items()}
        if isinstance(part, tuple) and hasattr(part, "_fields"):
            return type(part)(*map(fill, part))
        if isinstance(part, (list, tuple)):
            return type(part)(map(fill, part))
        return next(rest)

    return fill(structure)


def unfolded(structure: Any, parts: Callable[[SparseTensor], Any] = lambda sparse: sparse.parts) -> Any:
    """`structure` with the parts of each sparse tensor in its place."""
    flat = flatten(structure)
    if not any(isinstance(leaf, SparseTensor) for leaf in flat):
        return structure
    return packed(structure, [parts(leaf) if isinstance(leaf, SparseTensor) else leaf for leaf in flat])


def folded(structure: Any, flat: Iterable[Any]) -> Any:
    """`flat` in the form of `structure`, where three tensors make a sparse one."""
    rest = iter(flat)
    whole = [isinstance(leaf, SparseTensor) for leaf in flatten(structure)]
    return packed(structure, [SparseTensor.made(*itertools.islice(rest, 3)) if w else next(rest) for w in whole])
