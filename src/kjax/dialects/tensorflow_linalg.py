"""`tf.linalg`: decompositions, systems of equations, norms, diagonals, by the operations of `kjax.ops`.

`LINALG` is the table of `tf.linalg`, `TF` that of the names which `tf` itself has, too; `V1_LINALG` and `V1` are those
of TensorFlow 1. Left out: the classes of linear operators, and `logm`.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import ARRAYS, TF_NN, Table, give_names
from kjax.dialects.tensorflow_v1 import V1_NN
from kjax.ops import complexes, diagonals, linear_algebra

Lu = namedtuple("Lu", ["lu", "p"])
Qr = namedtuple("Qr", ["q", "r"])
SelfAdjointEigV2 = namedtuple("SelfAdjointEigV2", ["e", "v"])
Svd = namedtuple("Svd", ["s", "u", "v"])
LogMatrixDeterminant = namedtuple("LogMatrixDeterminant", ["sign", "log_abs_determinant"])

# ------------------------------------------------------------------------------------------------------------ equations


def _adjoint(matrix: Any) -> Any:
    return linear_algebra.matrix_transpose(matrix, True)


def _together(matrix: Any, rhs: Any) -> tuple[Tensor, Tensor]:
    """Two operands as tensors of one dtype."""
    if isinstance(rhs, Tensor) and not isinstance(matrix, Tensor):
        return as_tensor(matrix, rhs.dtype), rhs
    matrix = as_tensor(matrix)
    return matrix, as_tensor(rhs, matrix.dtype)


def _inv(input: Any, adjoint: bool = False, name: Any = None) -> Any:
    return linear_algebra.inv(_adjoint(input) if adjoint else input)


def _solve(matrix: Any, rhs: Any, adjoint: bool = False, name: Any = None) -> Any:
    matrix, rhs = _together(matrix, rhs)
    return linear_algebra.solve(_adjoint(matrix) if adjoint else matrix, rhs)


def _triangular_solve(matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: Any = None) -> Any:
    return linear_algebra.triangular_solve(*_together(matrix, rhs), lower, adjoint)


def _cholesky_solve(chol: Any, rhs: Any, name: Any = None) -> Any:
    chol, rhs = _together(chol, rhs)
    half = linear_algebra.triangular_solve(chol, rhs)
    return linear_algebra.triangular_solve(chol, half, adjoint=True)


def _lu_solve(lower_upper: Any, perm: Any, rhs: Any, validate_args: bool = False, name: Any = None) -> Any:
    lower_upper, rhs = _together(lower_upper, rhs)
    return linear_algebra.lu_solve(lower_upper, perm, rhs)


def _lu_matrix_inverse(lower_upper: Any, perm: Any, validate_args: bool = False, name: Any = None) -> Any:
    lower_upper = as_tensor(lower_upper, where="tf.linalg.lu_matrix_inverse: lower_upper")
    side = lower_upper.shape[-1]
    if side is None:
        raise ValueError(f"tf.linalg.lu_matrix_inverse: the number of rows must be known; got {lower_upper.shape}")
    return linear_algebra.lu_solve(lower_upper, perm, K.cast(as_tensor(np.eye(side)), lower_upper.dtype))


def _logdet(matrix: Any, name: Any = None) -> Any:
    diagonal = diagonals.diag_part(linear_algebra.cholesky(matrix))
    return 2.0 * K.sum(K.log(complexes.real(diagonal)), -1)


def _lstsq(matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: Any = None) -> Any:
    matrix, rhs = _together(matrix, rhs)
    if not fast:
        return _pinv(matrix) @ rhs
    rows, columns = _sides("tf.linalg.lstsq", matrix)
    turned = _adjoint(matrix)
    more_rows = rows >= columns
    product = turned @ matrix if more_rows else matrix @ turned
    weight = K.cast(as_tensor(l2_regularizer), matrix.dtype)
    product = product + weight * K.cast(as_tensor(np.eye(min(rows, columns))), matrix.dtype)
    factor = linear_algebra.cholesky(product)
    if more_rows:
        return _cholesky_solve(factor, turned @ rhs)
    return turned @ _cholesky_solve(factor, rhs)


def _sides(where: str, x: Tensor) -> tuple[int, int]:
    """The number of rows and of columns."""
    if x.shape.rank is None or x.shape.rank < 2 or None in tuple(x.shape[-2:]):
        raise ValueError(f"{where}: the number of rows and columns must be known; got shape {x.shape}")
    return x.shape[-2], x.shape[-1]


def _pinv(a: Any, rcond: Any = None, validate_args: bool = False, name: Any = None) -> Any:
    a = as_tensor(a, where="tf.linalg.pinv: a")
    part = a.dtype.real_dtype
    if rcond is None:
        rcond = 10.0 * max(_sides("tf.linalg.pinv", a)) * float(np.finfo(part.as_numpy_dtype).eps)
    return linear_algebra.pinv(a, K.cast(as_tensor(rcond), part))


def _matrix_rank(a: Any, tol: Any = None, validate_args: bool = False, name: Any = None) -> Any:
    a = as_tensor(a, where="tf.linalg.matrix_rank: a")
    values = linear_algebra.singular_values(a)
    if tol is None:
        eps = float(np.finfo(values.dtype.as_numpy_dtype).eps)
        tol = K.max(values, -1, keepdims=True) * (eps * max(_sides("tf.linalg.matrix_rank", a)))
    return K.sum(K.cast(values > tol, "int32"), -1)


def _svd(tensor: Any, full_matrices: bool = False, compute_uv: bool = True, name: Any = None) -> Any:
    if not compute_uv:
        return linear_algebra.singular_values(tensor)
    return Svd(*linear_algebra.svd(tensor, full_matrices))


# ---------------------------------------------------------------------------------------------------------------- norms

_EUCLIDEAN = ("euclidean", "fro")


def _norm(tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: Any = None, name: Any = None) -> Any:
    where = "tf.linalg.norm"
    x = as_tensor(tensor, where=f"{where}: tensor")
    of_matrix = isinstance(axis, (list, tuple))
    if of_matrix:
        if len(axis) != 2 or axis[0] == axis[1] or not all(isinstance(a, int) for a in axis):
            raise ValueError(f"{where}: axis must be None, an integer, or two different ones; got {axis!r}")
    elif axis is not None and (isinstance(axis, bool) or not isinstance(axis, (int, np.integer))):
        raise ValueError(f"{where}: axis must be None, an integer, or two different ones; got {axis!r}")
    known = ("euclidean", "fro", 1, 2, np.inf) if of_matrix else ("euclidean", 1, 2, np.inf)
    if not (ord in known or (not of_matrix and isinstance(ord, (int, float)) and ord > 0)):
        raise ValueError(f"{where}: ord must be one of {known}{'' if of_matrix else ', or positive'}; got {ord!r}")
    keep = bool(keepdims)
    if ord in _EUCLIDEAN or (ord == 2 and not of_matrix):
        total = K.sum(x * complexes.conj(x), axis, keep)
        if x.dtype.is_complex:
            return K.cast(ops.sqrt(complexes.real(total)), x.dtype)
        return ops.sqrt(total)
    if not of_matrix:
        size = K.abs(x)
        if ord == np.inf:
            return K.max(size, axis, keep)
        return K.sum(size, axis, keep) if ord == 1 else K.sum(size**ord, axis, keep) ** (1.0 / ord)
    if x.shape.rank is None:
        raise ValueError(f"{where}: a tensor of known rank is needed for a norm of matrices; got {x!r}")
    rows, columns = (a % x.shape.rank for a in axis)
    if ord == 2:
        rest = [a for a in range(x.shape.rank) if a not in (rows, columns)]
        result = K.max(linear_algebra.singular_values(K.permute_dimensions(x, [*rest, rows, columns])), -1)
        for a in sorted((rows, columns)) if keep else ():
            result = K.expand_dims(result, a)
        return result
    added, compared = (rows, columns) if ord == 1 else (columns, rows)
    result = K.max(K.sum(K.abs(x), added, keepdims=True), compared, keepdims=True)
    if keep:
        return result
    for a in sorted((rows, columns), reverse=True):
        result = K.squeeze(result, a)
    return result


def _normalize(tensor: Any, ord: Any = "euclidean", axis: Any = None, name: Any = None) -> Any:
    x = as_tensor(tensor, where="tf.linalg.normalize: tensor")
    size = _norm(x, ord, axis, True)
    return x / K.cast(size, x.dtype), size


# ------------------------------------------------------------------------------------------------------------- products


def _matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,  # (a promise about the values, which changes no result)
    b_is_sparse: bool = False,
    name: Any = None,
) -> Any:
    a, b = _together(a, b)
    product = ARRAYS["matmul"](a, K.expand_dims(b, -1), transpose_a=transpose_a, adjoint_a=adjoint_a)
    return K.squeeze(product, -1)


def _tridiagonals(where: str, diagonals_given: Any, form: str) -> tuple[Tensor, Tensor, Tensor]:
    """The superdiagonal, the main one and the subdiagonal, all as long as the matrix."""
    if form == "compact":
        whole = as_tensor(diagonals_given, where=f"{where}: diagonals")
        if whole.shape.rank is not None and (whole.shape.rank < 2 or whole.shape[-2] not in (3, None)):
            raise ValueError(f"{where}: diagonals must be of shape (..., 3, length); got {whole.shape}")
        return whole[..., 0, :], whole[..., 1, :], whole[..., 2, :]
    if form == "matrix":
        padded = diagonals.diag_part(diagonals_given, (-1, 1), align="LEFT_RIGHT")
        return padded[..., 0, :], padded[..., 1, :], padded[..., 2, :]
    if form != "sequence":
        raise ValueError(f"{where}: diagonals_format must be 'compact', 'matrix' or 'sequence'; got {form!r}")
    upper, main, lower = (as_tensor(part, where=f"{where}: diagonals") for part in diagonals_given)
    return upper, main, lower


def _tridiagonal_matmul(diagonals: Any, rhs: Any, diagonals_format: Any = "compact", name: Any = None) -> Any:
    where = "tf.linalg.tridiagonal_matmul"
    upper, main, lower = (K.expand_dims(part, -1) for part in _tridiagonals(where, diagonals, diagonals_format))
    rhs = as_tensor(rhs, main.dtype, f"{where}: rhs")
    if rhs.shape.rank is not None and rhs.shape.rank < 2:
        raise ValueError(f"{where}: rhs must be of rank 2 at least; got shape {rhs.shape}")
    nothing = K.zeros_like(rhs[..., :1, :])
    after, before = K.concatenate([rhs[..., 1:, :], nothing], -2), K.concatenate([nothing, rhs[..., :-1, :]], -2)
    return main * rhs + upper * after + lower * before


# ----------------------------------------------------------------------------------------------------------- the tables

_BOTH: Table = {
    "adjoint": lambda matrix, name=None: _adjoint(matrix),
    "band_part": lambda input, num_lower, num_upper, name=None: diagonals.band_part(input, num_lower, num_upper),
    "cholesky": lambda input, name=None: linear_algebra.cholesky(input),
    "cholesky_solve": _cholesky_solve,
    "cross": lambda a, b, name=None: linear_algebra.cross(a, b),
    "det": lambda input, name=None: linear_algebra.det(input),
    "diag": lambda diagonal, name="diag", k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT": (
        diagonals.diag(diagonal, k, num_rows, num_cols, padding_value, align)
    ),
    "diag_part": lambda input, name="diag_part", k=0, padding_value=0, align="RIGHT_LEFT": diagonals.diag_part(
        input, k, padding_value, align
    ),
    "eigh": lambda tensor, name=None: SelfAdjointEigV2(*linear_algebra.eigh(tensor)),
    "eigvalsh": lambda tensor, name=None: linear_algebra.eigvalsh(tensor),
    "expm": lambda input, name=None: linear_algebra.expm(input),
    "eye": ARRAYS["eye"],
    "inv": _inv,
    "logdet": _logdet,
    "lstsq": _lstsq,
    "lu": lambda input, output_idx_type="int32", name=None: Lu(*linear_algebra.lu(input, output_idx_type)),
    "lu_matrix_inverse": _lu_matrix_inverse,
    "lu_reconstruct": lambda lower_upper, perm, validate_args=False, name=None: linear_algebra.lu_reconstruct(
        lower_upper, perm
    ),
    "lu_solve": _lu_solve,
    "matmul": ARRAYS["matmul"],
    "matrix_rank": _matrix_rank,
    "matrix_transpose": lambda a, name="matrix_transpose", conjugate=False: linear_algebra.matrix_transpose(
        a, conjugate
    ),
    "matvec": _matvec,
    "normalize": _normalize,
    "pinv": _pinv,
    "qr": lambda input, full_matrices=False, name=None: Qr(*linear_algebra.qr(input, full_matrices)),
    "set_diag": lambda input, diagonal, name="set_diag", k=0, align="RIGHT_LEFT": diagonals.set_diag(
        input, diagonal, k, align
    ),
    "slogdet": lambda input, name=None: LogMatrixDeterminant(*linear_algebra.slogdet(input)),
    "solve": _solve,
    "sqrtm": lambda input, name=None: linear_algebra.sqrtm(input),
    "svd": _svd,
    "tensor_diag": lambda diagonal, name=None: diagonals.tensor_diag(diagonal),
    "tensor_diag_part": lambda input, name=None: diagonals.tensor_diag_part(input),
    "trace": lambda x, name=None: K.sum(diagonals.diag_part(x), -1),
    "triangular_solve": _triangular_solve,
    "tridiagonal_matmul": _tridiagonal_matmul,
}

_AT_ROOT: Table = {
    "eig": lambda tensor, name=None: linear_algebra.eig(tensor),
    "eigvals": lambda tensor, name=None: linear_algebra.eigvals(tensor),
}


def _v1_norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: Any = None,
    name: Any = None,
    keep_dims: Any = None,
) -> Any:
    return _norm(tensor, ord, axis, keepdims or keep_dims)


TF: Table = {**_AT_ROOT, "matrix_square_root": _BOTH["sqrtm"], "norm": _norm}
LINALG: Table = {**_BOTH, **_AT_ROOT, "l2_normalize": TF_NN["l2_normalize"], "norm": _norm}
V1: Table = {
    **{name: _BOTH[name] for name in ("cholesky", "cholesky_solve", "cross", "qr", "svd", "trace")},
    "diag": _BOTH["tensor_diag"],
    "diag_part": _BOTH["tensor_diag_part"],
    "matrix_band_part": _BOTH["band_part"],
    "matrix_determinant": _BOTH["det"],
    "matrix_diag": _BOTH["diag"],
    "matrix_diag_part": _BOTH["diag_part"],
    "matrix_inverse": _BOTH["inv"],
    "matrix_set_diag": _BOTH["set_diag"],
    "matrix_solve": _BOTH["solve"],
    "matrix_solve_ls": _BOTH["lstsq"],
    "matrix_square_root": _BOTH["sqrtm"],
    "matrix_transpose": _BOTH["matrix_transpose"],
    "matrix_triangular_solve": _BOTH["triangular_solve"],
    "norm": _v1_norm,
    "self_adjoint_eig": _BOTH["eigh"],
    "self_adjoint_eigvals": _BOTH["eigvalsh"],
}
V1_LINALG: Table = {
    **_BOTH,
    "l2_normalize": V1_NN["l2_normalize"],
    "norm": _v1_norm,
    "transpose": _BOTH["matrix_transpose"],
}

give_names({"tensorflow": TF, "tensorflow.linalg": LINALG, "tensorflow.compat.v1": V1}, __name__)
