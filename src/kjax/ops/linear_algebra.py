"""Linear algebra: decompositions, inverses, systems of equations; of matrices in the last two axes.

Gradients are TensorFlow's: a decomposition that reads only the lower triangle of a matrix has, in `eigh`, no slope
elsewhere; in `cholesky` it is that of a symmetric matrix.
"""

import functools
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import INEXACT, Array, Attribute, Index, Number, Operand, Other
from kjax.core.placement import JAX_ONLY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import require
from kjax.ops.reduction import Flag

# What LAPACK computes.
_Solvable = Annotated[Any, Operand(frozenset(d for d in INEXACT if d.size >= 4))]
_WholeType = Annotated[Any, Attribute(lambda value, where: as_dtype(value, where))]

# --------------------------------------------------------------------------------------------------------------- shapes


def _matrix(where: str, x: Tensor, square: bool = False, name: str = "input") -> Shape:
    """The shape of matrices, which must have two axes, and perhaps two equal ones."""
    if x.shape.rank is None:
        return shapes.UNKNOWN
    if x.shape.rank < 2:
        raise ValueError(f"{where}: {name} must be of rank 2 at least; got shape {x.shape}")
    if not square:
        return x.shape
    side = shapes.merge_dim(where, x.shape[-2], x.shape[-1], f"{name} must be square")
    return Shape((*x.shape[:-2], side, side))


def _square(where: str, x: Tensor, *rest: Any) -> Shape:
    return _matrix(where, x, square=True)


def _below(where: str, x: Tensor, *rest: Any) -> Shape:
    """The axes before those of the matrices, which are square."""
    shape = _matrix(where, x, square=True)
    return shape if shape.rank is None else shape[:-2]


def _vectors(where: str, x: Tensor, *rest: Any) -> Shape:
    """As many vectors as square matrices, and as long."""
    shape = _matrix(where, x, square=True)
    return shape if shape.rank is None else shape[:-1]


def _least(a: int | None, b: int | None) -> int | None:
    return 0 if 0 in (a, b) else None if a is None or b is None else min(a, b)


def _equations(where: str, matrix: Tensor, rhs: Tensor, *rest: Any) -> Shape:
    """The shape of the solutions; the axes before the matrices are the same, or broadcast."""
    left, right = _matrix(where, matrix, True, "matrix"), _matrix(where, rhs, name="rhs")
    if left.rank is None or right.rank is None:
        return shapes.UNKNOWN
    rows = shapes.merge_dim(where, left[-1], right[-2], "matrix and rhs differ in the number of rows")
    return Shape((*shapes.broadcast(where, left[:-2], right[:-2]), rows, right[-1]))


def _as_many_equations(where: str, matrix: Tensor, rhs: Tensor) -> Shape:
    if None not in (matrix.shape.rank, rhs.shape.rank) and not matrix.shape[:-2].is_compatible_with(rhs.shape[:-2]):
        raise ValueError(f"{where}: matrix of shape {matrix.shape} and rhs of {rhs.shape} differ before the last axes")
    return _equations(where, matrix, rhs)


# ----------------------------------------------------------------------------------------------------- parts of kernels


def _adjoint(x: Any) -> Any:
    return x.swapaxes(-1, -2).conj()


def _from_lower(xp: Any, x: Any) -> Any:
    """The Hermitian matrices with these lower triangles."""
    own = xp.real(xp.diagonal(x, axis1=-2, axis2=-1)).astype(x.dtype)[..., None, :] * np.eye(x.shape[-1], dtype=x.dtype)
    lower = xp.tril(x, -1)
    return lower + own + _adjoint(lower)


def _sound(result: Any, operands: tuple[Any, ...], message: str) -> Any:
    """A result of JAX, which has NaN or infinities where it can't be computed; NumPy has raised an error there."""
    import jax

    finite = jax.numpy.isfinite(result).all()
    for operand in operands:
        finite = finite | ~jax.numpy.isfinite(operand).all()
    require(finite, ValueError(message))
    return result


_SINGULAR = "the matrix is not invertible"


def _checked_matrices(x: Any) -> Any:
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"the matrices must be square; got shape {x.shape}")
    return x


# ------------------------------------------------------------------------------------------------------- decompositions


def _cholesky_in_jax(jnp: Any, x: Any) -> Any:
    import jax

    even = (_checked_matrices(x) + _adjoint(x)) / 2
    even = even + jax.lax.stop_gradient(_from_lower(jnp, x) - even)
    factor = jax.lax.linalg.cholesky(even, symmetrize_input=False)
    return _sound(factor, (x,), "the matrix is not positive definite")


@op(shape=_square, jax_kernel=_cholesky_in_jax)
def cholesky(xp, x: _Solvable):
    """The lower triangular factors of positive definite matrices, of which only the lower triangles are read.

    Raises:
        ValueError: a matrix is not square, or not positive definite.

    >>> cholesky([[4., 2.], [2., 5.]]).numpy().tolist()
    [[2.0, 0.0], [1.0, 2.0]]
    """
    return np.linalg.cholesky(x)


def _eigh_in_jax(jnp: Any, x: Any) -> Any:
    values, vectors = jnp.linalg.eigh(_from_lower(jnp, _checked_matrices(x)), symmetrize_input=False)
    return values.astype(x.dtype), vectors


@op(
    shape=lambda where, x: [_vectors(where, x), _square(where, x)],
    jax_kernel=_eigh_in_jax,
    label="SelfAdjointEigV2",
)
def eigh(xp, x: _Solvable):
    """Eigenvalues, in ascending order, and eigenvectors of Hermitian matrices, of which the lower triangles are read.

    >>> values, vectors = eigh([[2., 0.], [0., 1.]])
    >>> values.numpy().tolist()
    [1.0, 2.0]
    """
    values, vectors = np.linalg.eigh(x)
    return values.astype(x.dtype), vectors


@op(shape=_vectors, jax_kernel=lambda jnp, x: _eigh_in_jax(jnp, x)[0], label="SelfAdjointEigV2")
def eigvalsh(xp, x: _Solvable):
    """Eigenvalues of Hermitian matrices, in ascending order."""
    return np.linalg.eigvalsh(x).astype(x.dtype)


def _of_complex(x: Tensor) -> Any:
    return as_dtype("complex128" if x.dtype.real_dtype == "float64" else "complex64")


@op(
    shape=lambda where, x: [_vectors(where, x), _square(where, x)],
    out=lambda x: [_of_complex(x)] * 2,
    differentiable=False,
)
def eig(xp, x: _Solvable):
    """Eigenvalues, in no order, and eigenvectors of square matrices, as complex numbers."""
    values, vectors = xp.linalg.eig(x)
    whole = np.result_type(x.dtype, np.complex64)
    return values.astype(whole), vectors.astype(whole)


@op(shape=_vectors, out=_of_complex, differentiable=False, label="Eig")
def eigvals(xp, x: _Solvable):
    """Eigenvalues of square matrices, in no order, as complex numbers."""
    return xp.linalg.eigvals(x).astype(np.result_type(x.dtype, np.complex64))


def _factors(where: str, x: Tensor, full: bool) -> list[Shape]:
    """Singular values, left and right vectors."""
    shape = _matrix(where, x)
    if shape.rank is None:
        return [shapes.UNKNOWN] * 3
    batch, rows, columns = tuple(shape[:-2]), shape[-2], shape[-1]
    least = _least(rows, columns)
    left, right = (rows, columns) if full else (least, least)
    return [Shape((*batch, least)), Shape((*batch, rows, left)), Shape((*batch, columns, right))]


@op(shape=_factors, out=lambda x, full: [x.dtype.real_dtype, x.dtype, x.dtype])
def svd(xp, x: _Solvable, full_matrices: Flag = False):
    """Singular values, in descending order, left and right singular vectors: `x = u @ diag(s) @ adjoint(v)`.

    Args:
        x: a tensor of matrices.
        full_matrices: whether `u` and `v` are square.

    >>> s, u, v = svd([[3., 0.], [0., -2.]])
    >>> s.numpy().tolist()
    [3.0, 2.0]
    """
    # (full matrices have no derivative in JAX; of square ones they are the same)
    u, s, v = xp.linalg.svd(x, full_matrices=full_matrices and x.shape[-1] != x.shape[-2])
    return s, u, _adjoint(v)


@op(shape=lambda where, x: _factors(where, x, False)[0], out=lambda x: x.dtype.real_dtype, label="Svd")
def singular_values(xp, x: _Solvable):
    """Singular values of matrices, in descending order."""
    return xp.linalg.svd(x, compute_uv=False)


def _orthogonal(where: str, x: Tensor, full: bool) -> list[Shape]:
    shape = _matrix(where, x)
    if shape.rank is None:
        return [shapes.UNKNOWN] * 2
    batch, rows, columns = tuple(shape[:-2]), shape[-2], shape[-1]
    inner = rows if full else _least(rows, columns)
    return [Shape((*batch, rows, inner)), Shape((*batch, inner, columns))]


@op(shape=_orthogonal)
def qr(xp, x: _Solvable, full_matrices: Flag = False):
    """Orthogonal and upper triangular factors of matrices.

    Args:
        x: a tensor of matrices.
        full_matrices: whether the orthogonal factor is square.

    >>> q, r = qr([[3., 1.], [4., 2.]])
    >>> abs(r.numpy()).round(4)
    array([[5. , 2.2],
           [0. , 0.4]], dtype=float32)
    """
    return tuple(xp.linalg.qr(x, mode="complete" if full_matrices else "reduced"))


@op(
    shape=lambda where, x, dtype: [_square(where, x), _vectors(where, x)],
    out=lambda x, dtype: [x.dtype, dtype],
    runs=JAX_ONLY,
)
def lu(xp, x: _Solvable, dtype: _WholeType):
    """Lower and upper triangular factors of square matrices, in one, and the order of the rows."""
    import jax

    factors, _, order = jax.lax.linalg.lu(_checked_matrices(x))
    require((xp.diagonal(factors, axis1=-2, axis2=-1) != 0).all(), ValueError(_SINGULAR))
    return factors, order.astype(dtype.as_numpy_dtype)


# ----------------------------------------------------------------------------------------------------------- one matrix


@op(shape=_square, label="MatrixInverse")
def inv(xp, x: _Solvable):
    """The inverses of square matrices.

    Raises:
        ValueError: a matrix is not square, or not invertible.

    >>> inv([[2., 0.], [0., 4.]]).numpy().tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    inverse = xp.linalg.inv(_checked_matrices(x))
    return inverse if xp is np else _sound(inverse, (x,), _SINGULAR)


@op(shape=_below, label="MatrixDeterminant")
def det(xp, x: _Solvable):
    """The determinants of square matrices.

    >>> det([[2., 1.], [1., 3.]]).numpy().round(4).item()
    5.0
    """
    return xp.linalg.det(x)


@op(shape=lambda where, x: [_below(where, x)] * 2, label="LogMatrixDeterminant")
def slogdet(xp, x: _Solvable):
    """The signs of the determinants of square matrices, and the logarithms of their absolute values."""
    sign, logarithm = xp.linalg.slogdet(x)
    return sign, logarithm.astype(x.dtype)


@op(
    shape=lambda where, x, least: (
        shapes.UNKNOWN if _matrix(where, x).rank is None else Shape((*x.shape[:-2], x.shape[-1], x.shape[-2]))
    ),
    label="PseudoInverse",
)
def pinv(xp, x: _Solvable, least: Other):
    """The pseudo-inverses of matrices.

    Args:
        x: a tensor of matrices.
        least: the part of the largest singular value that a singular value must exceed to count: a scalar, or one for
            each matrix.
    """
    return xp.linalg.pinv(x, least) if xp is np else xp.linalg.pinv(x, rtol=least)


@op(shape=_square, runs=JAX_ONLY, label="MatrixExponential")
def expm(xp, x: _Solvable):
    """The exponentials of square matrices."""
    import jax

    return _each(jax.scipy.linalg.expm, _checked_matrices(x))


def _each(function: Any, x: Any) -> Any:
    """A function of one matrix, of each of them."""
    import jax

    if not x.size:
        return x
    return jax.vmap(function)(x.reshape(-1, *x.shape[-2:])).reshape(x.shape)


@functools.cache
def _root() -> Any:
    """The square root of a matrix; its change `d` solves `root @ d + d @ root = change`."""
    import jax

    jnp = jax.numpy

    @jax.custom_jvp
    def root(x: Any) -> Any:
        whole = jax.scipy.linalg.sqrtm(x)
        if jnp.iscomplexobj(x):
            return whole
        rest = jnp.abs(whole.imag).max() > 100 * jnp.finfo(x.dtype).eps * jnp.abs(whole).max()
        return jnp.where(rest, jnp.nan, whole.real)  # (there is no real root)

    @root.defjvp
    def slope(primals: Any, tangents: Any) -> Any:
        found, (change,) = root(*primals), tangents
        one = jnp.eye(len(found), dtype=found.dtype)
        system = jnp.kron(found, one) + jnp.kron(one, found.T)
        return found, jnp.linalg.solve(system, change.reshape(-1)).reshape(change.shape)

    return root


@op(shape=_square, runs=JAX_ONLY, label="MatrixSquareRoot")
def sqrtm(xp, x: _Solvable):
    """The square roots of square matrices; NaN where a real matrix has no real one."""
    return _each(_root(), _checked_matrices(x))


# ------------------------------------------------------------------------------------------------- systems of equations


@op(shape=_as_many_equations, label="MatrixSolve")
def solve(xp, matrix: _Solvable, rhs: _Solvable):
    """The solutions of `matrix @ x = rhs`.

    Raises:
        ValueError: the shapes don't go together, or a matrix is not invertible.

    >>> solve([[2., 0.], [0., 4.]], [[2.], [2.]]).numpy().tolist()
    [[1.0], [0.5]]
    """
    if matrix.ndim != rhs.ndim or matrix.ndim < 2:
        raise ValueError(f"matrix and rhs must have the same rank; got shapes {matrix.shape} and {rhs.shape}")
    solution = xp.linalg.solve(matrix, rhs)
    return solution if xp is np else _sound(solution, (matrix, rhs), _SINGULAR)


def _triangular(xp: Any, matrix: Any, rhs: Any, lower: bool, adjoint: bool = False, ones: bool = False) -> Any:
    """The solutions of equations with triangular matrices; with `ones` on the diagonals, whatever is there."""
    batch = xp.broadcast_shapes(matrix.shape[:-2], rhs.shape[:-2])
    matrix = xp.broadcast_to(matrix, (*batch, *matrix.shape[-2:]))
    rhs = xp.broadcast_to(rhs, (*batch, *rhs.shape[-2:]))
    if xp is not np:
        import jax

        solution = jax.lax.linalg.triangular_solve(
            matrix, rhs, left_side=True, lower=lower, transpose_a=adjoint, conjugate_a=adjoint, unit_diagonal=ones
        )
        return _sound(solution, (matrix, rhs), _SINGULAR)
    matrix = np.tril(matrix, -ones) if lower else np.triu(matrix, ones)
    if ones:
        matrix = matrix + np.eye(matrix.shape[-1], dtype=matrix.dtype)
    return np.linalg.solve(_adjoint(matrix) if adjoint else matrix, rhs)


@op(shape=_equations, label="MatrixTriangularSolve")
def triangular_solve(xp, matrix: _Solvable, rhs: _Solvable, lower: Flag = True, adjoint: Flag = False):
    """The solutions of `matrix @ x = rhs`, where only a triangle of the matrix is read.

    Args:
        matrix: a tensor of square matrices.
        rhs: a tensor of matrices; the axes before the last two broadcast.
        lower: whether the lower triangle is meant.
        adjoint: whether the adjoint of the triangle is.

    >>> triangular_solve([[2., 9.], [1., 4.]], [[2.], [2.]]).numpy().tolist()
    [[1.0], [0.25]]
    """
    if matrix.ndim < 2 or rhs.ndim < 2:
        raise ValueError(f"matrix and rhs must be of rank 2 at least; got shapes {matrix.shape} and {rhs.shape}")
    return _triangular(xp, _checked_matrices(matrix), rhs, lower, adjoint)


def _ordered(xp: Any, x: Any, order: Any) -> Any:
    """The rows of matrices in an order."""
    batch = xp.broadcast_shapes(x.shape[:-2], order.shape[:-1])
    x, order = xp.broadcast_to(x, (*batch, *x.shape[-2:])), xp.broadcast_to(order, (*batch, order.shape[-1]))
    return xp.take_along_axis(x, order[..., None], -2)


@op(shape=lambda where, factors, order, rhs: _equations(where, factors, rhs), label="LuSolve")
def lu_solve(xp, factors: _Solvable, order: Index, rhs: _Solvable):
    """The solutions of equations whose matrices `lu` has decomposed."""
    half = _triangular(xp, factors, _ordered(xp, rhs, order), lower=True, ones=True)
    return _triangular(xp, factors, half, lower=False)


@op(shape=_square, label="LuReconstruct")
def lu_reconstruct(xp, factors: _Solvable, order: Index):
    """The matrices that `lu` has decomposed."""
    lower = xp.tril(factors, -1) + np.eye(factors.shape[-1], dtype=factors.dtype)
    return _ordered(xp, lower @ xp.triu(factors), xp.argsort(order, -1))


# ------------------------------------------------------------------------------------------------------------- products


def _turned(where: str, x: Tensor, conjugate: bool) -> Shape:
    shape = _matrix(where, x, name="a")
    return shape if shape.rank is None else Shape((*shape[:-2], shape[-1], shape[-2]))


@op(shape=_turned, label="transpose")
def matrix_transpose(xp, a: Array, conjugate: Flag = False):
    """Matrices with rows and columns exchanged, and their elements conjugated if asked for.

    >>> matrix_transpose([[1, 2], [3, 4]]).numpy().tolist()
    [[1, 3], [2, 4]]
    """
    if a.ndim < 2:
        raise ValueError(f"a must be of rank 2 at least; got shape {a.shape}")
    return _adjoint(a) if conjugate and a.dtype.kind == "c" else a.swapaxes(-1, -2)


def _in_space(where: str, a: Tensor, b: Tensor) -> Shape:
    if not a.shape.is_compatible_with(b.shape):
        raise ValueError(f"{where}: a and b have different shapes, {a.shape} and {b.shape}")
    shape = a.shape.merge_with(b.shape)
    if shape.rank == 0 or (shape.rank and shape[-1] not in (3, None)):
        raise ValueError(f"{where}: the last axis must be of length 3; got shape {shape}")
    return shape


@op(shape=_in_space)
def cross(xp, a: Number, b: Number):
    """The cross products of vectors of three elements.

    >>> cross([1, 0, 0], [0, 1, 0]).numpy().tolist()
    [0, 0, 1]
    """
    if a.shape != b.shape or a.shape[-1:] != (3,):
        raise ValueError(f"a and b must be of the same shape, with 3 elements last; got {a.shape} and {b.shape}")
    return xp.cross(a, b)
