"""Sums with wide results, and sums of a few neighbours, in JAX.

On CPUs, XLA's library for sums is slow at both: where rows of more than 16,384 elements are added up, it takes ten to
forty times as long as a product of matrices with ones; for two to four neighbours, two to ten times as long as a sum of
slices. A convolution whose result is added up it takes in, and computes it on one core. Such sums are gradients, too:
those of arrays that broadcast along the batch, as the weights of capsules do, and of elements that are repeated.
"""

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from kjax.kernels.products import PRECISION
from kjax.machine import config

_WIDE = 1 << 14  # elements of a row
_FEW = 4  # neighbours


class _Form(NamedTuple):
    """An array as blocks of rows, which are added up within each block."""

    blocks: int
    rows: int
    columns: int

    @property
    def is_wide(self) -> bool:
        return self.columns > _WIDE

    @property
    def is_thin(self) -> bool:
        return self.rows <= _FEW and self.columns <= _WIDE < self.blocks * self.columns


def total(x: Any, axes: Any, keepdims: bool, dtype: Any) -> Any:
    """The sum of a JAX array along axes (None for all), like its method `sum`."""
    if x.dtype == dtype and _is_concerned(x.dtype, x.shape):
        every = range(x.ndim) if axes is None else (axes,) if isinstance(axes, int) else axes
        numbers = tuple(sorted(axis % x.ndim for axis in every))
        form = _form(x.shape, numbers)
        if form is not None and (form.is_wide or form.is_thin):
            rows = x.reshape(form)
            # (Along the last axis its gradient is a sum of paddings: of a broadcast the library makes slow sums again.)
            out = _of_few(rows) if form.is_thin and form.columns == 1 else _functions().total(rows)
            kept = [1 if axis in numbers else n for axis, n in enumerate(x.shape) if keepdims or axis not in numbers]
            return out.reshape(kept)
    return x.sum(axis=axes, dtype=dtype, keepdims=keepdims)


def alike(x: Any, y: Any) -> tuple[Any, Any]:
    """Both operands, each broadcast to the other's shape if its gradient would be a slow sum."""
    dims, others = np.shape(x), np.shape(y)
    if dims == others or not (_is_concerned(x.dtype, dims) and _is_concerned(y.dtype, others)):
        return x, y
    common = np.broadcast_shapes(dims, others)
    return _spread(x, common), _spread(y, common)


def repeated(x: Any, count: int, axis: int) -> Any:
    """Each element of a JAX array `count` times along an axis, like its method `repeat`."""
    dims = x.shape
    if _is_concerned(x.dtype, dims):
        axis %= x.ndim
        form = _Form(math.prod(dims[: axis + 1]), count, math.prod(dims[axis + 1 :]))
        if form.is_thin and count > 1:
            out = _functions().spread(x.reshape((form.blocks, form.columns)), count)
            return out.reshape((*dims[:axis], dims[axis] * count, *dims[axis + 1 :]))
    return x.repeat(count, axis)


def _spread(x: Any, common: tuple[int, ...]) -> Any:
    dims = (1,) * (len(common) - np.ndim(x)) + np.shape(x)
    form = _form(common, tuple(axis for axis, (n, m) in enumerate(zip(dims, common, strict=True)) if n != m))
    if form is None or not (form.is_wide or form.is_thin):
        return x
    return _functions().spread(x.reshape((form.blocks, form.columns)), form.rows).reshape(common)


def _is_concerned(dtype: Any, dims: tuple[Any, ...]) -> bool:
    """Whether XLA's library would add up such an array, and its dims are known."""
    import jax

    return (
        dtype == np.float32
        and all(isinstance(dim, int) for dim in dims)
        and jax.default_backend() == "cpu"
        and not config.is_plain()
    )


def _form(dims: tuple[int, ...], axes: tuple[int, ...]) -> _Form | None:
    """The array as blocks of rows, if the axes to sum over are neighbours; None if not."""
    summed = [axis for axis in axes if dims[axis] != 1]
    if not summed:
        return None
    first, last = summed[0], summed[-1] + 1
    if any(dims[axis] != 1 for axis in range(first, last) if axis not in axes):
        return None
    return _Form(math.prod(dims[:first]), math.prod(dims[first:last]), math.prod(dims[last:]))


def _of_few(rows: Any) -> Any:
    """The sum over the rows of each block, row by row."""
    out = rows[:, 0]
    for row in range(1, rows.shape[1]):
        out = out + rows[:, row]
    return out


class _Functions(NamedTuple):
    """`total(rows)` of shape `(blocks, rows, columns)`, and the other way round `spread(x, rows)`."""

    total: Any
    spread: Any


@cache
def _functions() -> _Functions:
    import jax

    jnp = jax.numpy

    def product(dims: tuple[int, ...], x: Any) -> Any:
        """Ones of shape `dims` times `x`, over axis 1 of both in each block."""
        ones = np.ones(dims, np.float32)
        return jax.lax.dot_general(ones, x, (((1,), (1,)), ((0,), (0,))), precision=PRECISION)

    def total_at_once(rows: Any) -> Any:
        return _of_few(rows) if _Form(*rows.shape).is_thin else product(rows.shape[:2], rows)

    total = jax.custom_jvp(total_at_once)
    # (The transposition of JAX's sum is a plain broadcast.)
    total.defjvp(lambda primals, tangents: (total(*primals), tangents[0].sum(1)))

    def spread_at_once(x: Any, rows: int) -> Any:
        return jnp.broadcast_to(x[:, None], (x.shape[0], rows, x.shape[1]))

    def along(rows: int, primals: Any, tangents: Any) -> Any:
        # In ways whose transpositions are those sums.
        change = tangents[0][:, None]
        if _Form(change.shape[0], rows, change.shape[-1]).is_thin:
            out = jnp.concatenate([change] * rows, 1)
        else:
            out = product((change.shape[0], 1, rows), change)
        return spread(*primals, rows), out

    spread = jax.custom_jvp(spread_at_once, nondiff_argnums=(1,))
    spread.defjvp(along)
    return _Functions(total, spread)
