"""Python functions as operations: called at once on values, and by a function whenever it runs.

A compiled function has to know the shapes of the results: from `set_shape`, else from a run operation by operation,
for each combination of shapes of the inputs. Where they turn out to vary, the whole runs so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kjax.core import dtypes
from kjax.core.graph import MODE, Node, Operation, Values, eager_mode, outputs_of
from kjax.core.operands import as_tensor
from kjax.core.shape import Shape
from kjax.core.tape import Tape
from kjax.core.tensor import Tensor
from kjax.core.wording import ByOperationError
from kjax.machine.callbacks import guarded
from kjax.machine.checks import is_tracer
from kjax.machine.scopes import wide_types


def python_call(
    where: str, function: Callable[..., Any], inputs: list[Tensor], types: Sequence[Any], tensors: bool
) -> list[Tensor]:
    """What a Python function makes of tensors.

    Args:
        where: the call, to name in errors.
        function: takes as many arguments as there are inputs, and returns one result, or a list of them.
        inputs: tensors.
        types: a dtype for each result.
        tensors: whether it is given tensors, and gradients go through it; else it is given arrays of NumPy.

    Raises:
        ValueError: it returns another number of results; at once, or when a function that calls it runs.
    """
    call = _PythonCall(where, function, [dtypes.as_dtype(t, f"{where}: Tout") for t in types], tensors)
    if MODE.get().graph or any(t._value is None for t in inputs):
        call.outputs = outputs_of(Node(call, tuple(inputs)), [(Shape.UNKNOWN, t) for t in call.types])
        return call.outputs
    if not tensors and any(is_tracer(t._value) for t in inputs):
        raise TypeError(
            f"{where}: a function of NumPy can't compute what JAX traces, unless the shapes of its results are known: "
            "jax.pure_callback takes them"
        )
    return call.on(inputs if tensors else [t.numpy() for t in inputs])


class _PythonCall(Operation):
    """One call of a Python function.

    Attributes:
        types: the dtypes of its results.
        outputs: the symbolic results, whose shapes the program may add to.
    """

    outputs: Sequence[Tensor] = ()

    def __init__(self, where: str, function: Callable[..., Any], types: list[Any], tensors: bool) -> None:
        self.name, self.label = where, "EagerPyFunc" if tensors else "PyFunc"
        self.function, self.types, self.tensors = function, types, tensors
        self.differentiable = tensors
        self._seen: dict[Any, list[Any]] = {}  # shapes of the results, by those of the inputs

    def on(self, given: Sequence[Any]) -> list[Tensor]:
        """The results for values."""
        with eager_mode():
            returned = self.function(*given)
        listed = list(returned) if isinstance(returned, (list, tuple)) else [] if returned is None else [returned]
        if len(self.types) == 1 and len(listed) != 1:
            listed = [returned]  # the rows of one result
        if len(listed) != len(self.types):
            raise ValueError(f"{self.name}: func must return {len(self.types)} results; got {len(listed)}")
        return [as_tensor(x, t, self.name) for x, t in zip(listed, self.types, strict=True)]

    def _arrays(self, *arrays: Any) -> tuple[Any, ...]:
        given = [Tensor(np.asarray(a)) for a in arrays]
        results = self.on(given if self.tensors else [t.numpy() for t in given])
        found = tuple(np.asarray(t._value, dtypes.to_numpy(d)) for t, d in zip(results, self.types, strict=True))
        self._seen.setdefault(tuple(a.shape for a in arrays), [a.shape for a in found])
        return found

    def _slopes(self, count: int, *arrays: Any) -> tuple[Any, ...]:
        """The slopes by the inputs, of which there are `count`, for those by the results, which follow them."""
        inputs, weights = (
            [Tensor(np.asarray(a)) for a in arrays[:count]],
            [Tensor(np.asarray(a)) for a in arrays[count:]],
        )
        tape = Tape()
        for tensor in inputs:
            if tensor.dtype.is_floating or tensor.dtype.is_complex:
                tape.watch(tensor)
        with eager_mode():
            tape.start()
            try:
                results = self.on(inputs)
            finally:
                tape.stop()
            found = tape.gradient(results, inputs, weights)
        return tuple(
            np.zeros_like(t._value) if g is None else np.asarray(g._value) for t, g in zip(inputs, found, strict=True)
        )

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The results."""
        import jax

        arrays = [values(t) for t in node.args]
        if not any(map(is_tracer, arrays)):
            return self._arrays(*arrays)
        shapes: Any = [t.shape for t in self.outputs]
        if not all(shape.rank is not None and None not in shape for shape in shapes):
            shapes = self._seen.get(tuple(a.shape for a in arrays))
        pairs = zip(shapes or (), self.types, strict=bool(shapes))
        specs = [(tuple(s), dtypes.to_numpy(t)) for s, t in pairs] if shapes is not None else None
        if not self.tensors:
            return _called_back(jax, self._arrays, specs, list(map(jax.lax.stop_gradient, arrays)))

        @jax.custom_vjp
        def results(*arrays: Any) -> Any:
            return _called_back(jax, self._arrays, specs, arrays)

        def backward(arrays: Any, slopes: Any) -> Any:
            back = [(a.shape, a.dtype) for a in arrays] if specs is not None else None
            found = _called_back(jax, lambda *given: self._slopes(len(arrays), *given), back, [*arrays, *slopes])
            return tuple(g if np.issubdtype(a.dtype, np.inexact) else None for g, a in zip(found, arrays, strict=True))

        results.defvjp(lambda *arrays: (results(*arrays), arrays), backward)
        with wide_types(jax):
            return tuple(results(*map(jax.numpy.asarray, arrays)))


def _called_back(jax: Any, function: Callable[..., tuple[Any, ...]], specs: Any, arrays: Sequence[Any]) -> Any:
    """The results of a Python function, at once where the values are there, else whenever the program runs."""
    if not any(map(is_tracer, arrays)):
        return tuple(map(jax.numpy.asarray, function(*arrays)))
    if specs is None:
        raise ByOperationError("the shapes that a Python function returns are unknown", once=True)

    def checked(*arrays: Any) -> tuple[Any, ...]:
        found = function(*arrays)
        if [a.shape for a in found] != [shape for shape, _ in specs]:
            raise ByOperationError("a Python function returned another shape than before")
        return found

    with wide_types(jax):
        call = guarded(checked, lambda: tuple(np.zeros(shape, dtype) for shape, dtype in specs))
        return tuple(jax.pure_callback(call, tuple(jax.ShapeDtypeStruct(*spec) for spec in specs), *arrays))
