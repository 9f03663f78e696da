"""Nested lists, tuples and dicts of tensors: taken apart, and put together again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kjax.core.composite import Composite


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


def form_of(structure: Any) -> Any:
    """`structure` without its tensors, which it keeps alive no longer: what `folded` and `packed` fill."""
    return packed(structure, [leaf if isinstance(leaf, Composite) else None for leaf in flatten(structure)])


def sorted_by_keys(structure: Any) -> Any:
    """Dicts in the order of their keys, in which TensorFlow goes through them."""
    if isinstance(structure, Mapping):
        return {key: sorted_by_keys(structure[key]) for key in sorted(structure)}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*map(sorted_by_keys, structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(map(sorted_by_keys, structure))
    return structure


def unfolded(structure: Any, parts: Callable[[Composite], Any] = lambda composite: composite.parts) -> Any:
    """`structure` with the parts of each composite in its place."""
    flat = flatten(structure)
    if not any(isinstance(leaf, Composite) for leaf in flat):
        return structure
    return packed(structure, [parts(leaf) if isinstance(leaf, Composite) else leaf for leaf in flat])


def folded(structure: Any, flat: Iterable[Any]) -> Any:
    """`flat` in the form of `structure`, where the parts of a composite make one again."""
    rest = iter(flat)

    def whole(leaf: Any) -> Any:
        return leaf.made(*itertools.islice(rest, len(leaf.parts))) if isinstance(leaf, Composite) else next(rest)

    return packed(structure, [whole(leaf) for leaf in flatten(structure)])
