"""Sums of products over axes: `einsum`, `tensordot`."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import NUMBERS, Attribute, Axis, Number, Operand
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor

_Factors = Annotated[Any, Operand(NUMBERS, many=True)]

# -------------------------------------------------------------------------------------------------------------- einsum


def _as_equation(value: Any, where: str) -> str:
    """An equation without blanks, with the axes of the result."""
    if not isinstance(value, str):
        raise TypeError(f"{where} must be a string; got {value!r}")
    given, arrow, result = value.replace(" ", "").partition("->")
    letters = given.replace("...", "").replace(",", "") + result.replace("...", "")
    if not letters.isalpha() and letters:
        raise ValueError(f"{where} must be like 'ij,jk->ik'; got {value!r}")
    if not arrow:
        once = sorted(letter for letter in letters if letters.count(letter) == 1)
        result = "..." * ("..." in given) + "".join(once)
    if any(result.count(letter) != 1 or letter not in given for letter in result.replace("...", "")):
        raise ValueError(f"{where}: each axis of the result must be there once, and in an operand; got {value!r}")
    return f"{given}->{result}"


def _named(where: str, label: str, shape: Shape) -> tuple[list[tuple[str, int | None]], Shape]:
    """The dims of an operand, each with its name, and those that ... stands for."""
    front, dots, back = label.partition("...")
    rank = len(shape)
    if rank < len(front + back) or (not dots and rank > len(front)):
        raise ValueError(f"{where}: a tensor of shape {shape} does not go with {label!r}")
    last = rank - len(back)
    dims = [*shape]
    return [*zip(front, dims, strict=False), *zip(back, dims[last:], strict=True)], shape[len(front) : last]


def _contracted(where: str, inputs: Sequence[Any], equation: str) -> Shape:
    given, _, result = equation.partition("->")
    labels = given.split(",")
    if len(labels) != len(inputs):
        raise ValueError(f"{where}: {given!r} is for {len(labels)} tensors; got {len(inputs)}")
    dims: dict[str, int | None] = {}
    rest: list[Shape] = []
    for label, tensor in zip(labels, inputs, strict=True):
        if tensor.shape.rank is None:
            dims.update(dict.fromkeys(set(label) - {"."} - dims.keys()))
            rest.append(shapes.UNKNOWN if "..." in label else shapes.SCALAR)
            continue
        named, others = _named(where, label, tensor.shape)
        for name, dim in named:
            dims[name] = shapes.merge_dim(where, dims.get(name), dim, f"dims of {name} in {equation!r} must be equal")
        rest.append(others)
    front, dots, back = result.partition("...")
    between = shapes.broadcast(where, *rest) if dots else shapes.SCALAR
    return Shape([dims[name] for name in front]).concatenate(between).concatenate([dims[name] for name in back])


class _Dims:
    """The shape of an array, as a rule takes it."""

    def __init__(self, array: Any) -> None:
        self.shape = Shape(array.shape)


@op(shape=_contracted)
def einsum(xp, inputs: _Factors, equation: Annotated[Any, Attribute(_as_equation)]):
    """Sums of products of tensors, whose axes have names.

    Args:
        inputs: a list of tensors of one dtype.
        equation: the names of the axes of each, and of the result: `'ij,jk->ik'`. Axes that are not in the result are
            summed over; `...` stands for any others, which are broadcast. Without `->`, the result has the axes that
            come once, in the order of the alphabet.

    Returns:
        A tensor of their dtype.

    Raises:
        ValueError: the equation does not go with the tensors, or dims of one name differ.

    Source: `tf.einsum`, TF 2.2.

    >>> einsum([[[1., 2.]], [[3.], [4.]]], "ij,jk->ik").numpy().tolist()
    [[11.0]]
    """
    _contracted("einsum()", [_Dims(x) for x in inputs], equation)  # NumPy would broadcast dims of 1
    if xp is np:
        return np.asarray(np.einsum(equation, *inputs, optimize=len(inputs) > 1), inputs[0].dtype)
    return xp.einsum(equation, *inputs)


# ------------------------------------------------------------------------------------------------------------ tensordot


def _as_axes(value: Any, where: str) -> int | tuple[tuple[int, ...], tuple[int, ...]]:
    integer = Axis.__metadata__[0].normal
    if isinstance(value, Tensor) and not value.is_symbolic:
        value = value.numpy()
    if np.ndim(value) == 0:
        count = int(integer(value, where))
        if count < 0:
            raise ValueError(f"{where} must not be negative; got {count}")
        return count
    if len(value) != 2:
        raise ValueError(f"{where} must be a number of axes, or a pair of lists of them; got {value!r}")
    left, right = ([part] if np.ndim(part) == 0 else [*part] for part in value)
    if len(left) != len(right):
        raise ValueError(f"{where}: as many axes of a as of b are needed; got {value!r}")
    return tuple(integer(axis, where) for axis in left), tuple(integer(axis, where) for axis in right)


def _multiplied(where: str, a: Tensor, b: Tensor, axes: Any) -> Shape:
    left, right = a.shape, b.shape
    if left.rank is None or right.rank is None:
        return shapes.UNKNOWN
    if isinstance(axes, int):
        if axes > min(left.rank, right.rank):
            raise ValueError(f"{where}: tensors of shapes {left} and {right} don't have {axes} axes in common")
        axes = (range(left.rank - axes, left.rank), range(axes))
    pairs = [
        (shapes.axis_in(where, i, left.rank, "axes[0]"), shapes.axis_in(where, j, right.rank, "axes[1]"))
        for i, j in zip(*axes, strict=True)
    ]
    for i, j in pairs:
        shapes.merge_dim(where, left[i], right[j], f"shapes {left} and {right}: the dims to sum over differ")
    gone = [{i for i, _ in pairs}, {j for _, j in pairs}]
    return Shape(
        dim for shape, axes in zip((left, right), gone, strict=True) for i, dim in enumerate(shape) if i not in axes
    )


@op(shape=_multiplied)
def tensordot(xp, a: Number, b: Number, axes: Annotated[Any, Attribute(_as_axes)]):
    """Sums of products over axes of two tensors.

    Args:
        a: a tensor.
        b: a tensor of the same dtype.
        axes: the axes of `a` and those of `b`, a pair of lists; or how many of the last of `a` and the first of `b`.

    Returns:
        A tensor with the other axes of `a`, then those of `b`.

    Raises:
        ValueError: there are no such axes, or their dims differ.

    Source: `tf.tensordot`, TF 2.2.

    >>> tensordot([[1., 2.]], [[3.], [4.]], 1).numpy().tolist()
    [[11.0]]
    """
    return xp.tensordot(a, b, axes)
