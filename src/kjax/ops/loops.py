"""Functions called for each element of a sequence: mapping and folding."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from kjax.core.dtypes import as_dtype
from kjax.core.foreign import public_with_callbacks
from kjax.core.function import run
from kjax.core.graph import MODE, holds_symbolic, now
from kjax.core.operands import as_tensor
from kjax.core.structures import flatten, packed
from kjax.core.tensor import Tensor
from kjax.loops.loop import looped
from kjax.loops.traced import is_traced, scanned
from kjax.ops.indexing import getitem
from kjax.ops.shaping import stack
from kjax.shapes.families import merge_dim

if TYPE_CHECKING:
    from kjax.core.types import Result, Shaped

# ------------------------------------------------------------------------------------------------- elements, structure


def _elements(where: str, fn: Any, elems: Any) -> tuple[list[Tensor], Any]:
    """The tensors in `elems`, and the length of their first axis; None if it is unknown."""
    if not callable(fn):
        raise TypeError(f"{where}: fn must be callable; got {fn!r}")
    flat = [as_tensor(part, where=f"{where}: elems") for part in flatten(elems)]
    if not flat:
        raise ValueError(f"{where}: elems is empty")
    count: int | None = None
    for tensor in flat:
        if tensor.shape.rank == 0:
            raise ValueError(f"{where}: elems must have at least one dim; got a scalar")
        if tensor.shape.rank is not None:
            count = merge_dim(where, count, tensor.shape[0], "elems differ in length")
    return flat, count


def _eager(*values: Any) -> bool:
    """Whether to compute at once."""
    return not MODE.get().graph and not holds_symbolic(values)


def _same(a: Any, b: Any) -> bool:
    """Whether two structures are nested alike."""
    if isinstance(a, dict) or isinstance(b, dict):
        return isinstance(a, dict) and isinstance(b, dict) and list(a) == list(b) and all(_same(a[k], b[k]) for k in a)
    nested = isinstance(a, (list, tuple)), isinstance(b, (list, tuple))
    if nested == (True, True):
        return len(a) == len(b) and all(map(_same, a, b))
    return nested == (False, False)


def _sketch(structure: Any) -> str:
    """A structure in an error message: `(x, [x, x])`, `{'a': x}`."""
    if isinstance(structure, dict):
        return "{" + ", ".join(f"{key!r}: {_sketch(part)}" for key, part in structure.items()) + "}"
    if isinstance(structure, (list, tuple)):
        listed = ", ".join(map(_sketch, structure))
        return f"[{listed}]" if isinstance(structure, list) else f"({listed}{',' * (len(structure) == 1)})"
    return "x"


# ------------------------------------------------------------------------------------------------------------- mapping


@overload
def map_fn(
    fn: "Callable[[Tensor], Result]", elems: "Shaped", name: str | None = None, dtype: Any = None
) -> "Result": ...
@overload
def map_fn(
    fn: "Callable[..., Result]",
    elems: "Sequence[Any] | Mapping[Any, Any]",
    name: str | None = None,
    dtype: Any = None,
) -> "Result": ...
@public_with_callbacks
def map_fn(fn: Callable[..., Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """Apply a function to each element along the first axis, and stack the results.

    Args:
        fn: `fn(element)` returns a tensor, or a structure (lists, tuples, dicts) of them; each time of the same shapes.
        elems: a tensor of rank 1 at least; or a structure of such tensors, all of one length. The function then gets
            elements in the same structure.
        name: a name for the result.
        dtype: the dtypes of the results of `fn`, in the same structure; needed if structure or dtypes differ from
            `elems`.

    Returns:
        A tensor with the results along its first axis, or a structure of such tensors, as `fn` returns it. On values
        it is computed at once; on symbolic tensors the function is called once, for all elements, and compiled as one
        loop in which random functions draw anew for each element.

    Raises:
        TypeError: `fn` can't be called, or returns another dtype.
        ValueError: a scalar in `elems`, different numbers of elements, a result of another structure than `dtype` (or
            without one, `elems`), or results of different shapes.
        NotImplementedError: a variable is updated inside, on symbolic tensors.

    Source: `tf.keras.backend.map_fn`, TF 2.2. Differs: of no elements the result has its full shape also on values.

    >>> from kjax import backend as K
    >>> map_fn(lambda x: x * x, K.constant([1., 2., 3.])).numpy().tolist()
    [1.0, 4.0, 9.0]
    >>> map_fn(lambda pair: pair[0] * pair[1], (K.constant([1., 2.]), K.constant([3., 4.])), dtype='float32').numpy()
    array([3., 8.], dtype=float32)
    """
    where = "map_fn()"
    flat, count = _elements(where, fn, elems)
    structure, source = (packed(elems, [t.dtype for t in flat]), "elems") if dtype is None else (dtype, "dtype")
    dtypes = [as_dtype(part, f"{where}: dtype") for part in flatten(structure)]

    def call(slices: list[Tensor]) -> list[Tensor]:
        returned = fn(packed(elems, slices))
        if not _same(structure, returned):
            raise ValueError(
                f"{where}: fn must return the structure of {source}, {_sketch(structure)}; got {_sketch(returned)}. "
                f"If that is intended, pass dtype={_dtypes_of(where, returned)!r}"
            )
        pairs = zip(flatten(returned), dtypes, strict=True)
        results = [as_tensor(x, d, f"{where}: the result of fn") for x, d in pairs]
        for result, declared in zip(results, dtypes, strict=True):
            if result.dtype != declared:
                raise TypeError(
                    f"{where}: fn must return the dtype of {source}, {declared}; got {result.dtype}. "
                    f"If that is intended, pass dtype={_dtypes_of(where, returned)!r}"
                )
        return results

    if _eager(flat) and is_traced(flat):
        return packed(structure, scanned(where, lambda slices, _: (call(slices), []), flat, [])[0])
    if _eager(flat) and count:
        columns: list[list[Tensor]] = []
        for i in range(count):
            columns.append(call([getitem(x, i) for x in flat]))
            if not _eager(columns[0]):
                break
        else:
            return packed(structure, [stack(list(column)) for column in zip(*columns, strict=True)])
    start = now()
    results, _, body = looped(where, lambda slices, _: (call(slices), [], []), flat, [], start, name=name)
    if _eager(flat, body.captured):
        return packed(structure, [Tensor(x) for x in map(_array, results)])
    _mark(results, body)
    return packed(structure, results)


def _dtypes_of(where: str, returned: Any) -> Any:
    """The argument `dtype` that goes with a result of `fn`."""
    return packed(returned, [str(as_tensor(x, where=f"{where}: the result of fn").dtype) for x in flatten(returned)])


def _array(tensor: Tensor) -> Any:
    return as_tensor(run(tensor))._value


def _mark(results: list[Tensor], body: Any) -> None:
    if body.uses_learning_phase:
        for result in results:
            result._uses_learning_phase = True  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------------------- folding


@overload
def foldl(
    fn: "Callable[[Tensor, Tensor], Tensor]",
    elems: "Shaped",
    initializer: "Shaped | complex | None" = None,
    name: str | None = None,
) -> Tensor: ...
@overload
def foldl(
    fn: Callable[..., Any],
    elems: "Shaped",
    initializer: "Sequence[Any] | Mapping[Any, Any]",
    name: str | None = None,
) -> Any: ...
@overload
def foldl(
    fn: Callable[..., Any],
    elems: "Sequence[Any] | Mapping[Any, Any]",
    initializer: Any = None,
    name: str | None = None,
) -> Any: ...
@public_with_callbacks
def foldl(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Fold: a function accumulates the elements along the first axis, from the first to the last.

    Args:
        fn: `fn(accumulator, element)` returns the new accumulator, of the shape and dtype of the old one.
        elems: a tensor of rank 1 at least; or a structure (lists, tuples, dicts) of such tensors, all of one length.
            The function then gets elements in the same structure.
        initializer: the first accumulator: a tensor, or a structure of them; by default the first element.
        name: a name for the result.

    Returns:
        The last accumulator. On values it is computed at once; on symbolic tensors the function is called once, for
        all elements, and compiled as one loop in which random functions draw anew for each element.

    Raises:
        TypeError: `fn` can't be called, or returns another dtype.
        ValueError: a scalar in `elems`, different numbers of elements, or none and no initializer; an accumulator of
            another structure or, on symbolic tensors, of a shape to which the old one does not broadcast.
        NotImplementedError: a variable is updated inside, on symbolic tensors.

    Source: `tf.keras.backend.foldl`, TF 2.2.

    >>> from kjax import backend as K
    >>> foldl(lambda total, x: 10 * total + x, K.constant([1., 2., 3.])).numpy().item()
    123.0
    """
    return _folded("foldl()", fn, elems, initializer, name, False)


@overload
def foldr(
    fn: "Callable[[Tensor, Tensor], Tensor]",
    elems: "Shaped",
    initializer: "Shaped | complex | None" = None,
    name: str | None = None,
) -> Tensor: ...
@overload
def foldr(
    fn: Callable[..., Any],
    elems: "Shaped",
    initializer: "Sequence[Any] | Mapping[Any, Any]",
    name: str | None = None,
) -> Any: ...
@overload
def foldr(
    fn: Callable[..., Any],
    elems: "Sequence[Any] | Mapping[Any, Any]",
    initializer: Any = None,
    name: str | None = None,
) -> Any: ...
@public_with_callbacks
def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """Fold: a function accumulates the elements along the first axis, from the last to the first.

    Args:
        fn: `fn(accumulator, element)` returns the new accumulator, of the shape and dtype of the old one.
        elems: a tensor of rank 1 at least; or a structure (lists, tuples, dicts) of such tensors, all of one length.
            The function then gets elements in the same structure.
        initializer: the first accumulator: a tensor, or a structure of them; by default the last element.
        name: a name for the result.

    Returns:
        The last accumulator, as for `foldl`.

    Raises:
        TypeError: `fn` can't be called, or returns another dtype.
        ValueError: a scalar in `elems`, different numbers of elements, or none and no initializer; an accumulator of
            another structure or, on symbolic tensors, of a shape to which the old one does not broadcast.
        NotImplementedError: a variable is updated inside, on symbolic tensors.

    Source: `tf.keras.backend.foldr`, TF 2.2.

    >>> from kjax import backend as K
    >>> foldr(lambda total, x: 10 * total + x, K.constant([1., 2., 3.])).numpy().item()
    321.0
    """
    return _folded("foldr()", fn, elems, initializer, name, True)


def _folded(where: str, fn: Any, elems: Any, initializer: Any, name: str | None, backwards: bool) -> Any:
    flat, count = _elements(where, fn, elems)
    if initializer is None:
        if count == 0:
            raise ValueError(f"{where}: elems has no elements; then an initializer is needed")
        structure = elems
        initial = [getitem(x, -1 if backwards else 0) for x in flat]
        flat = [getitem(x, slice(None, -1) if backwards else slice(1, None)) for x in flat]
        count = None if count is None else count - 1
    else:
        structure = initializer
        # Python's integers take the dtype of the elements.
        initial = [
            as_tensor(x, flat[0].dtype if type(x) is int else None, f"{where}: initializer") for x in flatten(structure)
        ]

    def call(states: list[Tensor], slices: list[Tensor]) -> list[Tensor]:
        returned = fn(packed(structure, states), packed(elems, slices))
        if not _same(structure, returned):
            raise ValueError(
                f"{where}: fn must return an accumulator of the structure that it was given, {_sketch(structure)}; "
                f"got {_sketch(returned)}"
            )
        pairs = zip(flatten(returned), states, strict=True)
        return [as_tensor(x, state.dtype, f"{where}: the result of fn") for x, state in pairs]

    if _eager(flat, initial) and is_traced([*flat, *initial]):
        states = scanned(where, lambda slices, states: ([], call(states, slices)), flat, initial, 0, backwards)[1]
        return packed(structure, states)
    if _eager(flat, initial):
        states, order = initial, range(count or 0)
        for i in reversed(order) if backwards else order:
            states = call(states, [getitem(x, i) for x in flat])
            if not _eager(states):
                break
        else:
            return packed(structure, states)
    start = now()

    def build(slices: list[Tensor], states: list[Tensor]) -> Any:
        return [], call(states, slices), []

    _, final, body = looped(where, build, flat, initial, start, backwards=backwards, name=name)
    _mark(final, body)
    return packed(structure, final)
