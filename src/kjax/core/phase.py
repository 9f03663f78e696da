"""The learning phase: whether the program is training (1) or testing (0)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from kjax.core import dtypes
from kjax.core.graph import MODE
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder

_phase: int | None = None
_symbol: Placeholder | None = None


def learning_phase() -> Any:
    """The learning phase: 0 (test) or 1 (train).

    Returns:
        In eager mode an int, 0 until it is set. In graph mode the int that was set, or while it is unset a symbolic
        scalar that a function can be fed as one of its inputs; where it is not fed, it is the phase set at the time
        of the call, or 0.

    Source: `tf.keras.backend.learning_phase`, TF 2.2.

    >>> learning_phase()
    0
    """
    if _phase is not None:
        return _phase
    return symbolic_phase() if MODE.get().graph else 0


def set_learning_phase(value: int) -> None:
    """Set the learning phase for the whole program.

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
    global _phase
    _phase = _checked(value, "set_learning_phase()")


@contextlib.contextmanager
def learning_phase_scope(value: int) -> Iterator[None]:
    """A `with` block in which the learning phase is `value`. The phase before comes back at its end.

    Args:
        value: 0 (test) or 1 (train).

    Raises:
        ValueError: any other value.

    Source: `tf.keras.backend.learning_phase_scope`, TF 2.2.

    >>> with learning_phase_scope(1):
    ...     print(learning_phase())
    1
    """
    global _phase
    before = _phase
    _phase = _checked(value, "learning_phase_scope()")
    try:
        yield
    finally:
        _phase = before


def _checked(value: Any, where: str) -> int:
    # Whatever says plainly 0 or 1 will do: bools, NumPy's scalars.
    try:
        if value is not None and not isinstance(value, str) and value in (0, 1):
            return int(value)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{where}: the learning phase is 0 (test) or 1 (train); got {value!r}")


def phase_is_set() -> bool:
    """Whether the program has set the learning phase."""
    return _phase is not None


def forget_phase() -> None:
    """Unset the learning phase, and let go of the tensor that stood for it."""
    global _phase, _symbol
    _phase = _symbol = None


def symbolic_phase() -> Placeholder:
    """The scalar placeholder that stands for the learning phase: always the same one, until `clear_session`."""
    global _symbol
    if _symbol is None:
        symbol: Placeholder = Placeholder.promise(None, 0, Shape(), dtypes.as_dtype("bool"), "keras_learning_phase:0")
        # Its value when nobody feeds it; and a function is compiled for each of its values, so that only the
        # branch taken is.
        symbol._default = lambda: np.asarray(bool(_phase))
        symbol._static = True
        _symbol = symbol
    return _symbol
