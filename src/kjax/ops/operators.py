"""Python's operators on tensors, each an operation of K or one beside them."""

from collections.abc import Callable
from typing import Any

from kjax.core.graph import MODE
from kjax.core.operands import as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.ops import comparison, elementwise, indexing, linear
from kjax.shapes.families import broadcast

# Operator -> (the operation, whether Python also asks it with the operands swapped).
_BINARY = {
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
_COMPARISON = {
    "lt": comparison.less,
    "le": comparison.less_equal,
    "gt": comparison.greater,
    "ge": comparison.greater_equal,
}
_UNARY = {
    "neg": elementwise.negative,
    "pos": elementwise.identity,
    "abs": elementwise.abs,
    "invert": comparison.logical_not,
}


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
            return as_tensor(unequal)  # shapes that don't go together are not equal
        return operation(self, other)

    return compare


for _name, _operation in {**_BINARY, **_COMPARISON, **_UNARY}.items():
    setattr(Tensor, f"__{_name}__", _operation)
for _name, _operation in _BINARY.items():
    setattr(Tensor, f"__r{_name}__", _swapped(_operation))
Tensor.__eq__ = _equality(comparison.equal, False)  # type: ignore[method-assign]
Tensor.__ne__ = _equality(comparison.not_equal, True)  # type: ignore[method-assign]
Tensor.__hash__ = object.__hash__  # type: ignore[method-assign]
Tensor.__getitem__ = indexing.getitem  # type: ignore[method-assign]
