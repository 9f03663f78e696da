"""`tf.Module`: an object whose attributes hold variables and other modules."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kjax import backend as K
from kjax.core.variable import Variable


class Module:
    """A class to derive from. What its attributes hold, lists and dicts of them too, it finds by itself.

    Args:
        name: a Python name; by default the name of the class, in lower case with underscores.

    Raises:
        ValueError: the name is no Python name.

    Source: `tf.Module`, TF 2.2.

    >>> from kjax import backend as K
    >>> class Dense(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.kernel = K.ones((2, 1), name='kernel')
    >>> dense = Dense()
    >>> dense.name, [variable.name for variable in dense.trainable_variables]
    ('dense', ['kernel:0'])
    """

    def __init__(self, name: str | None = None) -> None:
        if name is None:
            name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(self).__name__).lower()
        if not name.isidentifier():
            raise ValueError(f"tf.Module: {name!r} is not a valid module name; it must be a Python name")
        self._name = name

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def name_scope(self) -> contextlib.AbstractContextManager[str]:
        """A `with` block in which names get the module's as their prefix."""
        return K.name_scope(self._name)

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a method: it runs in the name scope of its module."""

        @functools.wraps(method)
        def scoped(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return scoped

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables of the module and of all modules in it."""
        return tuple(dict.fromkeys(leaf for leaf in _held(self, set()) if isinstance(leaf, Variable)))

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """Those that are trainable."""
        return tuple(variable for variable in self.variables if variable.trainable)

    @property
    def submodules(self) -> tuple[Module, ...]:
        """The modules in it, and those in these."""
        return tuple(dict.fromkeys(leaf for leaf in _held(self, set()) if isinstance(leaf, Module)))


def _held(holder: Any, seen: set[int]) -> Iterator[Any]:
    """The variables and modules that a module or layer holds itself, then what these modules hold."""
    if id(holder) in seen:
        return
    seen.add(id(holder))
    if not isinstance(holder, Module):
        yield from [*holder.trainable_weights, *holder.non_trainable_weights]
        return
    own = vars(holder)
    parts = [leaf for key in sorted(own) for leaf in _leaves(own[key])]
    yield from parts
    for part in parts:
        if not isinstance(part, Variable):
            yield from _held(part, seen)


def _leaves(value: Any) -> Iterator[Any]:
    """Variables, modules and layers among values that are nested at will."""
    if isinstance(value, (Variable, Module)) or hasattr(value, "trainable_weights"):
        yield value
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield from _leaves(value[key])
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)


TF: dict[str, Any] = {"Module": Module}
