"""`tf.function`: a Python function as one compiled function, traced for each signature of its arguments.

It is called on symbolic tensors once for each combination of dtypes, shapes and Python values. What it builds, in the
order in which it would happen at once, is a `K.function`. A function that asks for the value of a symbolic tensor, as
an `if` or a `for` over a tensor does, has no graph: it runs as it stands, operation by operation.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from kjax.core.dtypes import as_dtype
from kjax.core.foreign import answering
from kjax.core.function import Function as Compiled
from kjax.core.graph import MODE, eager_mode, graph_mode, holds_symbolic
from kjax.core.operands import as_tensor
from kjax.core.running import warn_not_compiled
from kjax.core.shape import Shape, as_shape
from kjax.core.structures import flatten, folded, packed, unfolded
from kjax.core.tape import called, kept
from kjax.core.tensor import Placeholder, SymbolicTensorError, Tensor
from kjax.core.updates import in_order, newest
from kjax.core.variable import Variable
from kjax.dialects.newer_parts import built
from kjax.dialects.tensorflow_ops import convert_to_tensor

_run_eagerly = False


class Function:
    """What `tf.function` makes of a Python function.

    Attributes:
        python_function: the Python function.
    """

    def __init__(self, python_function: Callable[..., Any], input_signature: Any = None, relax: bool = False) -> None:
        functools.update_wrapper(self, python_function)
        self.__name__ = getattr(python_function, "__name__", type(python_function).__name__)
        self.python_function = python_function
        self._signature = inspect.signature(python_function)
        self._specs = None if input_signature is None else tuple(flatten(input_signature))
        self._relax = relax
        self._traces: dict[Any, ConcreteFunction | None] = {}
        self._lock = threading.RLock()
        self._bound: WeakKeyDictionary[Any, Function] = WeakKeyDictionary()
        self._called = answering(self._on_tensors)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The method of an object, with traces of its own."""
        if instance is None:
            return self
        method = self.python_function.__get__(instance)
        try:
            return self._bound.setdefault(instance, Function(method, self._specs, self._relax))
        except TypeError:  # no weak references, or no hash
            return Function(method, self._specs, self._relax)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results for these arguments, as tensors; for arrays of JAX alone, as arrays."""
        return self._called(*args, **kwargs)

    def _on_tensors(self, *args: Any, **kwargs: Any) -> Any:
        if _run_eagerly or MODE.get().graph or holds_symbolic(unfolded([args, kwargs])):
            return self.python_function(*args, **kwargs)
        trace, tensors = self._trace(args, kwargs)
        return self.python_function(*args, **kwargs) if trace is None else trace.on(tensors)

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """The compiled function for arguments, each of them a value or a `tf.TensorSpec`.

        Raises:
            ValueError: the function has no graph.
        """
        if not args and not kwargs and self._specs is not None:
            args = self._specs
        trace, _ = self._trace(args, kwargs)
        if trace is None:
            raise ValueError(
                f"tf.function: {self.python_function!r} asks for the value of a tensor while it is traced, and can't "
                "be made one function"
            )
        return trace

    def _trace(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[ConcreteFunction | None, list[Tensor]]:
        """The function for such arguments, None where there can be none, and the tensors that it is given."""
        structure = self._arranged(args, kwargs)
        leaves = [_data(leaf) for leaf in flatten(unfolded(structure))]
        if self._specs is not None:
            leaves = self._converted(leaves)
        given = [leaf for leaf in leaves if _is_data(leaf)]
        specs = [_Spec(leaf) for leaf in given]
        if self._specs is not None:
            specs = self._fitted(specs)
        key = self._key(structure, leaves, specs)
        with self._lock:
            if key not in self._traces:
                specs = self._relaxed(key, specs)
                key = self._key(structure, leaves, specs)
            if key not in self._traces:
                self._traces[key] = self._traced(structure, leaves, specs)
        return self._traces[key], [t for t in given if isinstance(t, Tensor)]

    def _arranged(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """The arguments in their order, with defaults; as they are given to an object that hands them on, as models do.

        Raises:
            TypeError: a function doesn't take them.
        """
        try:
            bound = self._signature.bind(*args, **kwargs)
        except TypeError:
            if inspect.isroutine(self.python_function):
                raise
            return [list(args), kwargs]
        bound.apply_defaults()
        return [list(bound.args), bound.kwargs]

    def _converted(self, leaves: list[Any]) -> list[Any]:
        """The arguments as tensors, as a signature says."""
        specs = self._specs or ()
        if len(leaves) != len(specs):
            raise ValueError(f"tf.function: {self} has {len(specs)} tensors in its input_signature; got {len(leaves)}")
        return [
            leaf if isinstance(leaf, Tensor) or _is_spec(leaf) else convert_to_tensor(leaf, spec.dtype)
            for leaf, spec in zip(leaves, specs, strict=True)
        ]

    def _fitted(self, found: list[_Spec]) -> list[_Spec]:
        """The specs of the signature, which those of the arguments must go with."""
        wanted = [_Spec(spec) for spec in self._specs or ()]
        pairs = zip(wanted, found, strict=True)
        if not all(w.shape.is_compatible_with(f.shape) and w.dtype == f.dtype for w, f in pairs):
            raise ValueError(
                f"tf.function: {self} was given arguments that do not go with its input_signature:\n"
                f"  inputs: ({', '.join(map(repr, found))})\n  input_signature: ({', '.join(map(repr, wanted))})"
            )
        return wanted

    def __repr__(self) -> str:
        return f"<kjax tf.function {self.__name__}>"

    def _relaxed(self, key: Any, specs: list[_Spec]) -> list[_Spec]:
        """Specs without the dims in which they differ from those of an earlier trace, where that is asked for."""
        if not self._relax:
            return specs
        alike = [other[2] for other in self._traces if other[:2] == key[:2]]
        alike = [other for other in alike if [a.dtype for a in other] == [a.dtype for a in specs]]
        if len(alike) < 2:  # (the second gets a trace of its own)
            return specs
        for other in alike:
            specs = [a.common(b) for a, b in zip(specs, other, strict=True)]
        return specs

    def _key(self, structure: Any, leaves: list[Any], specs: list[_Spec]) -> Any:
        """What a trace depends on."""
        kinds = tuple("data" if _is_data(leaf) else _Pinned(leaf) for leaf in leaves)
        return repr(packed(unfolded(structure), ["x"] * len(leaves))), kinds, tuple(specs)

    def _traced(self, structure: Any, leaves: list[Any], specs: list[_Spec]) -> ConcreteFunction | None:
        rest = iter(specs)
        inputs: list[Tensor] = []
        filled = []
        for leaf in leaves:
            if _is_data(leaf):
                inputs.append(next(rest).placeholder(f"args_{len(inputs)}"))
                filled.append(inputs[-1])
            else:
                filled.append(leaf)
        args, kwargs = folded(structure, filled)
        try:
            with graph_mode(), in_order() as made:
                outputs = self.python_function(*args, **kwargs)
                flat = [_output(leaf) for leaf in flatten(unfolded(outputs))]
            built()
        except SymbolicTensorError as error:
            warn_not_compiled(
                f"tf.function: {self} is not compiled, and runs operation by operation, since its course "
                f"depends on values: {error} tf.cond, tf.while_loop and tf.where choose inside of a function."
            )
            return None
        return ConcreteFunction(self.__name__, inputs, outputs, flat, made)


class ConcreteFunction:
    """A traced function of one signature.

    Attributes:
        inputs: the symbolic tensors that it is given values for.
        outputs: those that it computes.
        structured_outputs: the same as the function returns them.
    """

    def __init__(self, name: str, inputs: list[Tensor], outputs: Any, flat: list[Any], made: list[Tensor]) -> None:
        self.name, self.inputs, self.structured_outputs = name, inputs, outputs
        self._flat = flat
        self.outputs = [leaf for leaf in flat if isinstance(leaf, Tensor)]
        computed = list(dict.fromkeys(made))
        updates = [t for t in computed if t._node is not None and t._node.op.updates is not None]
        others = [t for t in computed if t._node is None or t._node.op.updates is None]
        self._compiled = Compiled(inputs, self.outputs, updates, name, others, fetch=kept)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The results for values of the inputs."""
        given = flatten([list(args), kwargs])
        if len(given) > len(self.inputs):  # variables are part of the function
            given = [leaf for leaf in given if not isinstance(leaf, Variable)]
        if len(given) != len(self.inputs):
            raise TypeError(f"{self.name}() takes {len(self.inputs)} tensors; got {len(given)}")
        return self.on([convert_to_tensor(leaf, t.dtype) for leaf, t in zip(given, self.inputs, strict=True)])

    def on(self, tensors: list[Tensor]) -> Any:
        """The results for values of the inputs, as tensors."""
        results = iter(called(self._compiled, tensors))
        flat = [next(results) if isinstance(leaf, Tensor) else leaf for leaf in self._flat]
        return folded(self.structured_outputs, flat)


class _Spec:
    """Shape and dtype of an argument."""

    def __init__(self, of: Any) -> None:
        self.shape = of.shape if isinstance(of.shape, Shape) else as_shape(of.shape, "tf.function: a shape")
        self.dtype = as_dtype(of.dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Spec) and (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype})"

    def common(self, other: _Spec) -> _Spec:
        """The spec that both go with."""
        new = _Spec(self)
        if self.shape.rank is None or self.shape.rank != other.shape.rank:
            new.shape = Shape.UNKNOWN
        else:
            new.shape = Shape(a if a == b else None for a, b in zip(self.shape, other.shape, strict=True))
        return new

    def placeholder(self, name: str) -> Tensor:
        """A tensor to be fed."""
        made: Tensor = Placeholder.promise(None, 0, self.shape, self.dtype, f"{name}:0")
        return made


class _Pinned:
    """An argument that is no data: equal by type and value if it has a hash, else the same object."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.by_identity = isinstance(value, Tensor)
        try:
            self.hash = id(value) if self.by_identity else hash((type(value), value))
        except TypeError:
            self.hash, self.by_identity = id(value), True

    def __hash__(self) -> int:
        return self.hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Pinned) or type(self.value) is not type(other.value):
            return False
        return self.value is other.value or (not self.by_identity and bool(self.value == other.value))


def _is_spec(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype") and type(leaf).__name__ == "TensorSpec"


def _is_data(leaf: Any) -> bool:
    return (isinstance(leaf, Tensor) and not isinstance(leaf, Variable)) or _is_spec(leaf)


def _data(leaf: Any) -> Any:
    """An argument: arrays as tensors, all else as it is."""
    is_array = isinstance(leaf, (np.ndarray, np.generic)) or (hasattr(leaf, "__array__") and hasattr(leaf, "dtype"))
    return as_tensor(leaf) if is_array and not isinstance(leaf, Tensor) else leaf


def _output(leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        return newest(leaf)
    if isinstance(leaf, (bool, int, float, complex, np.ndarray, np.generic)):
        return as_tensor(leaf)
    return leaf


def function(
    func: Any = None,
    input_signature: Any = None,
    autograph: bool = True,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_relax_shapes: bool = False,
    experimental_compile: Any = None,
) -> Any:
    """`tf.function`: compile a Python function of tensors.

    Args:
        func: the function; without one, what decorates it.
        input_signature: `tf.TensorSpec`s for its arguments, which are then all tensors, and traced once.
        autograph, experimental_implements, experimental_autograph_options, experimental_compile: ignored.
        experimental_relax_shapes: whether other shapes than the first share a trace in which dims are unknown.

    Returns:
        A callable with the same arguments, whose results are tensors.

    Source: `tf.function`, TF 2.2. Differs: Python's `if`, `for` and `while` over tensors are not compiled; such a
    function runs operation by operation.

    >>> from kjax import backend as K
    >>> @function
    ... def doubled(x):
    ...     return 2 * x
    >>> doubled(K.constant([1., 2.])).numpy().tolist()
    [2.0, 4.0]
    """

    def decorated(python_function: Callable[..., Any]) -> Function:
        return Function(python_function, input_signature, bool(experimental_relax_shapes))

    return decorated if func is None else decorated(func)


def _run_functions_eagerly(run_eagerly: Any) -> None:
    global _run_eagerly
    _run_eagerly = bool(run_eagerly)


@contextlib.contextmanager
def _init_scope() -> Any:
    with eager_mode():
        yield


TF: dict[str, Any] = {"function": function, "init_scope": _init_scope}
CONFIG: dict[str, Any] = {
    "experimental_functions_run_eagerly": lambda: _run_eagerly,
    "experimental_run_functions_eagerly": _run_functions_eagerly,
}
# Functions are not rewritten.
AUTOGRAPH: dict[str, Any] = {"set_verbosity": lambda level, alsologtostdout=False: None}
AUTOGRAPH_EXPERIMENTAL: dict[str, Any] = {
    "do_not_convert": lambda func=None: (lambda decorated: decorated) if func is None else func,
}
