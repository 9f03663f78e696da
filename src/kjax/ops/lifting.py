"""`kjax.lift`: functions of JAX as operations, on values and in graphs."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kjax.core import dtypes, foreign
from kjax.core.composite import Composite
from kjax.core.dtypes import DType
from kjax.core.graph import MODE, Node, Operation, Values, outputs_of
from kjax.core.operands import as_tensor
from kjax.core.shape import Shape
from kjax.core.tape import kept
from kjax.core.tensor import Tensor
from kjax.core.wording import is_jax_signal
from kjax.machine.checks import is_tracer
from kjax.machine.compiler import Programs, compiled
from kjax.machine.errors import shown
from kjax.machine.forks import jax_to_compute
from kjax.machine.scopes import wide_types

_KEPT = 32  # calls of one function, each with other arguments that are no arrays

# What stands for unknown dims where symbols don't do: a dim that is the same for all of them is known.
_SIZES = (0, 1, 2, 13, 1031)


def lift(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of JAX as an operation of kjax: on values, on symbolic tensors, in graph mode.

    Gradients go through it, those that it declares itself by `jax.custom_vjp` or `jax.custom_jvp` included.

    Args:
        function: a pure function of JAX arrays that returns JAX arrays. Arguments and results may be nested lists,
            tuples, dicts and other pytrees.

    Returns:
        A function with the same arguments. Tensors and arrays among them are what it computes with; everything else,
        such as numbers, strings and functions, is handed on as it is. It gives tensors; of JAX's own arrays alone it
        gives what `function` gives. The static shape of a symbolic result comes from an evaluation without values, in
        which unknown dims are symbols: a dim that is not certain is None. `function` sees 64-bit types if one of its
        operands has one, or where `jax_enable_x64` is set.

    Raises:
        TypeError: at the call, an argument is a sparse tensor, or a result has a dtype that tensors don't have.
        ValueError: at the call, the rank of a symbolic tensor is unknown.

    >>> import jax
    >>> from kjax import backend as K
    >>> x = K.placeholder((None, 3))
    >>> chances, largest = lift(lambda x: (jax.nn.softmax(x), x.max(axis=1)))(x)
    >>> chances.shape, largest.shape
    ((None, 3), (None,))
    >>> lift(jax.numpy.cumsum)(K.constant([1., 2., 3.]), axis=0).numpy().tolist()
    [1.0, 3.0, 6.0]
    """
    if not callable(function):
        raise TypeError(f"lift(): a function is needed; got {shown(function)}")
    return functools.update_wrapper(_Lifted(function), function)


class _Lifted:
    """A function that takes tensors, too."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._calls: Programs[_Call] = Programs(_KEPT)
        self._of_others = foreign.Call(self, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        jax = jax_to_compute()
        leaves, structure = jax.tree.flatten((args, kwargs), is_leaf=lambda v: isinstance(v, (Tensor, Composite)))
        kind = foreign.first_kind(leaves)
        if kind is not None and kind is not foreign.ARRAYS:
            return kind.call(self._of_others, args, kwargs)
        at = [i for i, leaf in enumerate(leaves) if _is_operand(jax, leaf)]
        if not any(isinstance(leaves[i], Tensor) for i in at) and any(isinstance(leaves[i], jax.Array) for i in at):
            return self._function(*args, **kwargs)
        name = getattr(self._function, "__name__", "function")
        for leaf in leaves:
            if isinstance(leaf, Composite):
                raise TypeError(f"{name}(): a dense tensor is needed; got a {type(leaf).__name__}")
        operands = [as_tensor(leaves[i], where=f"{name}()") for i in at]
        wide = jax.config.jax_enable_x64 or any(t.dtype.name in _WIDE for t in operands)
        rest = tuple(None if i in set(at) else leaf for i, leaf in enumerate(leaves))
        call = self._call(name, structure, rest, tuple(at), wide)
        if MODE.get().graph or any(t._value is None for t in operands):
            specs, made = _static(call, operands)
            tensors: Sequence[Tensor] = outputs_of(Node(call, tuple(operands)), specs)
        else:
            results, made = call.on([t._value for t in operands])
            tensors = [Tensor(kept(_of_known_dtype(a, call.name))) for a in results]
            for tape in MODE.get().tapes:
                tape.record(call, operands, tensors)
        return jax.tree.unflatten(made, tensors)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def _call(self, name: str, structure: Any, rest: tuple[Any, ...], at: tuple[int, ...], wide: bool) -> _Call:
        """The operation for arguments of this kind, the same one each time (so that a tape knows it again)."""
        made = _Call(name, self._function, structure, rest, at, wide)
        key = (structure, tuple((type(leaf), leaf) for leaf in rest), at, wide)
        try:
            return self._calls.find(key) or self._calls.add(key, made)
        except TypeError:  # an argument that can't be hashed
            return made


_WIDE = frozenset(["int64", "uint64", "float64", "complex128"])


def _is_operand(jax: Any, leaf: Any) -> bool:
    if isinstance(leaf, jax.Array):
        return not jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.extended)  # (such as keys)
    return isinstance(leaf, (Tensor, np.ndarray, np.generic))


class _Call(Operation):
    """A function of JAX, for one structure of its arguments.

    Args:
        name: the function's name.
        function: the function.
        structure: that of its arguments.
        rest: their leaves, with None where an operand is.
        at: the places of the operands.
        wide: whether it sees 64-bit types.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        structure: Any,
        rest: tuple[Any, ...],
        at: tuple[int, ...],
        wide: bool,
    ) -> None:
        self.name = f"{name}()"
        self.label = re.sub(r"\W", "", name) or "function"
        self.wide = wide
        self._function, self._structure, self._rest, self._at = function, structure, rest, at
        self._compiled: Callable[..., Any] | None = None

    def of(self, *operands: Any) -> Any:
        """What the function returns."""
        jax = jax_to_compute()
        leaves = list(self._rest)
        for i, operand in zip(self._at, operands, strict=True):
            leaves[i] = operand
        args, kwargs = jax.tree.unflatten(self._structure, leaves)
        return self._function(*args, **kwargs)

    def on(self, arrays: Sequence[Any]) -> tuple[list[Any], Any]:
        """The results for arrays, which JAX may trace, and their structure."""
        jax = jax_to_compute()
        traced = any(map(is_tracer, arrays))
        if not traced and self._compiled is None:
            self._compiled = compiled(self.of)
        with wide_types(jax, self.wide):
            try:
                returned = self.of(*arrays) if traced else self._compiled(*arrays)  # type: ignore[misc]
            except Exception as error:
                if traced or not is_jax_signal(error):
                    raise
                self._compiled = self.of  # (it looks at values)
                returned = self.of(*map(jax.numpy.asarray, arrays))
        results, structure = jax.tree.flatten(returned)
        return results, structure

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The results."""
        jax = jax_to_compute()
        arrays = [values(t) for t in node.args]
        if not any(map(is_tracer, arrays)) or jax.config.jax_enable_x64 == self.wide:
            return tuple(self.on(arrays)[0])
        return self._in_narrow_types(jax, arrays)

    def _in_narrow_types(self, jax: Any, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """The results in a program that is traced with 64-bit types, which the function and its derivatives do not see.

        The derivatives are traced later than the function, when it is differentiated.
        """
        from jax.extend.core import jaxpr_as_fun

        with wide_types(jax, self.wide):
            program = jax.make_jaxpr(lambda *operands: jax.tree.leaves(self.of(*operands)))(*arrays)
        compute = _in_types(jax, self.wide, jaxpr_as_fun(program))
        whole: Any
        if _declares_backward(program.jaxpr):
            whole = jax.custom_vjp(compute)
            whole.defvjp(
                _in_types(jax, self.wide, lambda *primals: jax.vjp(compute, *primals)),
                _in_types(jax, self.wide, lambda back, slopes: back(slopes)),
            )
        else:
            whole = jax.custom_jvp(compute)
            whole.defjvp(_in_types(jax, self.wide, lambda primals, tangents: jax.jvp(compute, primals, tangents)))
        return tuple(whole(*arrays))


def _in_types(jax: Any, wide: bool, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        with wide_types(jax, wide):
            return function(*args)

    return call


def _declares_backward(jaxpr: Any) -> bool:
    """Whether a part of a program has a gradient by `jax.custom_vjp`, which can't be differentiated forward."""
    for equation in jaxpr.eqns:
        if equation.primitive.name.startswith("custom_vjp"):
            return True
        inner = [getattr(p, "jaxpr", p) for v in equation.params.values() for p in (v if type(v) is tuple else (v,))]
        if any(_declares_backward(part) for part in inner if hasattr(part, "eqns")):
            return True
    return False


def _of_known_dtype(array: Any, where: str) -> Any:
    dtypes.of_array(array, f"{where}: a result")
    return array


# -------------------------------------------------------------------------------------------------------- static shapes


def _static(call: _Call, operands: Sequence[Tensor]) -> tuple[list[tuple[Shape, DType]], Any]:
    """Shape and dtype of each result, and the structure of the results."""
    for tensor in operands:
        if tensor.shape.rank is None:
            raise ValueError(
                f"{call.name}: the rank of {shown(tensor)} is unknown; K.placeholder(ndim=...), K.reshape or "
                "x.set_shape(...) tell it"
            )
    try:
        evaluations, certain = [_evaluated(call, operands, _symbols())], True
    except Exception:  # something in it needs to know a dim
        evaluations = _for_sizes(call, operands)
        certain = len(evaluations) > 1
    structure = evaluations[0][1]
    if any(made != structure for _, made in evaluations):
        raise ValueError(f"{call.name}: the structure of the results depends on a dim that is unknown")
    specs = []
    for several in zip(*(results for results, _ in evaluations), strict=True):
        dtype = dtypes.of_array(several[0], f"{call.name}: a result")
        if len({len(one.shape) for one in several}) > 1:
            specs.append((Shape.UNKNOWN, dtype))
            continue
        dims = zip(*(one.shape for one in several), strict=True)
        specs.append((Shape(_dim(each) if certain else None for each in dims), dtype))
    return specs, structure


def _for_sizes(call: _Call, operands: Sequence[Tensor]) -> list[Any]:
    """An evaluation for each size of the unknown dims that the function takes."""
    found, failure = [], None
    for size in _SIZES:
        try:
            found.append(_evaluated(call, operands, lambda size=size: size))  # type: ignore[misc]
        except Exception as error:
            failure = error
    if not found and failure is not None:
        raise failure
    return found


def _dim(each: Sequence[Any]) -> int | None:
    """A dim that is a number, and the same in all evaluations."""
    known = isinstance(each[0], int) and all(dim == each[0] for dim in each)
    return each[0] if known else None


def _symbols() -> Callable[[], Any]:
    """Gives a new symbol for each unknown dim. (One of `jax.export` is 1 at least; an unknown dim may be 0.)"""
    from jax import export

    scope = export.SymbolicScope()
    names = iter(range(1 << 62))
    return lambda: export.symbolic_shape(f"d{next(names)}", scope=scope)[0] - 1


def _evaluated(call: _Call, operands: Sequence[Tensor], stand_in: Callable[[], Any]) -> tuple[list[Any], Any]:
    """The results without values, in which `stand_in()` is put for each unknown dim."""
    jax = jax_to_compute()
    struct: Any = jax.ShapeDtypeStruct
    given = [
        struct([stand_in() if dim is None else dim for dim in t.shape], dtypes.to_numpy(t.dtype)) for t in operands
    ]
    with wide_types(jax, call.wide):
        results, structure = jax.tree.flatten(jax.eval_shape(call.of, *given))
    return results, structure
