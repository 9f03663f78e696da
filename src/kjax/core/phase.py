"""The learning phase: whether the program is training (1) or testing (0)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

import numpy as np

from kjax.core import dtypes
from kjax.core.graph import MODE
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder, Tensor
from kjax.machine import surroundings
from kjax.machine.scopes import scope


class _Phase:
    """The learning phase of a block, or of the whole program: 0, 1, or None where it is not set."""

    __slots__ = ("value",)

    def __init__(self, value: int | None) -> None:
        self.value = value


_PROGRAM = _Phase(None)
_phase: ContextVar[_Phase] = ContextVar("kjax_phase", default=_PROGRAM)
_symbol: Placeholder | None = None


def learning_phase() -> Tensor | int:
    """The learning phase: 0 (test) or 1 (train).

    Returns:
        In eager mode an int, 0 until it is set. Inside of a layer of Keras 3 the phase of the layer's call, unless the
        program has set another. In graph mode the int that was set, or while it is unset a symbolic
        scalar that a function can be fed as one of its inputs; where it is not fed, it is the phase set at the time
        of the call, or 0.

    Source: `tf.keras.backend.learning_phase`, TF 2.2.

    >>> learning_phase()
    0
    """
    value = known_phase()
    if value is not None:
        return value
    return symbolic_phase() if MODE.get().graph else 0


def set_learning_phase(value: int) -> None:
    """Set the learning phase for the whole program, or within `learning_phase_scope` until its end.

    Args:
        value: 0 (test) or 1 (train).

    Raises:
        ValueError: any other value.

    Source: `tf.keras.backend.set_learning_phase`, TF 2.2. Differs: it also reaches functions made before from
    symbolic tensors: one that is not fed a phase runs in the phase that is set when it is called.

    >>> set_learning_phase(1); learning_phase()
    1
    >>> set_learning_phase(0)
    """
    _phase.get().value = _checked(value, "set_learning_phase()")


def learning_phase_scope(value: int) -> AbstractContextManager[Any]:
    """A `with` block in which the learning phase is `value`, for the thread or task that enters it.

    Args:
        value: 0 (test) or 1 (train).

    Raises:
        ValueError: any other value.

    Source: `tf.keras.backend.learning_phase_scope`, TF 2.2.

    >>> with learning_phase_scope(1):
    ...     print(learning_phase())
    1
    """
    return scope(_phase, _Phase(_checked(value, "learning_phase_scope()")))


def _checked(value: Any, where: str) -> int:
    # Whatever says plainly 0 or 1 will do: bools, NumPy's scalars.
    try:
        if value is not None and not isinstance(value, str) and value in (0, 1):
            return int(value)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{where}: the learning phase is 0 (test) or 1 (train); got {value!r}")


def known_phase() -> int | None:
    """The learning phase that the program has set, or in which a library calls; None where neither is so."""
    value = _phase.get().value
    if value is None:
        around = surroundings.phase()
        return None if around is None else int(around)
    return value


def forget_phase() -> None:
    """Unset the learning phase, and let go of the tensor that stood for it."""
    global _symbol
    _symbol = _phase.get().value = _PROGRAM.value = None


def symbolic_phase() -> Placeholder:
    """The scalar placeholder that stands for the learning phase: always the same one, until `clear_session`."""
    global _symbol
    if _symbol is None:
        symbol: Placeholder = Placeholder.promise(None, 0, Shape(), dtypes.as_dtype("bool"), "keras_learning_phase:0")
        # Its value when nobody feeds it; and a function is compiled for each of its values, so that only the
        # branch taken is.
        symbol._default = lambda: np.asarray(bool(_phase.get().value))
        symbol._static = True
        _symbol = symbol
    return _symbol
