"""Operators and other methods of tensors and variables, each the call of an operation."""

from collections.abc import Callable
from typing import Any

from kjax.core.function import Function, run
from kjax.core.graph import MODE
from kjax.core.operands import as_tensor
from kjax.core.pure import PureFunction
from kjax.core.session import Session
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor, provide_methods
from kjax.core.updates import ADD, ASSIGN, SUBTRACT, updated
from kjax.core.variable import Variable
from kjax.ops import comparison, elementwise, indexing, linear, scattering, shaping
from kjax.shapes.families import broadcast

# The operation behind each operator; binary ones also have a reflected method, such as `__radd__`.
BINARY = {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "floordiv": elementwise.floor_divide,
    "mod": elementwise.mod,
    "pow": elementwise.pow,
    "matmul": linear.matmul,
    "and": comparison.logical_and,
    "or": comparison.logical_or,
    "xor": comparison.logical_xor,
}
COMPARISON = {
    "lt": comparison.less,
    "le": comparison.less_equal,
    "gt": comparison.greater,
    "ge": comparison.greater_equal,
}
UNARY = {
    "neg": elementwise.negative,
    "pos": elementwise.identity,
    "abs": elementwise.abs,
    "invert": comparison.logical_not,
}

OPERATORS: dict[str, Callable[..., Any]] = {**BINARY, **COMPARISON, **UNARY}


def _swapped(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def swapped(self: Tensor, other: Any) -> Any:
        return operation(other, self)

    return swapped


def _equality(operation: Callable[[Any, Any], Any], unequal: bool) -> Callable[[Any, Any], Any]:
    """`==` and `!=`: elementwise in eager mode; by identity in graph mode, where tensors are keys and list members."""

    def compare(self: Tensor, other: Any) -> Any:
        if MODE.get().graph:
            return (self is not other) if unequal else (self is other)
        if other is None:
            return unequal
        try:
            broadcast("", self.shape, other.shape if isinstance(other, Tensor) else Shape())
        except ValueError:
            return as_tensor(unequal)  # tensors whose shapes don't broadcast are not equal
        return operation(self, other)

    return compare


# ----------------------------------------------------------------------- methods that NumPy's arrays have, for values


def _turned(self: Tensor) -> Any:
    """All axes in reverse order, as NumPy has it."""
    self._concrete(".T")
    return linear.transpose(self)


def _matrices_turned(self: Tensor) -> Any:
    """The last two axes swapped, as NumPy has it."""
    rank = self._concrete(".mT").ndim
    if rank < 2:
        raise ValueError(f".mT needs a tensor of rank 2 at least; got shape {self.shape}")
    return shaping.permute_dimensions(self, (*range(rank - 2), rank - 1, rank - 2))


def _converted(self: Tensor) -> Callable[..., Any]:
    """`x.astype(dtype)`: the value in another dtype, `K.cast`."""
    self._concrete(".astype()")

    def astype(dtype: Any, copy: bool = True) -> Any:
        return elementwise.cast(self, dtype)

    return astype


# ------------------------------------------------------------------------------- methods that TensorFlow's classes have


def _eval(self: Tensor, feed_dict: Any = None, session: Any = None) -> Any:
    """The value as a new NumPy array, computed if need be.

    Args:
        feed_dict: values of the placeholders that the tensor depends on.
        session: ignored; there is one engine.
    """
    return run(self, feed_dict) if self._value is None or feed_dict else self._numpy()


def _assign(
    self: Variable, value: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
) -> Any:
    """`K.update(self, value)`."""
    return updated(self, value, ASSIGN, "assign()")


def _assign_add(
    self: Variable, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
) -> Any:
    """`K.update_add(self, delta)`."""
    return updated(self, delta, ADD, "assign_add()")


def _assign_sub(
    self: Variable, delta: Any, use_locking: bool = False, name: str | None = None, read_value: bool = True
) -> Any:
    """`K.update_sub(self, delta)`."""
    return updated(self, delta, SUBTRACT, "assign_sub()")


def _run(self: Tensor, feed_dict: Any = None, session: Any = None) -> None:
    """Compute it, for the sake of what then happens."""
    run(self, feed_dict)


def _initializer(self: Variable) -> Any:
    """What gives the variable the value that it had first; None in eager mode."""
    return updated(self, self._start, ASSIGN, "initializer") if MODE.get().graph and hasattr(self, "_start") else None


def _load(self: Variable, value: Any, session: Any = None) -> None:
    """Give the variable a value at once."""
    self.store(self.checked(value, "load()"))


def _scatter_nd_update(self: Variable, indices: Any, updates: Any, name: str | None = None) -> Any:
    """The parts of the variable that rows of positions point to are set to updates."""
    updates = as_tensor(updates, self.dtype, "scatter_nd_update(): updates")
    return updated(self, scattering.scattered(self, indices, updates), ASSIGN, "scatter_nd_update()")


def _scatter_nd_add(self: Variable, indices: Any, updates: Any, name: str | None = None) -> Any:
    """Updates are added to the parts of the variable that rows of positions point to."""
    updates = as_tensor(updates, self.dtype, "scatter_nd_add(): updates")
    return updated(self, scattering.scatter_nd(indices, updates, self.shape), ADD, "scatter_nd_add()")


def _scatter_nd_sub(self: Variable, indices: Any, updates: Any, name: str | None = None) -> Any:
    """Updates are subtracted from the parts of the variable that rows of positions point to."""
    updates = as_tensor(updates, self.dtype, "scatter_nd_sub(): updates")
    return updated(self, scattering.scatter_nd(indices, updates, self.shape), SUBTRACT, "scatter_nd_sub()")


def _gather_nd(self: Variable, indices: Any, name: str | None = None) -> Any:
    """The elements, or parts, that rows of positions point to."""
    return scattering.gather_nd(self, indices)


def _sparse_read(self: Variable, indices: Any, name: str | None = None) -> Any:
    """The parts at given positions of the first axis."""
    return indexing.gather(self, indices)


def _value(self: Variable) -> Any:
    """The value as a tensor: the current value, or in graph mode the value at each run."""
    return elementwise.identity(self)


def _html(self: Any) -> str:
    from kjax.core import showing  # (only notebooks ask for it)

    return showing.as_html(self)


for _cls in (Tensor, Function, PureFunction, Session):
    provide_methods(_cls, {"_repr_html_": _html})
provide_methods(
    Tensor,
    {
        **{f"__{name}__": operation for name, operation in OPERATORS.items()},
        **{f"__r{name}__": _swapped(operation) for name, operation in BINARY.items()},
        "__eq__": _equality(comparison.equal, unequal=False),
        "__ne__": _equality(comparison.not_equal, unequal=True),
        "__hash__": object.__hash__,
        "__getitem__": indexing.getitem,
        "T": property(_turned),
        "mT": property(_matrices_turned),
        "astype": property(_converted),
        "_packed": staticmethod(shaping.stack),
        "eval": _eval,
        "run": _run,
    },
)
provide_methods(
    Variable,
    {
        "assign": _assign,
        "initializer": property(_initializer),
        "load": _load,
        "assign_add": _assign_add,
        "assign_sub": _assign_sub,
        "gather_nd": _gather_nd,
        "scatter_nd_add": _scatter_nd_add,
        "scatter_nd_sub": _scatter_nd_sub,
        "scatter_nd_update": _scatter_nd_update,
        "sparse_read": _sparse_read,
        "value": _value,
        "read_value": _value,
        "initialized_value": _value,
    },
)
