"""Operations for `tf.*` calls that `kjax.backend` does not have."""

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np

from kjax import backend as K
from kjax import shapes
from kjax.core import dtypes
from kjax.core.graph import MODE, tensors_in, unique_name
from kjax.core.op import op
from kjax.core.operands import Array, Attribute, Condition, Float, as_tensor
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable as _Variable
from kjax.machine.checks import is_tracer, require
from kjax.machine.plurals import counted
from kjax.ops import comparison, creation, elementwise
from kjax.ops.shaping import integers
from kjax.shapes.known import known_int

# -------------------------------------------------------------------------------------------------------- elementwise


@op(shape=shapes.elementwise)
def sqrt(xp, x: Float):
    """Elementwise square root: NaN below 0, where `K.sqrt` gives 0.

    >>> sqrt([4., -4.]).numpy().tolist()
    [2.0, nan]
    """
    return xp.sqrt(x)


@op(shape=shapes.elementwise)
def log1p(xp, x: Float):
    """Elementwise `log(1 + x)`."""
    return xp.log1p(x)


@op(shape=shapes.elementwise, differentiable=False)
def floor(xp, x: Float):
    """Elementwise rounding down."""
    return xp.floor(x)


@op(shape=shapes.elementwise, differentiable=False)
def ceil(xp, x: Float):
    """Elementwise rounding up."""
    return xp.ceil(x)


@op(shape=shapes.elementwise, out="bool", differentiable=False, label="IsNan")
def is_nan(xp, x: Float):
    """Whether elements are NaN."""
    return xp.isnan(x)


@op(shape=shapes.elementwise, out="bool", differentiable=False, label="IsInf")
def is_inf(xp, x: Float):
    """Whether elements are infinite."""
    return xp.isinf(x)


@op(shape=shapes.elementwise, out="bool", differentiable=False, label="IsFinite")
def is_finite(xp, x: Float):
    """Whether elements are neither infinite nor NaN."""
    return xp.isfinite(x)


def divide_no_nan(x: Any, y: Any, name: str | None = None) -> Tensor:
    """Elementwise quotient, 0 where `y` is 0.

    >>> divide_no_nan([1., 1.], [2., 0.]).numpy().tolist()
    [0.5, 0.0]
    """
    x, y = _together(x, y)
    empty = comparison.equal(y, 0)
    # Where y is 0, a division by 1 keeps the gradient finite.
    return _select(empty, 0, elementwise.divide(x, _select(empty, 1, y)))


@op(shape=shapes.elementwise, label="SelectV2")
def _select(xp, condition: Condition, x: Array, y: Array):
    return xp.where(condition, x, y)


@op(
    shape=lambda where, condition: Shape((None, condition.shape.rank)),
    out="int64",
    differentiable=False,
    label="Where",
    runs=NUMPY,
)
def _coordinates(xp, condition: Condition):
    return xp.argwhere(condition).astype("int64")


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """Elementwise choice between `x` and `y`, all three broadcast; without them the indices of True elements.

    >>> where([True, False], [1., 2.], 0.).numpy().tolist()
    [1.0, 0.0]
    >>> where([False, True]).numpy().tolist()
    [[1]]
    """
    if (x is None) != (y is None):
        raise ValueError("tf.where: give both x and y, or neither")
    return _coordinates(condition) if x is None else _select(condition, x, y)


def where_without_broadcasting(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """`tf.compat.v1.where`: nothing is broadcast, and a condition of rank 1 chooses whole rows.

    >>> where_without_broadcasting([True, False], [[1, 2], [3, 4]], [[5, 6], [7, 8]]).numpy().tolist()
    [[1, 2], [7, 8]]
    """
    if x is None or y is None:
        return where(condition, x, y)
    condition, (x, y) = as_tensor(condition), _together(x, y)
    chosen, shape = condition.shape, x.shape
    like = shape[:1] if chosen.rank == 1 and shape.rank else shape
    if not shape.is_compatible_with(y.shape) or (chosen.rank != 0 and not chosen.is_compatible_with(like)):
        raise ValueError(
            "tf.compat.v1.where: x and y must have the same shape, and condition that shape, rank 0, or rank 1 with an "
            f"element for each row; got condition of shape {chosen}, x of {shape}, y of {y.shape}"
        )
    if chosen.rank == 1 and shape.rank != 1:
        condition = K.reshape(condition, K.concatenate([K.shape(condition), K.ones_like(K.shape(x)[1:])]))
    return _select(condition, x, y)


def _together(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Two operands as tensors of one dtype."""
    if isinstance(y, Tensor):
        return as_tensor(x, y.dtype), y
    x = as_tensor(x)
    return x, as_tensor(y, x.dtype)


# ---------------------------------------------------------------------------------------------------------- from values


def convert_to_tensor(value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None) -> Tensor:
    """`value` as a tensor; for a variable, its current value.

    >>> convert_to_tensor([1, 2], dtype='float32').numpy().tolist()
    [1.0, 2.0]
    """
    wanted = None if dtype is None else dtypes.as_dtype(dtype, "tf.convert_to_tensor: dtype")
    if wanted is None and dtype_hint is not None and not isinstance(value, Tensor):
        try:
            return convert_to_tensor(value, dtypes.as_dtype(dtype_hint, "tf.convert_to_tensor: dtype_hint"))
        except (TypeError, ValueError):
            return convert_to_tensor(value)
    tensor = as_tensor(value, wanted, "tf.convert_to_tensor: value")
    if wanted is not None and tensor.dtype != wanted:
        raise ValueError(f"tf.convert_to_tensor: a tensor of dtype {tensor.dtype} is no {wanted}; tf.cast converts it")
    return elementwise.identity(tensor) if isinstance(tensor, _Variable) else tensor


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = "Const") -> Tensor:
    """A tensor of a Python or NumPy value, whose dtype it keeps (unlike `K.constant`, which makes floats of ints).

    >>> constant(7, shape=(2,)).numpy().tolist(), constant([1, 2]).dtype
    ([7, 7], kjax.int32)
    """
    tensor = convert_to_tensor(value, dtype)
    if shape is not None:
        array = tensor.numpy()
        tensor = Tensor(np.full(shape, array) if array.size == 1 else array.reshape(shape))
    mode = MODE.get()
    if mode.graph and tensor is not value:
        tensor._name = f"{unique_name(mode.scope + (name or 'Const'))}:0"
    return tensor


def fill(dims: Any, value: Any, dtype: Any = None, name: str | None = None) -> Tensor:
    """A tensor filled with one value; `dims` may be known only at run time.

    >>> fill((2, 2), 7).numpy().tolist()
    [[7, 7], [7, 7]]
    """
    value = convert_to_tensor(value, dtype)
    array = value._value if type(value) is Tensor else None
    if type(array) is np.ndarray and not array.shape and array.dtype.kind in "biufc" and not MODE.get().tapes:
        return creation.filled(dims, array.item(), value.dtype)
    return _select(True, value, creation.filled(dims, 1, value.dtype))  # (bools can't be multiplied)


def tensor_range(
    start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = "range"
) -> Tensor:
    """Numbers from `start` up to `limit`: int32, unless an argument is of another dtype.

    >>> tensor_range(3).numpy().tolist(), tensor_range(0., 1., 0.5).numpy().tolist()
    ([0, 1, 2], [0.0, 0.5])
    """
    if limit is None:
        start, limit = 0, start
    if dtype is None:
        kinds = [as_tensor(part).dtype for part in (start, limit, delta)]
        dtype = max(kinds, key=("int32", "int64", "float32", "float64").index)
    return K.arange(start, limit, delta, dtype)


def gather(params: Any, indices: Any, axis: int = 0) -> Tensor:
    """The slices of `params` at `indices` along an axis.

    >>> gather([[1, 2], [3, 4]], [1], axis=1).numpy().tolist()
    [[2], [4]]
    """
    params, indices = as_tensor(params), as_tensor(indices)
    if axis == 0:
        return K.gather(params, indices)
    rank, names = params.shape.rank, indices.shape.rank
    axis %= rank
    order = [axis, *(i for i in range(rank) if i != axis)]
    gathered = K.gather(K.permute_dimensions(params, order), indices)
    # The dims of `indices` come first; move them to the position of the axis.
    back = [*range(names, names + axis), *range(names), *range(names + axis, names + rank - 1)]
    return K.permute_dimensions(gathered, back)


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Tensor:
    """`x` divided by its norm along `axis`."""
    x = as_tensor(x)
    return x / sqrt(elementwise.maximum(K.sum(elementwise.square(x), axis, keepdims=True), epsilon))


def _as_paddings(value: Any, where: str) -> Any:
    """Pairs of ints; of symbolic scalars, where they are known only at run time; or a symbolic tensor of pairs."""
    if any(part.is_symbolic for part in tensors_in(value)):
        shape = as_tensor(value).shape
        if shape.rank not in (None, 2) or (shape.rank == 2 and shape[1] not in (None, 2)):
            raise ValueError(f"{where} must be a pair (before, after) for each dim; got {value!r}")
        return value if isinstance(value, Tensor) else tuple(map(tuple, value))
    pairs = np.asarray(value)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu" or pairs.min(initial=0) < 0:
        raise ValueError(f"{where} must be a pair (before, after) for each dim; got {value!r}")
    return tuple((int(before), int(after)) for before, after in pairs)


def _as_mode(value: Any, where: str) -> str:
    if str(value).lower() not in ("constant", "reflect", "symmetric"):
        raise ValueError(f"{where} must be CONSTANT, REFLECT or SYMMETRIC; got {value!r}")
    return str(value).lower()


def _known_pairs(paddings: Any) -> list[list[int | None]] | None:
    """Paddings as far as they are known when the graph is built; None where not even their number is."""
    if not isinstance(paddings, Tensor):
        return [[known_int(part) for part in pair] for pair in paddings]
    count = paddings.shape[0] if paddings.shape.rank else None
    return None if count is None else [[None, None]] * count


def _padded(where: str, x: Tensor, paddings: Any, mode: str, value: Any) -> Shape:
    pairs = _known_pairs(paddings)
    if pairs is None:
        return x.shape if x.shape.rank is None else Shape([None] * x.shape.rank)
    if x.shape.rank is None:
        return Shape([None] * len(pairs))
    if len(pairs) != x.shape.rank:
        wanted = counted(x.shape.rank, "pair")
        raise ValueError(f"{where}: paddings must have {wanted}, one for each axis; got {len(pairs)}")
    sizes = [[dim, *pair] for dim, pair in zip(x.shape, pairs, strict=True)]
    return Shape([None if None in parts else sum(part or 0 for part in parts) for parts in sizes])


@op(shape=_padded, label="Pad")
def _pad(
    xp, x: Array, paddings: Annotated[Any, Attribute(_as_paddings)], mode: Annotated[Any, Attribute(_as_mode)], value
):
    paddings = tuple(map(integers, paddings))
    if len(paddings) != x.ndim:  # NumPy would broadcast one pair
        raise ValueError(f"paddings must have {counted(x.ndim, 'pair')}, one for each axis; got {len(paddings)}")
    if any(part < 0 for pair in paddings for part in pair):
        raise ValueError(f"paddings must not be negative; got {paddings}")
    if mode == "constant":
        return xp.pad(x, paddings, mode, constant_values=value)
    if mode not in ("reflect", "symmetric"):  # NumPy has more
        raise ValueError(f"mode must be CONSTANT, REFLECT or SYMMETRIC; got {mode!r}")
    return xp.pad(x, paddings, mode)


def pad(
    tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: str | None = None
) -> Tensor:
    """A tensor with more elements at its edges.

    >>> pad([1, 2], [[1, 2]]).numpy().tolist(), pad([1, 2, 3], [[0, 2]], 'REFLECT').numpy().tolist()
    ([0, 1, 2, 0, 0], [1, 2, 3, 2, 1])
    """
    return _pad(tensor, paddings, mode, constant_values)


def set_seed(seed: int) -> None:
    """Seed NumPy's global generator, from which missing seeds are drawn."""
    np.random.seed(seed % 2**32)


@op(shape=shapes.same, out="bool", differentiable=False, label="Assert")
def checked(xp, condition: Condition, message):
    """A condition that is refused, with `message`, where it does not hold.

    >>> checked([True, True], 'never').numpy().tolist()
    [True, True]
    """
    if is_tracer(condition):
        require(condition.all(), ValueError(message))
    elif not np.asarray(condition).all():
        raise ValueError(message)
    return condition


# ----------------------------------------------------------------------------------------------------------- variables


class _VariableType(type):
    """Makes `tf.Variable(...)` return kjax's variables, and `isinstance(x, tf.Variable)` accept them."""

    def __call__(
        cls,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        variable_def: Any = None,
        dtype: Any = None,
        import_scope: Any = None,
        constraint: Callable[[Any], Any] | None = None,
        **ignored: Any,
    ) -> _Variable:
        value = initial_value() if callable(initial_value) else initial_value
        if value is None:
            raise ValueError("tf.Variable: initial_value must be given")
        wanted = convert_to_tensor(value).dtype if dtype is None else dtype
        variable = K.variable(value, wanted, name, constraint)
        variable.trainable = trainable is not False
        names = MODE.get().names
        if id(variable) not in names.variables:  # (made before the program turned out to be one for TensorFlow 1)
            variable._start = value if isinstance(value, Tensor) and value.is_symbolic else variable._value
            names.note(variable)
        return variable

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _Variable)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _Variable)


class Variable(metaclass=_VariableType):
    """`tf.Variable`: a variable with the dtype of its initial value."""


def _relaxed(where: str, input: Tensor, shape: Any) -> Shape:
    if not Shape(shape).is_compatible_with(input.shape):
        raise ValueError(f"{where}: shape {Shape(shape)} does not go with a default of shape {input.shape}")
    return Shape(shape)


@op(shape=_relaxed, label="PlaceholderWithDefault")
def placeholder_with_default(xp, input: Array, shape: Annotated[Any, Attribute(lambda value, where: Shape(value))]):
    """`tf.compat.v1.placeholder_with_default`: a tensor that is fed another value or none.

    Args:
        input: the value where nothing is fed.
        shape: the shape of what may be fed.
    """
    return xp.asarray(input)


def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """`tf.compat.v1.placeholder`: an input of a function or of a session's `run`."""
    return K.placeholder(shape, dtype=dtypes.as_dtype(dtype), name=name)
