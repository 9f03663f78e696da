"""Control flow of `tf.*`: branches, loops, folds, assertions, and nested structures."""

import contextlib
import copy
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.graph import MODE, graph_mode, holds_symbolic, now, tensors_in
from kjax.core.operands import as_tensor
from kjax.core.session import as_operation
from kjax.core.shape import Shape, as_shape
from kjax.core.structures import flatten, folded, packed, sorted_by_keys, unfolded
from kjax.core.tensor import Tensor
from kjax.core.updates import computed_after, control_dependencies, effect, effects, is_in_order
from kjax.dialects.tensorflow_calls import ARRAYS, TF_MATH, Table, give_names
from kjax.dialects.tensorflow_ops import checked, convert_to_tensor
from kjax.dialects.tensorflow_tensor_arrays import TensorArray
from kjax.loops.loop import looped
from kjax.loops.repetition import repeated
from kjax.loops.traced import is_traced, scanned, while_traced
from kjax.ops import elementwise

# ------------------------------------------------------------------------------------------------------------ branches


def _is_known(*values: Any) -> bool:
    """Whether all tensors have values, and may be looked at now."""
    return not MODE.get().graph and not holds_symbolic(values)


def _called(function: Any, where: str) -> Any:
    if not callable(function):
        raise TypeError(f"{where} must be callable; got {function!r}")
    return function


class _Carrier:
    """Lets the results of functions carry what else happens in them, where they become parts of a `tf.function`.

    Such a part runs what its results need: what a function prints and checks is computed before the first of them.
    """

    def __init__(self) -> None:
        self._carries = False

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with results that carry."""
        if not is_in_order():
            return function

        @wraps(function)
        def call(*args: Any) -> Any:
            if not is_in_order():
                return function(*args)
            with effects() as made:
                result = function(*args)
            if not made:
                return result
            self._carries = True
            flat = flatten(result)
            with computed_after(made):
                at = next((i for i, leaf in enumerate(flat) if isinstance(leaf, Tensor)), None)
                if at is not None:
                    flat[at] = elementwise.identity(flat[at])
            return packed(result, flat)

        return call

    def told(self, result: Any) -> Any:
        """What is made of such results; it is computed whether or not it is needed."""
        if self._carries:
            for leaf in [*tensors_in([result])][:1]:
                effect(leaf)
        return result


def _cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: Any = None) -> Any:
    true_fn, false_fn = _called(true_fn, "tf.cond(): true_fn"), _called(false_fn, "tf.cond(): false_fn")
    if isinstance(pred, (bool, np.bool_)):
        return true_fn() if pred else false_fn()
    carrier = _Carrier()
    return carrier.told(K.switch(pred, carrier(true_fn), carrier(false_fn)))


def _case(
    pred_fn_pairs: Any, default: Any = None, exclusive: bool = False, strict: bool = False, name: Any = "case"
) -> Any:
    pairs = [*(pred_fn_pairs.items() if isinstance(pred_fn_pairs, Mapping) else pred_fn_pairs)]
    if not pairs:
        raise ValueError("tf.case(): pred_fn_pairs is empty")
    if default is None:
        (last, default), pairs = pairs[-1], pairs[:-1]
        preds = [convert_to_tensor(pred) for pred, _ in [*pairs, (last, default)]]
        if _is_known(preds) and not any(map(bool, preds)):
            raise ValueError("tf.case(): none of the conditions holds, and there is no default")
    result = _called(default, "tf.case(): default")
    for pred, function in reversed(pairs):
        result = partial(_cond, pred, function, result)
    return result()


def _switch_case(branch_index: Any, branch_fns: Any, default: Any = None, name: Any = "switch_case") -> Any:
    table = branch_fns if isinstance(branch_fns, Mapping) else dict(branch_fns) if _pairs(branch_fns) else None
    functions = dict(enumerate(branch_fns)) if table is None else dict(table)
    if not functions or sorted(functions) != [*range(len(functions))]:
        raise ValueError(f"tf.switch_case(): branch_fns must have the keys 0, 1, 2 ...; got {sorted(functions)}")
    if default is None:
        default = functions.pop(max(functions))
    index = convert_to_tensor(branch_index)
    return _case([(K.equal(index, key), function) for key, function in sorted(functions.items())], default)


def _pairs(branch_fns: Any) -> bool:
    return all(isinstance(entry, (tuple, list)) for entry in branch_fns)


# --------------------------------------------------------------------------------------------------------------- loops


def _while_loop(
    cond: Any,
    body: Any,
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    maximum_iterations: Any = None,
    name: Any = None,
) -> Any:
    where = "tf.while_loop()"
    carrier = _Carrier()
    cond, body = _called(cond, f"{where}: cond"), carrier(_called(body, f"{where}: body"))
    if not loop_vars:
        raise ValueError(f"{where}: loop_vars is empty")
    most = None if maximum_iterations is None else int(convert_to_tensor(maximum_iterations).numpy())
    structure = loop_vars if isinstance(loop_vars, (list, tuple)) else [loop_vars]
    invariants = None
    if shape_invariants is not None:
        given = shape_invariants if structure is loop_vars else [shape_invariants]
        invariants = _shapes_for(structure, given, f"{where}: shape_invariants")
    initial = [t if isinstance(t, TensorArray) else convert_to_tensor(t) for t in flatten(structure)]

    def holds(states: list[Any]) -> Tensor:
        return as_tensor(cond(*packed(structure, states)), where=f"{where}: the result of cond")

    def step(states: list[Any]) -> list[Any]:
        found = body(*packed(structure, states))
        found = found if isinstance(found, (list, tuple)) else [found]
        new = flatten(found)
        if len(new) != len(states):
            raise ValueError(
                f"{where}: body must return as many tensors as there are loop_vars, {len(states)}; got {len(new)}"
            )
        return [
            t if isinstance(t, TensorArray) else as_tensor(t, s.dtype, f"{where}: the result of body")
            for t, s in zip(new, states, strict=True)
        ]

    if _is_known(_contents(initial)):
        states, count, truth = initial, 0, holds(initial)
        if is_traced([truth]):
            inner = _Buffers(initial, step)
            found = while_traced(inner.out_of(holds), inner.through(step), inner.buffers(initial), most)
            return _given_back(loop_vars, structure, inner.whole(found))
        if _is_known(truth):
            while (most is None or count < most) and bool(truth.numpy()):
                states, count = step(states), count + 1
                if not _is_known(_contents(states)):
                    break
                truth = holds(states)
            else:
                return _given_back(loop_vars, structure, states)
    states = _repeated(where, holds, step, initial, invariants, most, name)
    return carrier.told(_given_back(loop_vars, structure, states))


def _contents(states: list[Any]) -> list[Any]:
    """The tensors of states, some of which are arrays of tensors."""
    return [state.tensors if isinstance(state, TensorArray) else state for state in states]


def _shapes_for(structure: Any, given: Any, where: str) -> list[Shape | None]:
    """The shape for each leaf of a structure, from shapes (or specs, or None) nested alike."""
    if isinstance(structure, (list, tuple, Mapping)):
        if not isinstance(given, (list, tuple, Mapping)) or len(given) != len(structure):
            raise ValueError(f"{where} must be nested like loop_vars; got {given!r}")
        keys = structure.keys() if isinstance(structure, Mapping) else range(len(structure))
        return [shape for key in keys for shape in _shapes_for(structure[key], given[key], where)]
    return [None if given is None else as_shape(getattr(given, "shape", given), where)]


def _repeated(
    where: str, holds: Any, step: Any, initial: list[Any], invariants: Any, most: int | None, name: Any
) -> list[Any]:
    """A symbolic loop; the state of an array of tensors is its buffer."""
    start = now()
    inner = _Buffers(initial, step)
    first = inner.buffers(initial)
    shapes = [t.shape for t in first]
    for i, state in enumerate(initial):
        if isinstance(state, TensorArray):
            shapes[i] = Shape((None, *shapes[i][1:])) if state.dynamic_size else shapes[i]
        elif invariants and invariants[i] is not None and invariants[i].is_compatible_with(shapes[i]):
            shapes[i] = invariants[i]
    found = repeated(
        where,
        inner.out_of(holds),
        inner.through(step),
        first,
        start,
        most,
        name,
        None if shapes == [t.shape for t in first] else shapes,
    )
    return inner.whole(found)


class _Buffers:
    """The states of a loop, of which some are arrays of tensors, as tensors: an array as its buffer."""

    def __init__(self, initial: list[Any], step: Any) -> None:
        self.initial = initial
        unknown = [i for i, state in enumerate(initial) if isinstance(state, TensorArray) and state.like is None]
        if unknown:
            # A first step tells the shapes of what is written; nothing of it is computed but these.
            with graph_mode():
                after = step([copy.copy(state) for state in initial])
            for i in unknown:
                initial[i].learn_from(after[i])

    def whole(self, tensors: list[Tensor]) -> list[Any]:
        """The states from their tensors."""
        pairs = zip(self.initial, tensors, strict=True)
        return [state.with_buffer(t) if isinstance(state, TensorArray) else t for state, t in pairs]

    def buffers(self, states: list[Any]) -> list[Tensor]:
        """The tensors of states."""
        return [state.buffer() if isinstance(state, TensorArray) else state for state in states]

    def out_of(self, holds: Any) -> Any:
        """A function of states as one of tensors."""
        return lambda tensors: holds(self.whole(tensors))

    def through(self, step: Any) -> Any:
        """A step from states to states as one from tensors to tensors."""
        return lambda tensors: self.buffers(step(self.whole(tensors)))


def _given_back(loop_vars: Any, structure: Any, states: Any) -> Any:
    """The states as `loop_vars` is nested."""
    result = packed(structure, states)
    return result if isinstance(loop_vars, (list, tuple)) else result[0]


def _map_fn(
    fn: Any,
    elems: Any,
    dtype: Any = None,
    parallel_iterations: Any = None,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    name: Any = None,
) -> Any:
    carrier = _Carrier()
    return carrier.told(K.map_fn(carrier(fn), elems, name, dtype))


def _fold(fold: Callable[..., Any]) -> Callable[..., Any]:
    def entry(
        fn: Any,
        elems: Any,
        initializer: Any = None,
        parallel_iterations: int = 10,
        back_prop: bool = True,
        swap_memory: bool = False,
        name: Any = None,
    ) -> Any:
        carrier = _Carrier()
        return carrier.told(fold(carrier(fn), elems, initializer, name))

    return entry


def _scan(
    fn: Any,
    elems: Any,
    initializer: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    infer_shape: bool = True,
    reverse: bool = False,
    name: Any = None,
) -> Any:
    where = "tf.scan()"
    _called(fn, f"{where}: fn")
    flat = [convert_to_tensor(t) for t in flatten(elems)]
    if not flat or any(t.shape.rank == 0 for t in flat):
        raise ValueError(f"{where}: elems must be tensors with at least one dim; got {elems!r}")
    first: list[Tensor] = []
    if initializer is None:
        structure = elems
        first = [t[-1] if reverse else t[0] for t in flat]
        flat = [t[:-1] if reverse else t[1:] for t in flat]
        initial = first
    else:
        structure = initializer
        initial = [convert_to_tensor(t) for t in flatten(initializer)]

    def call(slices: list[Tensor], states: list[Tensor]) -> list[Tensor]:
        new = flatten(fn(packed(structure, states), packed(elems, slices)))
        if len(new) != len(states):
            raise ValueError(f"{where}: fn must return as many tensors as its first argument has; got {len(new)}")
        return [as_tensor(t, s.dtype, f"{where}: the result of fn") for t, s in zip(new, states, strict=True)]

    if is_traced([*flat, *initial]):

        def step(slices: list[Tensor], states: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
            new = call(slices, states)
            return new, new

        results, _ = scanned(where, step, flat, initial, backwards=reverse)
        return packed(structure, _with_first(results, first, reverse))
    if _is_known(flat, initial):
        states, rows = initial, []
        order = range(flat[0].shape[0] or 0)
        for i in reversed(order) if reverse else order:
            states = call([t[i] for t in flat], states)
            rows.append(states)
        rows = [*([first] if first else []), *rows]
        columns = [K.stack(list(column)) for column in zip(*(rows[::-1] if reverse else rows), strict=True)]
        if rows and _is_known(columns):
            return packed(structure, columns)

    def build(slices: list[Tensor], states: list[Tensor]) -> Any:
        new = call(slices, states)
        return new, new, []

    results, _, _ = looped(where, build, flat, initial, now(), backwards=reverse, name=name)
    return packed(structure, _with_first(results, first, reverse))


def _with_first(results: list[Tensor], first: list[Tensor], reverse: bool) -> list[Tensor]:
    """The results of a loop, in the order of its steps, as `tf.scan` has them: behind its first elements, if any."""
    if reverse:
        results = [K.reverse(t, 0) for t in results]
    if not first:
        return results
    firsts = [K.expand_dims(t, 0) for t in first]
    pairs = zip(results, firsts, strict=True) if reverse else zip(firsts, results, strict=True)
    return [K.concatenate([a, b], 0) for a, b in pairs]


# ------------------------------------------------------------------------------------------------------ order, nothing


def _control_dependencies(control_inputs: Any) -> Any:
    # (In eager mode everything is computed in the order of the program.)
    return control_dependencies(control_inputs or []) if MODE.get().graph else contextlib.nullcontext()


def _group(*inputs: Any, **kwargs: Any) -> Any:
    with control_dependencies(list(inputs)):
        return _no_op()


def _no_op(name: Any = None) -> Any:
    return as_operation(ARRAYS["identity"](0)) if MODE.get().graph else None


def _tuple(tensors: Any, control_inputs: Any = None, name: Any = None) -> Any:
    with control_dependencies([*tensors, *(control_inputs or ())]):
        return [t if t is None else ARRAYS["identity"](t) for t in tensors]


# ---------------------------------------------------------------------------------------------------------- assertions


def checking(where: str, condition: Any, message: Any, *shown: Any) -> Any:
    """Raise now if a known condition does not hold; else give what checks it when a function runs."""
    truth = convert_to_tensor(condition)
    if truth.dtype != "bool":
        truth = K.cast(truth, "bool")
    text = f"{where}: {message}" if message else f"{where}: the condition does not hold"
    if is_traced([truth]):
        checked(truth, text)
        return None
    if _is_known(truth):
        if not truth.numpy().all():
            values = "".join(f"; {_brief(t)}" for t in shown)
            raise ValueError(f"{text}{values}")
        return None
    return effect(checked(truth, text))


def _brief(value: Any) -> str:
    tensor = convert_to_tensor(value)
    text = " ".join(str(tensor if tensor.is_symbolic else tensor.numpy()).split())
    return text if len(text) < 100 else f"{text[:100]} ..."


def _comparing(name: str, compare: Any) -> tuple[Any, Any]:
    where = f"tf.debugging.{name}()"

    def new(x: Any, y: Any, message: Any = None, summarize: Any = None, name: Any = None) -> Any:
        return checking(where, compare(convert_to_tensor(x), y), message, x, y)

    def old(x: Any, y: Any, data: Any = None, summarize: Any = None, message: Any = None, name: Any = None) -> Any:
        return checking(where, compare(convert_to_tensor(x), y), message, x, y)

    return new, old


def _of_sign(name: str, compare: Any) -> tuple[Any, Any]:
    where = f"tf.debugging.{name}()"

    def new(x: Any, message: Any = None, summarize: Any = None, name: Any = None) -> Any:
        return checking(where, compare(convert_to_tensor(x), 0), message, x)

    def old(x: Any, data: Any = None, summarize: Any = None, message: Any = None, name: Any = None) -> Any:
        return checking(where, compare(convert_to_tensor(x), 0), message, x)

    return new, old


def _assert_none_equal(x: Any, y: Any, summarize: Any = None, message: Any = None, name: Any = None) -> Any:
    return checking("tf.debugging.assert_none_equal()", K.not_equal(x, y), message, x, y)


def _is_near(x: Any, y: Any, rtol: Any, atol: Any) -> Any:
    x = convert_to_tensor(x)
    eps = 10 * float(np.finfo(str(x.dtype)).eps)
    y = convert_to_tensor(y, x.dtype if not isinstance(y, Tensor) else None)
    least, share = (K.constant(eps if t is None else t, x.dtype) for t in (atol, rtol))
    return K.less_equal(K.abs(x - y), least + share * K.abs(y))


def _assert_near(
    x: Any, y: Any, rtol: Any = None, atol: Any = None, message: Any = None, summarize: Any = None, name: Any = None
) -> Any:
    return checking("tf.debugging.assert_near()", _is_near(x, y, rtol, atol), message, x, y)


def _assert_near_1(
    x: Any,
    y: Any,
    rtol: Any = None,
    atol: Any = None,
    data: Any = None,
    summarize: Any = None,
    message: Any = None,
    name: Any = None,
) -> Any:
    return _assert_near(x, y, rtol, atol, message)


def _ranked(name: str, accepts: Callable[[int, Any], bool]) -> Callable[..., Any]:
    where = f"tf.debugging.{name}()"

    def check(x: Any, wanted: Any, message: Any) -> None:
        tensor = convert_to_tensor(x)
        wanted = [int(w) for w in wanted] if isinstance(wanted, (list, tuple)) else int(wanted)
        if tensor.shape.rank is not None and not accepts(tensor.shape.rank, wanted):
            raise ValueError(f"{where}: {message or ''} x must have rank {wanted}; got shape {tensor.shape}")

    return check


_rank = _ranked("assert_rank", lambda rank, wanted: rank == wanted)
_rank_at_least = _ranked("assert_rank_at_least", lambda rank, wanted: rank >= wanted)
_rank_in = _ranked("assert_rank_in", lambda rank, wanted: rank in wanted)


def _assert_type(tensor: Any, tf_type: Any, message: Any = None, name: Any = None) -> None:
    found = convert_to_tensor(tensor)
    if found.dtype != tf_type:
        raise TypeError(f"tf.debugging.assert_type(): {message or ''} tensor must be of {tf_type}; got {found.dtype}")


def _assert_integer(x: Any, message: Any = None, name: Any = None) -> None:
    found = convert_to_tensor(x)
    if not found.dtype.is_integer:
        raise TypeError(f"tf.debugging.assert_integer(): {message or ''} x must be of integers; got {found.dtype}")


def _assert_scalar(tensor: Any, message: Any = None, name: Any = None) -> None:
    found = convert_to_tensor(tensor)
    if found.shape.rank not in (0, None):
        raise ValueError(f"tf.debugging.assert_scalar(): {message or ''} tensor must be a scalar; got {found.shape}")


def _assert_scalar_1(tensor: Any, name: Any = None, message: Any = None) -> Any:
    _assert_scalar(tensor, message)
    return convert_to_tensor(tensor)


def _check_numerics(tensor: Any, message: Any, name: Any = None) -> Any:
    found = convert_to_tensor(tensor)
    checked = checking("tf.debugging.check_numerics()", TF_MATH["is_finite"](found), f"{message}: infinity or NaN")
    if checked is None:
        return ARRAYS["identity"](found)
    with control_dependencies([checked]):
        return ARRAYS["identity"](found)


def _assert_proper_iterable(values: Any) -> None:
    if isinstance(values, (Tensor, np.ndarray, str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"tf.debugging.assert_proper_iterable(): values must be a list or the like; got {values!r}")


_COMPARISONS = {
    "assert_equal": K.equal,
    "assert_greater": K.greater,
    "assert_greater_equal": K.greater_equal,
    "assert_less": K.less,
    "assert_less_equal": K.less_equal,
}
_SIGNS = {
    "assert_negative": K.less,
    "assert_non_negative": K.greater_equal,
    "assert_non_positive": K.less_equal,
    "assert_positive": K.greater,
}
_ASSERTIONS = {
    **{name: _comparing(name, compare) for name, compare in _COMPARISONS.items()},
    **{name: _of_sign(name, compare) for name, compare in _SIGNS.items()},
}


# ---------------------------------------------------------------------------------------------------------- structures


def _flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    whole = sorted_by_keys(structure)
    return flatten(unfolded(whole) if expand_composites else whole)


def _pack(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    flat = [*flat_sequence] if isinstance(flat_sequence, (list, tuple)) else [flat_sequence]
    count = len(_flatten(structure, expand_composites))
    if count != len(flat):
        raise ValueError(f"tf.nest.pack_sequence_as(): the structure has {count} leaves; got {len(flat)}")
    return (folded if expand_composites else packed)(sorted_by_keys(structure), flat)


def _alike(nest1: Any, nest2: Any, check_types: bool = True, expand_composites: bool = False) -> None:
    nested = [isinstance(nest, (list, tuple, Mapping)) for nest in (nest1, nest2)]
    if nested == [False, False]:
        return
    if nested[0] != nested[1] or len(nest1) != len(nest2):
        raise ValueError(f"tf.nest.assert_same_structure(): {nest1!r} and {nest2!r} are not nested alike")
    if check_types and type(nest1) is not type(nest2):
        raise TypeError(f"tf.nest.assert_same_structure(): {type(nest1)} and {type(nest2)} differ")
    if isinstance(nest1, Mapping):
        if set(nest1) != set(nest2):
            raise ValueError(f"tf.nest.assert_same_structure(): the keys {set(nest1)} and {set(nest2)} differ")
        nest1, nest2 = [[nest[key] for key in sorted(nest1)] for nest in (nest1, nest2)]
    for one, other in zip(nest1, nest2, strict=True):
        _alike(one, other, check_types)


def _map_structure(func: Any, *structure: Any, **kwargs: Any) -> Any:
    _called(func, "tf.nest.map_structure(): func")
    if not structure:
        raise ValueError("tf.nest.map_structure(): give a structure")
    for other in structure[1:]:
        _alike(structure[0], other, kwargs.get("check_types", True))
    return _pack(structure[0], [func(*leaves) for leaves in zip(*map(_flatten, structure), strict=True)])


# --------------------------------------------------------------------------------------------------------- derivatives


def _hessians(
    ys: Any, xs: Any, gate_gradients: bool = False, aggregation_method: Any = None, name: Any = "hessians"
) -> Any:
    listed = [*xs] if isinstance(xs, (list, tuple)) else [xs]
    found = []
    for x in listed:
        (slope,) = K.gradients(ys, [x])
        flat = K.reshape(slope, (-1,))
        count = flat.shape[0]
        if count is None:
            raise ValueError(f"tf.hessians(): xs must be of known shape; got {x!r}")
        rows = [K.gradients(flat[i], [x])[0] for i in range(count)]
        dims = tuple(x.shape)
        rows = [K.zeros_like(x) if row is None else row for row in rows]
        found.append(K.reshape(K.stack(rows), (*dims, *dims)))
    return found


def _static_value(tensor: Any, partial: bool = False) -> Any:
    tensor = convert_to_tensor(tensor)
    return None if tensor.is_symbolic else tensor.numpy()


# ---------------------------------------------------------------------------------------------------------- the tables

TF: Table = {
    "Assert": lambda condition, data, summarize=None, name=None: checking("tf.Assert()", condition, None, *data),
    **{
        name: new for name, (new, _) in _ASSERTIONS.items() if name in ("assert_equal", "assert_greater", "assert_less")
    },
    "assert_rank": lambda x, rank, message=None, name=None: _rank(x, rank, message),
    "case": _case,
    "cond": _cond,
    "control_dependencies": _control_dependencies,
    "foldl": _fold(K.foldl),
    "foldr": _fold(K.foldr),
    "get_static_value": _static_value,
    "group": _group,
    "hessians": _hessians,
    "map_fn": _map_fn,
    "no_op": _no_op,
    "scan": _scan,
    "switch_case": _switch_case,
    "tuple": _tuple,
    "vectorized_map": lambda fn, elems: K.map_fn(fn, elems, None, None),
    "while_loop": _while_loop,
}
DEBUGGING: Table = {
    "Assert": TF["Assert"],
    **{name: new for name, (new, _) in _ASSERTIONS.items()},
    "assert_all_finite": lambda x, message, name=None: _check_numerics(x, message),
    "assert_integer": _assert_integer,
    "assert_near": _assert_near,
    "assert_none_equal": _assert_none_equal,
    "assert_proper_iterable": _assert_proper_iterable,
    "assert_rank": TF["assert_rank"],
    "assert_rank_at_least": lambda x, rank, message=None, name=None: _rank_at_least(x, rank, message),
    "assert_rank_in": lambda x, ranks, message=None, name=None: _rank_in(x, ranks, message),
    "assert_scalar": _assert_scalar,
    "assert_type": _assert_type,
    "check_numerics": _check_numerics,
    "is_numeric_tensor": lambda tensor: isinstance(tensor, Tensor) and not tensor.dtype.is_bool,
}
NEST: Table = {
    "assert_same_structure": _alike,
    "flatten": _flatten,
    "is_nested": lambda seq: isinstance(seq, (list, tuple, Mapping)),
    "map_structure": _map_structure,
    "pack_sequence_as": _pack,
}


def _old_while(
    cond: Any,
    body: Any,
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: Any = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    result = _while_loop(cond, body, loop_vars, shape_invariants, maximum_iterations=maximum_iterations, name=name)
    single = isinstance(loop_vars, (list, tuple)) and len(loop_vars) == 1
    return result[0] if single and not return_same_structure else result


def _old_hessians(
    ys: Any,
    xs: Any,
    name: Any = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: Any = None,
) -> Any:
    return _hessians(ys, xs)


_V1_ASSERTIONS: Table = {
    **{name: old for name, (_, old) in _ASSERTIONS.items()},
    "assert_integer": _assert_integer,
    "assert_near": _assert_near_1,
    "assert_none_equal": lambda x, y, data=None, summarize=None, message=None, name=None: _assert_none_equal(
        x, y, message=message
    ),
    "assert_proper_iterable": _assert_proper_iterable,
    "assert_rank": lambda x, rank, data=None, summarize=None, message=None, name=None: _rank(x, rank, message),
    "assert_rank_at_least": lambda x, rank, data=None, summarize=None, message=None, name=None: _rank_at_least(
        x, rank, message
    ),
    "assert_rank_in": lambda x, ranks, data=None, summarize=None, message=None, name=None: _rank_in(x, ranks, message),
    "assert_scalar": _assert_scalar_1,
    "assert_type": _assert_type,
}
V1: Table = {
    **TF,
    **_V1_ASSERTIONS,
    "cond": lambda pred, true_fn=None, false_fn=None, strict=False, name=None, fn1=None, fn2=None: _cond(
        pred, true_fn or fn1, false_fn or fn2
    ),
    "hessians": _old_hessians,
    "tuple": lambda tensors, name=None, control_inputs=None: _tuple(tensors, control_inputs),
    "while_loop": _old_while,
}
V1_DEBUGGING: Table = {
    **_V1_ASSERTIONS,
    "Assert": TF["Assert"],
    "assert_all_finite": lambda t=None, msg=None, name=None, x=None, message=None: _check_numerics(
        t if x is None else x, msg if message is None else message
    ),
    "check_numerics": _check_numerics,
    "is_finite": TF_MATH["is_finite"],
    "is_inf": TF_MATH["is_inf"],
    "is_nan": TF_MATH["is_nan"],
    "is_numeric_tensor": DEBUGGING["is_numeric_tensor"],
}

give_names(
    {
        "tensorflow": TF,
        "tensorflow.debugging": DEBUGGING,
        "tensorflow.nest": NEST,
        "tensorflow.compat.v1": V1,
        "tensorflow.compat.v1.debugging": V1_DEBUGGING,
    },
    __name__,
)
