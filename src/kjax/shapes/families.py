"""Static-shape rules, by family.

A rule gets the name of the call (for its errors) and the arguments of the operation, and returns the shape of the
result. A dim that is not certain is None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kjax.core.declaration import by_element
from kjax.core.graph import replaced, tensors_in
from kjax.core.shape import Shape, as_int
from kjax.core.tensor import Tensor
from kjax.machine.plurals import counted
from kjax.machine.scopes import wide_types
from kjax.shapes.known import UNKNOWN_DIM, static_value

UNKNOWN = Shape.UNKNOWN
SCALAR = Shape()

# ------------------------------------------------------------------------------------------------------ parts of rules


def broadcast_dim(a: int | None, b: int | None) -> int | None:
    """The dim that `a` and `b` broadcast to.

    Two unknown dims give an unknown one, since either may be 1; beside a known dim greater than 1, an unknown one is
    either 1 or the same.

    Raises:
        ValueError: they are known not to broadcast.
    """
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if a is None or b is None:
        return b if a is None else a
    raise ValueError


def broadcast(where: str, *shapes: Shape) -> Shape:
    """The shape that `shapes` broadcast to."""
    result: Shape = SCALAR
    for shape in shapes:
        if shape.rank is None or result.rank is None:
            result = UNKNOWN
            continue
        rank = max(len(result), len(shape))
        left, right = (1,) * (rank - len(result)) + tuple(result), (1,) * (rank - len(shape)) + tuple(shape)
        try:
            result = Shape(map(broadcast_dim, left, right))
        except ValueError:
            raise ValueError(f"{where}: shapes {' and '.join(map(str, shapes))} don't broadcast") from None
    return result


def product(dims: Iterable[int | None]) -> int | None:
    """The product of dims; None if it is unknown."""
    shape = Shape(dims)
    return 0 if 0 in tuple(shape) else shape.num_elements()


def axis_in(where: str, axis: Any, rank: int, name: str = "axis") -> int:
    """`axis` counted from the front.

    Raises:
        TypeError: it is no integer.
        ValueError: there is no such axis.
    """
    try:
        index = as_int(axis)
    except TypeError:
        raise TypeError(f"{where}: {name} must be an integer; got {axis!r}") from None
    if not -rank <= index < rank:
        raise ValueError(f"{where}: {name} {index} is out of range for a tensor of rank {rank}")
    return int(index) % rank


def merge_dim(where: str, a: int | None, b: int | None, what: str) -> int | None:
    """The known one of two dims that must be equal; `what` begins the error if they are not."""
    if a is not None and b is not None and a != b:
        raise ValueError(f"{where}: {what}: {a} and {b}")
    return b if a is None else a


# --------------------------------------------------------------------------------------------------------------- rules


@by_element
def elementwise(where: str, *args: Any) -> Shape:
    """All operands, broadcast against each other."""
    return broadcast(where, *(arg.shape for arg in args if isinstance(arg, Tensor)))


def same(where: str, x: Tensor, *rest: Any) -> Shape:
    """The shape of the first operand."""
    return x.shape


def reduction(where: str, x: Tensor, axis: Any = None, keepdims: bool = False) -> Shape:
    """The axes in `axis` (None: all) are removed, or become 1."""
    rank = x.shape.rank
    if rank is None:
        return SCALAR if axis is None and not keepdims else UNKNOWN
    axes = axis if isinstance(axis, tuple) else range(rank) if axis is None else (axis,)
    gone = {axis_in(where, a, rank) for a in axes}
    if keepdims:
        return Shape(1 if i in gone else dim for i, dim in enumerate(x.shape))
    return Shape(dim for i, dim in enumerate(x.shape) if i not in gone)


def along_axis(where: str, x: Tensor, axis: int = -1, *rest: Any) -> Shape:
    """The shape of `x`, which must have that axis."""
    if x.shape.rank is not None:
        axis_in(where, axis, x.shape.rank)
    return x.shape


def permutation(where: str, x: Tensor, pattern: Sequence[int]) -> Shape:
    """The dims in the order of `pattern`."""
    rank = len(pattern) if x.shape.rank is None else x.shape.rank
    if sorted(pattern) != list(range(rank)):
        raise ValueError(f"{where}: pattern {tuple(pattern)} is no permutation of the axes of a tensor of rank {rank}")
    return Shape(None if x.shape.rank is None else x.shape[i] for i in pattern)


def tiled(where: str, x: Tensor, n: Any) -> Shape:
    """Every dim times its number in `n`."""
    times = dims_given(where, n)
    rank = times.rank if x.shape.rank is None else x.shape.rank
    if times.rank not in (None, rank) or (times.rank and any(t is not None and t < 0 for t in times)):
        raise ValueError(f"{where}: n must have {counted(rank, 'integer')}, none negative; got {tuple(times)}")
    if rank is None:
        return UNKNOWN
    dims, counts = ([None] * rank if s.rank is None else s for s in (x.shape, times))
    return Shape(map(_times, dims, counts))


def _times(dim: int | None, count: int | None) -> int | None:
    if dim == 0 or count == 0:
        return 0
    return None if dim is None or count is None else dim * count


def dims_given(where: str, shape: Any) -> Shape:
    """The shape in a `shape` argument: dims, or an integer tensor of them."""
    if not isinstance(shape, Tensor):
        return Shape(shape)
    value = static_value(shape)
    if value is not None:
        return Shape(None if dim is UNKNOWN_DIM else int(dim) for dim in value.ravel())
    if shape.shape.rank == 0:
        return Shape((None,))
    if shape.shape.rank == 1 and shape.shape[0] is not None:
        return Shape([None] * shape.shape[0])
    return UNKNOWN


def reshaped(where: str, x: Tensor, shape: Any) -> Shape:
    """The requested dims; -1 is inferred, if the number of elements is known."""
    wanted = dims_given(where, shape)
    if wanted.rank is None:
        return UNKNOWN
    if sum(dim == -1 for dim in wanted) > 1:
        raise ValueError(f"{where}: only one dim of shape may be -1; got {tuple(wanted)}")
    if any(dim is not None and dim < -1 for dim in wanted):
        raise ValueError(f"{where}: dims of shape must not be negative, save one -1; got {tuple(wanted)}")
    total = x.shape.num_elements()
    dynamic = isinstance(shape, Tensor)
    known = 1
    for dim in wanted:
        known *= 1 if dim is None or dim == -1 else dim
    if total is None:
        return Shape(None if dim == -1 else dim for dim in wanted)
    unknown = [i for i, dim in enumerate(wanted) if dim is None or dim == -1]
    fits = total == known if not unknown else (total % known == 0 if known else total == 0)
    if not fits:
        raise ValueError(f"{where}: a tensor of shape {x.shape} can't be reshaped to {tuple(wanted)}")
    if len(unknown) == 1 and known and (not dynamic or wanted[unknown[0]] is None or wanted[unknown[0]] == -1):
        return Shape(total // known if i == unknown[0] else dim for i, dim in enumerate(wanted))
    return Shape(None if dim == -1 else dim for dim in wanted)


def joined(where: str, tensors: Sequence[Tensor], axis: int) -> Shape:
    """Concatenation along an axis."""
    shapes = [t.shape for t in tensors if t.shape.rank is not None]
    if not tensors:
        raise ValueError(f"{where}: needs at least one tensor")
    if not shapes:
        return UNKNOWN
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        raise ValueError(f"{where}: tensors of different ranks: {', '.join(map(str, shapes))}")
    axis = axis_in(where, axis, rank)
    result: list[int | None] = list(shapes[0])
    for shape in shapes[1:]:
        for i in range(rank):
            if i != axis:
                result[i] = merge_dim(where, result[i], shape[i], f"dims at axis {i} must be equal")
    lengths = [shape[axis] for shape in shapes]
    known = len(shapes) == len(tensors) and None not in lengths
    result[axis] = sum(lengths) if known else None
    return Shape(result)


def stacked(where: str, tensors: Sequence[Tensor], axis: int) -> Shape:
    """Tensors of one shape, stacked along a new axis."""
    if not tensors:
        raise ValueError(f"{where}: needs at least one tensor")
    shape: Shape = UNKNOWN
    for tensor in tensors:
        try:
            shape = shape.merge_with(tensor.shape)
        except ValueError:
            raise ValueError(f"{where}: tensors of different shapes, {shape} and {tensor.shape}") from None
    if shape.rank is None:
        return UNKNOWN
    axis = axis_in(where, axis, shape.rank + 1)
    return Shape((*shape[:axis], len(tensors), *shape[axis:]))


def matmul(where: str, x: Tensor, y: Tensor, *rest: Any) -> Shape:
    """Product of matrices, batched by broadcasting the dims before the last two."""
    a, b = x.shape, y.shape
    if a.rank is None or b.rank is None:
        return UNKNOWN
    if len(a) < 2 or len(b) < 2:
        raise ValueError(f"{where}: x and y must be of rank 2 at least; got shapes {a} and {b}")
    merge_dim(where, a[-1], b[-2], f"shapes {a} and {b} can't be multiplied, the inner dims differ")
    return Shape((*broadcast(where, a[:-2], b[:-2]), a[-2], b[-1]))


def dot(where: str, x: Tensor, y: Tensor) -> Shape:
    """The last axis of `x` and the last but one of `y` are summed over."""
    a, b = x.shape, y.shape
    if a.rank == 0 or b.rank in (0, 1) or (a.rank == 1 and b.rank == 2):
        raise ValueError(f"{where}: {too_low(a, b)}")
    if a.rank is None or b.rank is None:
        return UNKNOWN
    merge_dim(where, a[-1], b[-2], f"shapes {a} and {b} can't be multiplied, the inner dims differ")
    return Shape((*a[:-1], *b[:-2], b[-1]))


def too_low(a: Any, b: Any) -> str:
    """The error for ranks too low for a product."""
    return f"x and y must be of rank 2 at least (x of rank 1, if y has rank 3 or more); got shapes {a} and {b}"


def summed_axes(where: str, x_rank: int, y_rank: int, axes: tuple[int, int] | None) -> tuple[int, int]:
    """The axes that a product of batches sums over, counted from the front."""
    if x_rank < 2 or y_rank < 2:
        raise ValueError(f"{where}: x and y must be of rank 2 at least; got ranks {x_rank} and {y_rank}")
    if axes is None:
        axes = (x_rank - 1, 1 if y_rank == 2 else y_rank - 2)
    left, right = axes
    left, right = axis_in(where, left, x_rank, "axes[0]"), axis_in(where, right, y_rank, "axes[1]")
    if not left or not right:
        raise ValueError(f"{where}: axes must not be 0, the axis of the batch, which is not summed over; got {axes}")
    return left, right


def batch_dot(where: str, x: Tensor, y: Tensor, axes: tuple[int, int] | None) -> Shape:
    """Batch, then the other axes of `x` and of `y` without those summed over; a dim of 1 if there are none."""
    a, b = x.shape, y.shape
    if a.rank is None or b.rank is None:
        return UNKNOWN
    left, right = summed_axes(where, a.rank, b.rank, axes)
    batch = merge_dim(where, a[0], b[0], f"shapes {a} and {b}: batch sizes differ")
    merge_dim(where, a[left], b[right], f"shapes {a} and {b}: the dims to sum over differ")
    rest = (*a[1:left], *a[left + 1 :], *b[1:right], *b[right + 1 :])
    return Shape((batch, *(rest or (1,))))


def probe(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A rule for a kernel that fits no family: evaluate it abstractly, twice.

    Each time another number stands in for unknown dims; a dim in which the results differ is unknown.
    """

    def rule(where: str, *args: Any) -> Any:
        import jax

        if any(t.shape.rank is None for t in tensors_in(args)):
            return UNKNOWN
        results = []
        struct: Any = jax.ShapeDtypeStruct
        for stand_in in (13, 17):
            specs = replaced(
                list(args),
                lambda t, n=stand_in: struct([n if d is None else d for d in t.shape], str(t.dtype)),  # type: ignore[misc]
            )
            tensors = [spec for spec in specs if isinstance(spec, jax.ShapeDtypeStruct)]

            def call(arrays: list[Any], specs: list[Any] = specs) -> Any:
                rest = iter(arrays)
                return kernel(jax.numpy, *[next(rest) if isinstance(s, jax.ShapeDtypeStruct) else s for s in specs])

            with wide_types(jax):
                out = jax.eval_shape(call, tensors)
            results.append(out if isinstance(out, (tuple, list)) else [out])
        shapes = [
            Shape(a if a == b else None for a, b in zip(one.shape, two.shape, strict=True))
            for one, two in zip(*results, strict=True)
        ]
        return shapes[0] if len(shapes) == 1 else shapes

    return rule
