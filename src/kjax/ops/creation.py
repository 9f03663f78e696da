"""Creation of tensors: variables, constants, placeholders, ranges."""

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from kjax import shapes
from kjax.core import dtypes
from kjax.core.composite import KINDS, implementation, kind_of
from kjax.core.dtypes import DType, as_dtype
from kjax.core.foreign import public
from kjax.core.function import run
from kjax.core.graph import MODE, unique_name, variable_name
from kjax.core.op import op
from kjax.core.operands import Array, Dims, DTypeLike, MaybeArray, MaybeDims, as_tensor, described
from kjax.core.placement import NUMPY, on_cpu
from kjax.core.shape import Shape, any_open, as_int, as_shape
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.variable import Variable, fresh_array, fresh_or_traced
from kjax.kernels import lazy
from kjax.machine import config, errors
from kjax.machine.checks import is_tracer
from kjax.machine.errors import TooLargeError
from kjax.machine.scopes import wide_types
from kjax.machine.threads import copied, fill
from kjax.ops.elementwise import identity
from kjax.ops.shaping import Size

if TYPE_CHECKING:
    from kjax.core.types import KnownShape, SparseMatrix
    from kjax.sparse import SparseTensor

# ------------------------------------------------------------------------------------------------- filled with a value


@overload
def ones(shape: "KnownShape", dtype: DTypeLike = None, name: str | None = None) -> Variable: ...
@overload
def ones(shape: Dims, dtype: DTypeLike = None, name: str | None = None) -> Tensor: ...
@public
def ones(shape: Dims, dtype: DTypeLike = None, name: str | None = None) -> Any:
    """A variable filled with ones.

    Args:
        shape: an int, or a tuple, list, array or tensor of ints. If it is symbolic, or holds symbolic elements, no
            variable can be made; the result is then a symbolic tensor whose shape is known when a function runs.
        dtype: the dtype, `floatx()` by default.
        name: the variable's name.

    Returns:
        A variable, or a symbolic tensor.

    Raises:
        TypeError: a dim is no integer, or there is no such dtype.
        ValueError: a dim is negative or None, or the tensor would not fit into memory.

    Source: `tf.keras.backend.ones`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.eval(K.ones((2, 3)))
    array([[1., 1., 1.],
           [1., 1., 1.]], dtype=float32)
    """
    if type(shape) is tuple and name is None:
        try:
            array = np.empty(shape, _FLOATX[config._floatx] if dtype is None else dtypes._NUMPY[dtype])
        except Exception:
            pass  # the general path below words the error
        else:
            mode = MODE.get()
            if array.nbytes < _PLENTY and not mode.graph and not mode.scope:
                fill(array, 1)
                return Variable(array)
    return _filled("ones()", 1, shape, dtype, name)


@overload
def zeros(shape: "KnownShape", dtype: DTypeLike = None, name: str | None = None) -> Variable: ...
@overload
def zeros(shape: Dims, dtype: DTypeLike = None, name: str | None = None) -> Tensor: ...
@public
def zeros(shape: Dims, dtype: DTypeLike = None, name: str | None = None) -> Any:
    """A variable filled with zeros.

    Args:
        shape: an int, or a tuple, list, array or tensor of ints. If it is symbolic, or holds symbolic elements, no
            variable can be made; the result is then a symbolic tensor whose shape is known when a function runs.
        dtype: the dtype, `floatx()` by default.
        name: the variable's name.

    Returns:
        A variable, or a symbolic tensor. Memory is taken only when it is first written to, or computed with.

    Raises:
        TypeError: a dim is no integer, or there is no such dtype.
        ValueError: a dim is negative or None, or the tensor would not fit into memory.

    Source: `tf.keras.backend.zeros`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.eval(K.zeros((2,), dtype='int32'))
    array([0, 0], dtype=int32)
    """
    if type(shape) is tuple and name is None:
        try:
            array = np.zeros(shape, _FLOATX[config._floatx] if dtype is None else dtypes._NUMPY[dtype])
        except Exception:
            pass  # the general path below words the error
        else:
            mode = MODE.get()
            if not mode.graph and not mode.scope:
                return Variable(array)
    return _filled("zeros()", 0, shape, dtype, name)


# NumPy's dtype for each value of floatx(); the size in bytes from which an array is checked against available memory.
_FLOATX = {name: np.dtype(name) for name in ("float16", "float32", "float64")}
_PLENTY = 1 << 28


def _filled(where: str, value: int, shape: Any, dtype: Any, name: str | None) -> Any:
    """A variable of `shape` full of `value`, or for a symbolic shape a symbolic tensor."""
    as_what = as_dtype(config.floatx() if dtype is None else dtype, where)
    _check_name(name, where)
    dims = _dims(shape, f"{where}: shape")
    if isinstance(dims, Tensor):
        return _renamed(filled(dims, value, as_what), name)
    return _variable(_array(where, dims, value, as_what), name)


def _variable(array: Any, name: str | None, constraint: Any = None, value: Any = None) -> Variable:
    """A new variable that holds `array`, which was made of `value`."""
    variable = Variable(array, variable_name(name), constraint)
    mode = MODE.get()
    if mode.graph:
        variable._start = value if isinstance(value, Tensor) and value._value is None else array
        mode.names.note(variable)
    return variable


def _dims(shape: Any, where: str) -> Any:
    dims = Dims.__metadata__[0].normal(shape, where)
    return dims if isinstance(dims, Tensor) else as_shape(dims, where, allow_none=False)


def _array(where: str, dims: tuple[int, ...], value: int, dtype: DType) -> Any:
    """A new array full of `value`."""
    target = dtypes.to_numpy(dtype)
    if any_open(dims):
        import jax

        with wide_types(jax):
            return jax.numpy.full(dims, value, target)
    size = target.itemsize
    for dim in dims:
        size *= dim
    try:
        if value == 0:
            try:
                return np.zeros(dims, target)
            except MemoryError:
                return lazy.zeros(dims, target)
        # The system may promise memory that it does not have, and end the program when it is written to.
        if size > _PLENTY and size > lazy.memory():
            raise MemoryError
        array = np.empty(dims, target)
        fill(array, value)
        return array
    except (MemoryError, ValueError, OverflowError):
        raise TooLargeError(
            f"{where}: a {dtype} tensor of shape {tuple(dims)} takes {size:.3g} bytes, too many for memory"
        ) from None


def _check_name(name: Any, where: str) -> None:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"{where}: name must be a string; got {name!r}")


def _renamed(tensor: Any, name: str | None) -> Any:
    if name is not None and tensor._value is None:
        tensor._name = f"{unique_name(MODE.get().scope + name)}:0"
    return tensor


@op(shape=lambda where, dims, *_: shapes.dims_given(where, dims), out=lambda dims, value, dtype: dtype, label="Fill")
def filled(xp, dims: Dims, value, dtype: DTypeLike):
    """A tensor full of one value.

    >>> filled((2,), 7, 'int32').numpy().tolist()
    [7, 7]
    """
    return (np if xp is np or not dims else xp).full(
        tuple(int(d) for d in dims), value, dtypes.to_numpy(as_dtype(dtype))
    )


@public
def ones_like(x: Array, dtype: DTypeLike = None, name: str | None = None) -> Tensor:
    """Ones in the shape of another tensor.

    Args:
        x: a tensor or variable, an array, a (nested) list or a number. Only its shape and dtype are looked at.
        dtype: the dtype, by default the same as `x`.
        name: a name for the result.

    Returns:
        A variable; if `x` is symbolic, or in graph mode, a symbolic tensor. Gradients through it are zero.

    Raises:
        TypeError: `x` is not made of numbers, or there is no such dtype.
        ValueError: `x` is None or a ragged list, or the result would not fit into memory.

    Source: `tf.keras.backend.ones_like`, TF 2.2. Differs: it gives the variable which the documentation promises (there
    a tensor).

    >>> from kjax import backend as K
    >>> K.eval(K.ones_like(K.variable([[0., 5.]])))
    array([[1., 1.]], dtype=float32)
    """
    return _like("ones_like()", 1, x, dtype, name)


@public
def zeros_like(x: Array, dtype: DTypeLike = None, name: str | None = None) -> Tensor:
    """Zeros in the shape of another tensor.

    Args:
        x: a tensor or variable, an array, a (nested) list or a number. Only its shape and dtype are looked at.
        dtype: the dtype, by default the same as `x`.
        name: a name for the result.

    Returns:
        A variable; if `x` is symbolic, or in graph mode, a symbolic tensor. Gradients through it are zero.

    Raises:
        TypeError: `x` is not made of numbers, or there is no such dtype.
        ValueError: `x` is None or a ragged list, or the result would not fit into memory.

    Source: `tf.keras.backend.zeros_like`, TF 2.2. Differs: it gives the variable which the documentation promises
    (there a tensor).

    >>> from kjax import backend as K
    >>> K.eval(K.zeros_like([[1, 2]], dtype='float64'))
    array([[0., 0.]])
    """
    return _like("zeros_like()", 0, x, dtype, name)


def _like(where: str, value: int, x: Any, dtype: Any, name: str | None) -> Any:
    _check_name(name, where)
    # Only shape and dtype of an array are read, without a copy: it may be larger than memory.
    known = x if isinstance(x, (Tensor, np.ndarray)) else as_tensor(x, where=f"{where}: x")
    own = known.dtype if isinstance(known, Tensor) else dtypes.of_array(known, f"{where}: x")
    as_what = own if dtype is None else as_dtype(dtype, where)
    if not isinstance(known, Tensor) and MODE.get().graph:
        return _renamed(filled(known.shape, value, as_what), name)
    if isinstance(known, Tensor) and (known._value is None or MODE.get().graph):
        return _renamed(filled_like(known, value, as_what), name)
    return _variable(_array(where, known.shape, value, as_what), name)


@op(
    shape=shapes.same,
    out=lambda x, value, dtype: dtype,
    differentiable=False,
    label=lambda x, value, dtype: "OnesLike" if value else "ZerosLike",
)
def filled_like(xp, x: Array, value, dtype: DTypeLike):
    """One value in the shape of `x`.

    >>> filled_like([[0., 0.]], 7, 'int32').numpy().tolist()
    [[7, 7]]
    """
    # Small results stay NumPy arrays under a trace too, so that shapes can be computed from them.
    small = not any_open(x.shape) and x.size <= 64
    return (np if small else xp).full(x.shape, value, dtypes.to_numpy(as_dtype(dtype)))


# ----------------------------------------------------------------------------------- variables, constants, placeholders


@overload
def variable(
    value: "SparseMatrix",
    dtype: DTypeLike = None,
    name: str | None = None,
    constraint: Callable[[Any], Any] | None = None,
) -> "SparseTensor": ...
@overload
def variable(
    value: Array, dtype: DTypeLike = None, name: str | None = None, constraint: Callable[[Any], Any] | None = None
) -> Variable: ...
@errors.public  # (a variable, whatever comes in)
@described
def variable(
    value: Array, dtype: DTypeLike = None, name: str | None = None, constraint: Callable[[Any], Any] | None = None
) -> Any:
    """A variable with a start value.

    Args:
        value: an array, a (nested) list, a number or a tensor; a copy is taken. A symbolic tensor is computed. Or a
            sparse matrix of SciPy.
        dtype: the dtype, `floatx()` by default even if `value` has another.
        name: the variable's name.
        constraint: a function that an optimizer is to apply to the value after each of its updates.

    Returns:
        A variable. For a SciPy matrix a sparse tensor, which does not change, and has the dtype of the matrix and no
        name of its own.

    Raises:
        TypeError: `value` is not made of numbers, or of floats for an integer dtype; or there is no such dtype.
        ValueError: `value` is None or a ragged list.

    Source: `tf.keras.backend.variable`, TF 2.2.

    >>> from kjax import backend as K
    >>> v = K.variable([[1, 2], [3, 4]], dtype='float64', name='example')
    >>> v.name, K.dtype(v), K.get_value(v).tolist()
    ('example:0', 'float64', [[1.0, 2.0], [3.0, 4.0]])
    """
    where = "variable()"
    kind = kind_of(value)
    if kind is not None and not isinstance(value, kind):  # another library's object, not a composite of ours
        return implementation(kind, variable, where)(value, where)
    _check_name(name, where)
    return _variable(_initial(where, value, dtype), name, constraint, value)


@public
def constant(value: Array, dtype: DTypeLike = None, shape: MaybeDims = None, name: str | None = None) -> Tensor:
    """A tensor that does not change.

    Args:
        value: an array, a (nested) list or a number; a copy is taken.
        dtype: the dtype, `floatx()` by default even if `value` has another.
        shape: the shape, by default the same as `value`. One element fills any shape; otherwise `shape` must have as
            many elements as `value`.
        name: a name for the tensor.

    Returns:
        A tensor.

    Raises:
        TypeError: `value` is not made of numbers, or of floats for an integer dtype; or there is no such dtype.
        ValueError: `value` is None, a ragged list, or does not fit `shape`.

    Source: `tf.keras.backend.constant`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.eval(K.constant([1, 2], dtype='int32')), K.eval(K.constant(3., shape=(2,))).tolist()
    (array([1, 2], dtype=int32), [3.0, 3.0])
    """
    where = "constant()"
    _check_name(name, where)
    array = None
    if shape is None and not isinstance(value, (np.ndarray, list, tuple, int, float)):
        array = _where_it_is(value, dtype, where)
    if array is None:
        array = _initial(where, value, dtype)
    if shape is not None:
        dims = _dims(shape, f"{where}: shape")
        if isinstance(dims, Tensor):
            raise TypeError(f"{where}: shape must be known when the graph is built; got {shape!r}")
        if array.size != Shape(dims).num_elements() and array.size != 1:
            raise ValueError(f"{where}: {array.size} elements can't fill the shape {tuple(dims)}")
        if array.size != 1:
            array = array.reshape(dims)
        elif is_tracer(array):
            array = array.reshape((1,) * len(dims)) * np.ones(dims, array.dtype)
        else:
            one, array = array, np.empty(dims, array.dtype)
            fill(array, np.asarray(one).reshape(()))
    tensor = Tensor(array)
    if MODE.get().graph:
        tensor = identity(tensor)
        tensor._name = f"{unique_name(MODE.get().scope + (name or 'Const'))}:0"
    elif name is not None:
        tensor._name = f"{MODE.get().scope}{name}:0"
    return tensor


def _where_it_is(value: Any, dtype: Any, where: str) -> Any:
    """The array of a constant in shards, or on an accelerator, where it stays; None for any other value."""
    held = value._value if isinstance(value, Tensor) else value
    if not hasattr(held, "sharding") or is_tracer(held) or on_cpu(held):
        return None
    import jax

    with wide_types(jax):
        return jax.numpy.asarray(held, dtypes.to_numpy(as_dtype(config.floatx() if dtype is None else dtype, where)))


def _initial(where: str, value: Any, dtype: Any) -> Any:
    """A new array of `value` for a variable or constant."""
    as_what = as_dtype(config.floatx() if dtype is None else dtype, where)
    if isinstance(value, Tensor) and value._value is None:
        value = run(value)
    if type(value) is np.ndarray and value.dtype == dtypes.to_numpy(as_what):
        return copied(value)
    if is_tracer(value._value if isinstance(value, Tensor) else value):
        return fresh_or_traced(value, as_what, where)
    if (as_what.is_integer or as_what.is_bool) and not hasattr(value, "dtype"):
        array = fresh_array(value, None, where)
        if array.size and dtypes.of_array(array, where).is_floating:
            raise TypeError(f"{where}: floats can't become {as_what} without loss; convert them with K.cast")
    return fresh_array(value, as_what, where)


@overload
def placeholder(
    shape: MaybeDims = None,
    ndim: int | None = None,
    dtype: DTypeLike = None,
    sparse: Literal[False] = False,
    name: str | None = None,
    ragged: bool = False,
) -> Placeholder: ...
@overload
def placeholder(
    shape: MaybeDims = None,
    ndim: int | None = None,
    dtype: DTypeLike = None,
    *,
    sparse: Literal[True],
    name: str | None = None,
    ragged: bool = False,
) -> "SparseTensor": ...
@overload
def placeholder(
    shape: MaybeDims = None,
    ndim: int | None = None,
    dtype: DTypeLike = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> "Placeholder | SparseTensor": ...
@public
def placeholder(
    shape: MaybeDims = None,
    ndim: int | None = None,
    dtype: DTypeLike = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> Any:
    """A symbolic tensor that a function is fed.

    Args:
        shape: the shape, with None for unknown dims.
        ndim: the rank, in place of a shape whose dims are all unknown. Without either, the rank is unknown.
        dtype: the dtype, `floatx()` by default.
        sparse: whether a sparse tensor will be fed: a SciPy matrix, or `(indices, values, dense_shape)`.
        name: the placeholder's name.
        ragged: whether a ragged tensor will be fed, which is not possible.

    Returns:
        A placeholder, or a sparse tensor made of three placeholders.

    Raises:
        TypeError: a dim is no integer, or there is no such dtype.
        ValueError: a dim is negative, or both `sparse` and `ragged` are asked for.
        NotImplementedError: a ragged placeholder. A tensor padded with zeros, and a mask, do instead.

    Source: `tf.keras.backend.placeholder`, TF 2.2. Differs: there are no ragged ones; and a SciPy matrix can be fed as
    it is (there only its parts).

    >>> from kjax import backend as K
    >>> K.placeholder(shape=(None, 3)).shape, K.int_shape(K.placeholder(ndim=2)), K.int_shape(K.placeholder())
    ((None, 3), (None, None), None)
    """
    where = "placeholder()"
    if sparse and ragged:
        raise ValueError(f"{where}: a placeholder can't be both sparse and ragged")
    if ragged:
        raise NotImplementedError(
            f"{where}: there are no ragged tensors, since XLA compiles for fixed shapes. Feed a tensor that is padded "
            "with zeros, and a mask of where its elements are (K.rnn takes one)."
        )
    as_what = as_dtype(config.floatx() if dtype is None else dtype, where)
    _check_name(name, where)
    if shape is None and ndim is not None:
        try:
            shape = itertools.repeat(None, as_int(ndim))
        except TypeError:
            raise TypeError(f"{where}: ndim must be an integer; got {ndim!r}") from None
    dims = as_shape(shape, f"{where}: shape")
    if sparse:
        return implementation(KINDS["sparse"], placeholder, where)(dims, as_what, name)
    full = unique_name(MODE.get().scope + (name or "Placeholder"))
    return Placeholder.promise(None, 0, dims, as_what, f"{full}:0")


# ------------------------------------------------------------------------------------------------------ given by a rule


@overload
def eye(size: "int | np.integer[Any]", dtype: DTypeLike = None, name: str | None = None) -> Variable: ...
@overload
def eye(size: Dims, dtype: DTypeLike = None, name: str | None = None) -> Tensor: ...
@public
def eye(size: Size, dtype: DTypeLike = None, name: str | None = None) -> Any:
    """A variable that holds an identity matrix.

    Args:
        size: number of rows and columns; if it is symbolic, the result is a symbolic tensor.
        dtype: the dtype, `floatx()` by default.
        name: the variable's name.

    Returns:
        A variable of shape `(size, size)`, or a symbolic tensor.

    Raises:
        TypeError: `size` is no integer, or there is no such dtype.
        ValueError: `size` is negative.

    Source: `tf.keras.backend.eye`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.eval(K.eye(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    where = "eye()"
    as_what = as_dtype(config.floatx() if dtype is None else dtype, where)
    _check_name(name, where)
    if isinstance(size, Tensor) and size._value is None:
        return _renamed(identity_matrix(size, as_what), name)
    dims = as_shape(size, f"{where}: size", allow_none=False)
    if len(dims) != 1:
        raise TypeError(f"{where}: size must be an integer; got {size!r}")
    return _variable(np.eye(dims[0], dtype=dtypes.to_numpy(as_what)), name)


def _square_shape(where: str, size: Any, dtype: DType) -> Shape:
    return Shape([shapes.known_int(size)] * 2)


@op(shape=_square_shape, out=lambda size, dtype: dtype, label="MatrixDiag")
def identity_matrix(xp, size, dtype: DTypeLike):
    """The identity matrix of a size that may be symbolic.

    >>> identity_matrix(2, 'int32').numpy().tolist()
    [[1, 0], [0, 1]]
    """
    return xp.eye(int(size), dtype=dtypes.to_numpy(as_dtype(dtype)))


@public
def arange(start: Array, stop: MaybeArray = None, step: Array = 1, dtype: DTypeLike = "int32") -> Tensor:
    """Evenly spaced numbers from `start` up to, but not including, `stop`.

    Args:
        start: the first number; with `stop` left out, the end, and the first number is 0.
        stop: the end.
        step: the distance between two numbers.
        dtype: the dtype. The default is meant for plain integers: with it, the result has the highest of the
            arguments' dtypes.

    Returns:
        A tensor of rank 1; empty for a negative end without `stop`.

    Raises:
        ValueError: the end does not lie in the direction of `step`, or `step` is 0.

    Source: `tf.keras.backend.arange`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.eval(K.arange(4)), K.eval(K.arange(1., 2., 0.5))
    (array([0, 1, 2, 3], dtype=int32), array([1. , 1.5], dtype=float32))
    """
    where = "arange()"
    as_what = as_dtype(dtype, where)
    if stop is None:
        if isinstance(start, (int, float)) and start < 0:
            start = 0
        start, stop = 0, start
    parts = (start, stop, step)
    # Like TensorFlow's range: the highest of the arguments' dtypes, and a conversion where another was asked for.
    given = {as_tensor(part, where=where).dtype for part in parts}
    computed = max(given, key=_RANGE_ORDER.index) if given <= set(_RANGE_ORDER) else as_what
    return number_range(start, stop, step, computed, computed if dtype == "int32" else as_what)


_RANGE_ORDER = [as_dtype(name) for name in ("int32", "int64", "float16", "float32", "float64")]


def _range_shape(where: str, start: Any, stop: Any, step: Any, computed: DType, dtype: DType) -> Shape:
    parts = [p if isinstance(p, (int, float)) else shapes.known_int(p) for p in (start, stop, step)]
    if any(p is None for p in parts):
        return Shape((None,))
    try:
        return Shape(number_range.op.kernel(np, *parts, computed, dtype).shape)  # type: ignore[attr-defined]
    except ValueError as error:
        raise ValueError(f"arange(): {error}") from None


@op(shape=_range_shape, out=lambda start, stop, step, computed, dtype: dtype, label="Range", runs=NUMPY)
def number_range(xp, start, stop, step, computed: DTypeLike, dtype: DTypeLike):
    """Evenly spaced numbers, computed in one dtype and converted to another.

    >>> number_range(0, 3, 1, 'int32', 'int64').numpy().tolist()
    [0, 1, 2]
    """
    numbers: list[Any] = [p.item() if hasattr(p, "item") else p for p in (start, stop, step)]
    first, last, by = numbers
    if by == 0 or (last - first) * by < 0:
        raise ValueError(f"no step of {by} leads from start {first} to stop {last}")
    return np.arange(*numbers, dtype=dtypes.to_numpy(as_dtype(computed))).astype(dtypes.to_numpy(as_dtype(dtype)))
