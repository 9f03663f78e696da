"""`K.function` as Keras 2.3.1 on TensorFlow 1.15 has it: what it is called with is put beside its inputs, one by one.

There, lists within lists are the values one after the other; what is beyond the inputs is not looked at, and what is
missing (at the end, or because it is None) is left to the graph. Tools that look at activations and gradients rely on
it: `K.function(model.inputs + [K.learning_phase()], …)` is called with and without the phase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.sparse.tensor import SparseTensor

__all__ = ["function"]


class Function:
    """A callable made of a graph; see `function`."""

    def __init__(self, inputs: Any, outputs: Any, updates: Any, options: dict[str, Any]) -> None:
        given = [*_leaves(inputs)]
        self._sparse = any(isinstance(part, SparseTensor) for part in given)
        self._rest: dict[str, Any] = {"outputs": outputs, "updates": updates, **options}
        self._whole = K.function(inputs if self._sparse else given, **self._rest)
        self._count = len(given)
        self._parts: dict[tuple[int, ...], Any] = {}

    def __call__(self, inputs: Any) -> Any:
        """The outputs for these values of the inputs, as NumPy arrays; the updates happen."""
        if self._sparse:
            return self._whole(inputs)
        values = inputs if type(inputs) is list and len(inputs) == self._count else self._listed(inputs)
        for value in values:
            if type(value) is not np.ndarray and (value is None or isinstance(value, (list, tuple, Mapping))):
                break
        else:
            if len(values) == self._count:
                return self._whole(values)
        if not all(self._is_one_value(i, value) for i, value in enumerate(values[: self._count])):
            values = [*_leaves(values)]
        fed = tuple(i for i, value in enumerate(values[: self._count]) if value is not None)
        return self._of(fed)([values[i] for i in fed])

    def _listed(self, inputs: Any) -> list[Any]:
        return list(inputs) if isinstance(inputs, (list, tuple)) else [*_leaves(inputs)]

    def _is_one_value(self, place: int, value: Any) -> bool:
        """Whether a list is the value of one input, rather than several values."""
        if not isinstance(value, (list, tuple, Mapping)):
            return True
        if isinstance(value, Mapping) or any(hasattr(part, "shape") for part in _leaves(value)):
            return False
        try:
            rank = np.ndim(value)
        except ValueError:  # of ragged lists
            return False
        return bool(self._whole.inputs[place].shape.rank == rank)

    def _of(self, fed: tuple[int, ...]) -> Any:
        """The function of some of the inputs."""
        if len(fed) == self._count:
            return self._whole
        if fed not in self._parts:
            self._parts[fed] = K.function([self._whole.inputs[i] for i in fed], **self._rest)
        return self._parts[fed]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._whole, name)

    def __repr__(self) -> str:
        return repr(self._whole)


def _leaves(value: Any) -> Iterator[Any]:
    """What nested lists, tuples and dicts hold, in the order in which TensorFlow takes it: dicts by their keys."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(value[key])
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def function(inputs: Any, outputs: Any, updates: Any = None, **kwargs: Any) -> Function:
    """A function that computes `outputs` from `inputs`, compiled when it is first called.

    Args:
        inputs: the symbolic tensors to feed: one, or lists, tuples or dicts of them.
        outputs: the tensors to compute, likewise.
        updates: what happens to variables at each call, as for `kjax.backend.function`.
        **kwargs: `name`; `feed_dict` and `fetches`, as for `kjax.backend.function`.

    Returns:
        A callable of the values, in lists or alone. Surplus values are not looked at. An input without value, or with
        None, is left to the graph: a placeholder that is needed must have a value, the learning phase is that of
        testing, and a tensor that is computed from others is computed.

    Raises:
        TypeError: inputs or outputs are no tensors.
        ValueError: an update is none, or an unknown keyword; at the call, values that don't fit the inputs, or a
            placeholder that is needed and has no value.

    Source: `keras.backend.function`, Keras 2.3.1. Differs: a list of numbers is one value where the input has dims for
    it (there the numbers are values one after the other), and an input may be an output.

    >>> x, y = K.placeholder(shape=(2,)), K.placeholder(shape=(2,))
    >>> double = function([x, y], [x * 2])
    >>> [double(values)[0].tolist() for values in ([[1., 2.]], [[1., 2.], None, 0])]
    [[2.0, 4.0], [2.0, 4.0]]
    """
    unknown = set(kwargs) - {"name", "feed_dict", "fetches", "options", "run_metadata"}
    if unknown:
        raise ValueError(f"function() got unexpected keywords {', '.join(sorted(unknown))}")
    return Function(inputs, outputs, updates, kwargs)
