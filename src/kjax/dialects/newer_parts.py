"""Classes of `tf.keras` that Keras 2.3.1 does not have, before they have a class of Keras as their base.

Keras 2.3.1 is imported when a program asks for `tf.keras`, not before. So a layer of ours is written as a `Part`, the
methods alone; a table names it with the class of Keras that it stands on, `On("layers.Layer", LayerNormalization)`; and
`made` puts the two together when the program first asks for the name.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from kjax import backend as K

# What is to be done once layers have got their variables, before these are read: values may wait for them.
BUILT: list[Callable[[], None]] = []


def built() -> None:
    """Say that layers were called for the first time."""
    for action in BUILT:
        action()


class Part:
    """The methods of a class, which a class of Keras completes: `self` and `super()` have the names of both."""

    if TYPE_CHECKING:  # what Keras's classes bring along
        __call__: Any
        build: Any
        call: Any
        compute_mask: Any
        compute_output_shape: Any
        get_config: Any
        _set_sublayers: Any

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...


class On(NamedTuple):
    """An entry of a table: a class that stands on a class of Keras, or on another entry.

    Attributes:
        base: the path of the class below `keras`, or the entry that it derives from.
        part: the methods.
        module: the module in which programs know it.
    """

    base: str | On
    part: type[Part]
    module: str = "layers"


# Methods that Keras 2.3.1 looks up, or that `tensorflow_layers` adapts, in the class itself.
_OWN = ("build", "call", "compute_mask", "compute_output_shape", "update_state")


@functools.cache
def made(entry: On) -> Any:
    """The class of an entry of a table, always the same one."""
    base = made(entry.base) if isinstance(entry.base, On) else of_keras(entry.base)
    names: dict[str, Any] = {"__module__": f"tensorflow.keras.{entry.module}", "__doc__": entry.part.__doc__}
    for cls in reversed(entry.part.__mro__[:-2]):  # without `Part` and `object`
        names.update({name: vars(cls)[name] for name in _OWN if name in vars(cls)})
    return type(entry.part.__name__, (entry.part, base), names)


def shape_of(x: Any) -> Any:
    """The static shape of a tensor, of known rank."""
    return K.int_shape(x)


def of_keras(path: str) -> Any:
    """The thing of Keras at `module.name`, which is loaded by now."""
    module, _, name = path.rpartition(".")
    return getattr(import_module(f"keras.{module}"), name)


def entries(tables: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The entries of tables: `"newer_layers.LAYERS"` is `LAYERS` in `kjax.dialects.newer_layers`."""
    for path in tables:
        module, _, variable = path.partition(".")
        table = getattr(import_module(f"kjax.dialects.{module}"), variable)
        found: Mapping[str, Any] = table() if callable(table) else table
        for name, entry in found.items():
            yield name, made(entry) if isinstance(entry, On) else entry
