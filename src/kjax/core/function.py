"""`K.function`: a callable made of a graph, and how it is fed. `kjax.core.running` computes its outputs."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, overload

import numpy as np

from kjax.core import dtypes
from kjax.core.composite import Composite, CompositeInput
from kjax.core.foreign import public
from kjax.core.phase import symbolic_phase
from kjax.core.placement import first_call_in_numpy
from kjax.core.plan import Plan
from kjax.core.pure import PureFunction, evaluated
from kjax.core.running import next_run, run_once
from kjax.core.running import variant as compiled_variant
from kjax.core.sharding import Layout, Placing, layout_for
from kjax.core.structures import flatten, is_flat, packed, unfolded
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.updates import as_update
from kjax.core.variable import Variable, fresh_array
from kjax.core.wording import TracedError
from kjax.machine import forks, meshes
from kjax.machine.checks import is_tracer
from kjax.machine.errors import cut, shown
from kjax.machine.plurals import counted
from kjax.machine.scopes import wide_types

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # with a default, so that `Function` alone is a type

    from kjax.core.lowering import Cost, Lowering
    from kjax.machine.collectives import Collective

    Results = TypeVar("Results", default=Any)
else:
    from typing import TypeVar

    Results = TypeVar("Results")

# ----------------------------------------------------------------------------------------------------------- functions


class Function(Generic[Results]):
    """A callable made of a graph; see `K.function`."""

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        updates: Any = None,
        name: str | None = None,
        fetches: Any = None,
        feed_dict: Mapping[Tensor, Any] | None = None,
        fetch: Callable[[Any], Any] = np.array,
        compiled_only: bool = False,
    ) -> None:
        self.name, self._how = name, (fetch, compiled_only)
        self._inputs = unfolded([inputs] if isinstance(inputs, Composite) else inputs, lambda part: part.as_input())
        self._outputs = unfolded(outputs)
        self._flat = is_flat(self._outputs)
        self.inputs = [_input(i, value) for i, value in enumerate(flatten(self._inputs))]
        self.outputs = [_output(i, value) for i, value in enumerate(flatten(self._outputs))]
        self._extra = {} if feed_dict is None else feed_dict  # its values may change from call to call
        for tensor in self._extra:
            if not isinstance(tensor, Tensor):
                raise TypeError(f"function(): keys of feed_dict must be tensors; got {tensor!r}")
        fetched = [t for t in flatten(unfolded(fetches)) if isinstance(t, Tensor)]
        # (What is only fetched comes first, in its order: it is what a program does step by step, such as printing.)
        targets = [*fetched, *(t for t in self.outputs if isinstance(t, Tensor))]
        targets += [as_update(u, i) for i, u in enumerate(_listed(updates))]
        self._fed = [_Feed(t, i) for i, t in enumerate([*self.inputs, *self._extra])]
        self.plan = Plan(self.outputs, targets, [feed.tensor for feed in self._fed], name or "function")
        # The number of inputs, where a call with a list of as many values needs no arranging; else -1.
        direct = not self.plan.static and not self._extra and is_flat(self._inputs)
        self._direct = len(self._fed) if direct else -1
        self._composites = list(_composite_inputs(self._inputs))
        for part in self._composites:
            part.prepare(targets, self.plan.nodes)
        self._called = False
        self._variants: dict[Any, Callable[..., Any]] = {}
        self._always: Callable[..., Results] | None = None  # the variant without learning phase, once it is made
        self._lock = threading.Lock()

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{self!r} can't be pickled or copied; kjax.export writes it to a file, and K.get_value gives the values "
            "of its variables"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Results:
        """The outputs for these values of the inputs, as NumPy arrays; the updates happen."""
        try:
            # The common call, a list for a list, goes straight through.
            if self._always is not None and len(args) == 1 and not kwargs:
                values = args[0]
                if type(values) is list and len(values) == self._direct:
                    if self._direct == 1:
                        feeds = [self._fed[0](values[0])]
                    else:
                        feeds = [feed(value) for feed, value in zip(self._fed, values)]  # noqa: B905
                    return self._run(None, feeds) if meshes.engaged else self._always(feeds)
            return self._run(*self.fed(args, kwargs))
        except TracedError:
            pass
        return self._under_trace(args, kwargs)

    def _run(self, phase: Any, feeds: list[Any]) -> Results:
        layout = layout_for(self.plan, feeds) if meshes.engaged and not forks.forked else None
        key = phase if layout is None else (phase, layout)
        variant = self._variants.get(key)
        first, self._called = not self._called, True
        if forks.forked or (
            variant is None and first and layout is None and first_call_in_numpy(self.plan.nodes, feeds)
        ):
            # (A function that is called again is worth compiling.)
            return self.outputs_of(run_once(self.plan, phase, feeds))
        if variant is None:
            with self._lock:
                made = compiled_variant(self.plan, phase, repr(self), *self._how, self._placing(layout))
                variant = self._variants.setdefault(key, made)
                if key is None and self._flat:
                    self._always = variant
        return self.outputs_of(variant(feeds))

    def _placing(self, layout: Layout | None) -> Placing | None:
        return None if layout is None else Placing(layout, self.plan)

    def outputs_of(self, results: Any) -> Results:
        """A list of results in the form of the outputs."""
        formed: Results = results if self._flat else packed(self._outputs, results)
        return formed

    def _under_trace(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Results:
        """The outputs for values that JAX traces, as what it traces."""
        if self.plan.updated:
            raise NotImplementedError(
                f"{self._where} updates variables, and is called in a program that JAX traces (by jit, grad, vmap or "
                "scan), where nothing may change: kjax.pure(function) makes the updates a result"
            )
        phase, feeds = self.fed(args, kwargs, traced=True)
        return self.outputs_of(evaluated(self.plan, phase, feeds, {}, next_run(), self._where)[0])

    # --------------------------------------------------------------------------------------------------- other forms

    def pure(self) -> PureFunction:
        """The pure function `(state, inputs) -> (outputs, new state)`; see `kjax.pure`."""
        return PureFunction(self)

    def lower(self, *inputs: Any, learning_phase: Any = None) -> Any:
        """The program of the pure function, lowered for XLA and not compiled as yet.

        Args:
            *inputs: values as for a call, or `jax.ShapeDtypeStruct(shape, dtype)`; they may be left out where the
                shapes of all inputs are known.
            learning_phase: 0 or 1; by default that of a call.

        Returns:
            A `jax.stages.Lowered`: `.as_text()` is its StableHLO, `.compile()` compiles it.

        >>> from kjax import backend as K
        >>> x = K.placeholder((2,))
        >>> 'stablehlo.add' in K.function([x], [x + x]).lower().as_text()
        True
        """
        return self.lowering(inputs, learning_phase).lowered()

    def jaxpr(self, *inputs: Any, learning_phase: Any = None) -> Any:
        """The program of the pure function `(state, inputs) -> (outputs, new state)`, in JAX's own form.

        The arguments are those of `lower`.

        >>> from kjax import backend as K
        >>> x = K.placeholder((2,))
        >>> K.function([x], [x + x]).jaxpr().eqns[0].primitive.name
        'add'
        """
        return self.lowering(inputs, learning_phase).jaxpr()

    def cost(
        self, *inputs: Any, learning_phase: Any = None, mesh: Any = None, batch: Any = "data", rules: Any = None
    ) -> Cost:
        """What a run costs on each device, as XLA estimates it: `flops`, `bytes_accessed`, `peak_memory` in bytes.

        The function is compiled for it, on several devices also for their exchange of data: the `collectives`, and
        the bytes that each device has `sent`. `cost(...).seconds(kind)` predicts the time on a kind of devices.

        Args:
            *inputs: as for `lower`; they are of the whole batch.
            learning_phase: as for `lower`.
            mesh: a mesh of devices, which need not be there: how many of them, or the size of each axis by its name.
                By default those on which the function runs here.
            batch: as for `kjax.sharded`, with `mesh`.
            rules: likewise.

        >>> from kjax import backend as K
        >>> x = K.placeholder((8, 16))
        >>> product = K.function([x], [K.dot(x, K.ones((16, 4)))])
        >>> product.cost().flops, product.cost(mesh=8).flops
        (1024.0, 128.0)
        """
        axis = batch if isinstance(batch, str) else "data"
        layout = None if mesh is None else Layout(meshes.unmanned(mesh, axis), batch, rules)
        return self.lowering(inputs, learning_phase, layout).cost()

    def collectives(self, *inputs: Any, learning_phase: Any = None) -> list[Collective]:
        """The communication between devices in the compiled program, in a block of `kjax.sharded`.

        The arguments are those of `lower`. The function is compiled for it.

        Returns:
            For each step in which devices exchange data its `kind`, such as `'all-reduce'`, the `bytes` of its result
            on one device, and how many `devices` take part in each group.

        >>> from kjax import backend as K
        >>> x = K.placeholder((8, 16))
        >>> K.function([x], [K.mean(x)]).collectives()
        []
        """
        return self.lowering(inputs, learning_phase).collectives()

    def lowering(self, inputs: tuple[Any, ...], learning_phase: Any = None, layout: Layout | None = None) -> Lowering:
        """The pure function for the shapes of these inputs; with a layout, or with the one that is on here."""
        from kjax.core.lowering import Lowering  # (few programs ask for it)

        values = self._arranged(inputs, {}) if inputs else [None] * len(self.inputs)
        if len(values) not in (len(self.inputs), len(self.inputs) - len(self.plan.static)):
            raise ValueError(f"{self._where} takes {counted(len(self.inputs), 'value')}; got {len(values)}")
        phase = tuple(bool(t._default()) for t in self.plan.static) or None  # type: ignore[misc]
        feeds = []
        for feed, value in itertools.zip_longest(self._fed[: len(self.inputs)], values):
            if feed.static:
                phase = phase if value is None else (feed.static_value(value),) * len(self.plan.static)
            else:
                feeds.append(feed.specification(value))
        feeds += [feed.specification(self._extra[feed.tensor]) for feed in self._fed[len(self.inputs) :]]
        pure = self.pure()
        phase = phase if learning_phase is None else pure.phase_of(learning_phase)
        if layout is None and meshes.engaged:
            layout = layout_for(self.plan, values)
        return Lowering(pure, phase, feeds, self._placing(layout))

    # ------------------------------------------------------------------------------------------------------- feeding

    def fed(self, args: tuple[Any, ...], kwargs: dict[str, Any], traced: bool = False) -> tuple[Any, list[Any]]:
        """The values of the static inputs, and the arrays for the others, which JAX may trace if they are `traced`."""
        values: Sequence[Any] = self._arranged(args, kwargs)
        if len(values) > len(self.inputs) and len(args) == 1:
            values = values[: len(self.inputs)]  # as in TensorFlow, what a list has more is not looked at
        if len(values) != len(self.inputs):
            # The learning phase may be left out.
            if len(values) != len(self.inputs) - 1 or not self._fed[len(values)].static:
                raise ValueError(
                    f"{self._where} takes {counted(len(self.inputs), 'value')} "
                    f"({cut(', '.join(t.name for t in self.inputs))}); got {len(values)}"
                )
            values = [*values, None]
        if self._extra:
            values = [*values, *(self._extra[feed.tensor] for feed in self._fed[len(self.inputs) :])]
        feeds: list[Callable[[Any], Any]] = [feed.traced if traced else feed for feed in self._fed]
        if not self.plan.static:
            return None, [feed(value) for feed, value in zip(feeds, values, strict=True)]
        static: dict[Tensor, Any] = {}
        dynamic = []
        for feed, convert, value in zip(self._fed, feeds, values, strict=True):
            if not feed.static:
                dynamic.append(convert(value))
            elif value is not None:
                static[feed.tensor] = feed.static_value(value)
        return tuple(static.get(t, None if t in static else bool(t._default())) for t in self.plan.static), dynamic  # type: ignore[misc]

    def _arranged(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """The values given, in the order of the inputs."""
        structure = self._inputs
        if kwargs:
            if not args and list(kwargs) == ["inputs"]:
                args, kwargs = (kwargs["inputs"],), {}
            elif not args and isinstance(structure, Mapping):
                args, kwargs = (kwargs,), {}
            else:
                raise TypeError(f"{self._where} got unexpected keywords {cut(', '.join(kwargs))}")
        if isinstance(structure, Mapping):
            if len(args) == 1 and isinstance(args[0], (list, tuple)) and not self._composites:
                # A list has the values in the order of the sorted keys.
                found = dict(zip(sorted(structure), args[0], strict=False))
                args = (found,) if len(found) == len(structure) else args
            if len(args) != 1 or not isinstance(args[0], Mapping) or set(args[0]) != set(structure):
                raise ValueError(f"{self._where}: a dict with the keys {cut(', '.join(map(str, structure)))} is needed")
            return [leaf for key, part in structure.items() for leaf in _fitted(part, args[0][key])]
        if self._composites:
            return self._arranged_composites(structure, args)
        if len(args) != 1:
            return list(args)
        if isinstance(structure, (list, tuple)) and isinstance(args[0], (list, tuple)):
            if not any(isinstance(part, (list, tuple, Mapping)) for part in structure):
                return list(args[0])
            flat = len(args[0]) >= len(self.inputs) and not any(isinstance(v, (list, tuple, Mapping)) for v in args[0])
            return list(args[0]) if flat else _fitted(structure, args[0])
        return [self._alone(args[0])]  # one array, also for a list of one input

    def _alone(self, value: Any) -> Any:
        """The value for the only input: also as the first of a list, if the whole list is no array for it."""
        if not isinstance(value, (list, tuple)) or not value or len(self.inputs) != 1:
            return value
        rank, part = self.inputs[0].shape.rank, value[0]
        if rank is None:
            return part if isinstance(part, (Tensor, np.ndarray)) and part.ndim else value
        return part if _rank_of(part) == rank else value

    def _arranged_composites(self, structure: Sequence[Any], args: Sequence[Any]) -> list[Any]:
        """The values for inputs some of which are composites, each of these as its parts."""
        # One value may come without a list, where there is one input: also as a tuple of its parts.
        if len(args) == 1 and isinstance(args[0], (list, tuple)):
            alone = len(structure) == 1 and len(args[0]) == len(structure[0])
            args = args if alone else args[0]
        if len(args) not in (
            len(structure),
            len(structure) - len(self.plan.static),
        ):  # the learning phase may be left out
            raise ValueError(f"{self._where} takes {counted(len(structure), 'value')}; got {len(args)}")
        return [leaf for part, value in zip(structure, args, strict=False) for leaf in _fitted(part, value)]

    @property
    def _where(self) -> str:
        return f"function {shown(self.name)}" if self.name else "function()"

    def __repr__(self) -> str:
        inputs, outputs = (", ".join(map(_described, tensors)) for tensors in (self.inputs, self.outputs))
        updates = f", updates {', '.join(v.name for v in self.plan.updated)}" if self.plan.updated else ""
        return f"<kjax function{f' {self.name!r}' if self.name else ''}: {cut(f'({inputs}) -> ({outputs}){updates}')}>"


class _Feed:
    """Converts a value given for one input to an array of its dtype, and checks the shape."""

    __slots__ = ("dims", "dtype", "index", "last", "static", "tensor", "where")

    def __init__(self, tensor: Tensor, index: int) -> None:
        self.tensor = tensor
        self.index = index
        self.dtype = dtypes.to_numpy(tensor.dtype)
        self.dims = None if tensor.shape.rank is None else tensor.shape
        self.static = tensor._static
        self.last: Any = None  # the shape of the value before, which was checked

    def __call__(self, value: Any) -> Any:
        if type(value) is not np.ndarray or (value.dtype is not self.dtype and value.dtype != self.dtype):
            value = self._converted(value)
        shape = value.shape
        if shape != self.last:
            self._check(shape)
            self.last = shape
        return value

    def _check(self, shape: tuple[Any, ...]) -> None:
        # (A dim may be a symbol of jax.export.)
        known = [dim if isinstance(dim, int) else None for dim in shape]
        if self.dims is not None and not self.dims.is_compatible_with(known):
            raise ValueError(f"{self._where} takes shape {self.dims}; got a value of shape {tuple(shape)}")

    def _converted(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            if value._value is None:
                return np.asarray(run(value), self.dtype)  # a symbolic value is computed on the spot
            value = value._value
        if is_tracer(value):
            raise TracedError
        if type(value).__module__.startswith("jax") and value.dtype == self.dtype:
            meshes.note(value)
            return value
        return fresh_array(value, self.tensor.dtype, self._where)

    def traced(self, value: Any) -> Any:
        """The same for a value that JAX may trace."""
        array = value._value if isinstance(value, Tensor) else value
        if not is_tracer(array):
            return self(value)
        self._check(array.shape)
        if array.dtype == self.dtype:
            return array
        if array.dtype.kind == "c" and self.dtype.kind != "c":
            raise TypeError(f"{self._where}: complex values can't become {self.tensor.dtype}")
        import jax

        with wide_types(jax):
            return array.astype(self.dtype)

    def specification(self, value: Any) -> Any:
        """Shape and dtype of a value, which may be given for itself; of the input, if it is None."""
        if value is not None and not hasattr(value, "shape"):
            value = self(value)
        from kjax.core.lowering import specification

        spec = specification(self.tensor, value)
        self._check(spec.shape)
        return spec

    def static_value(self, value: Any) -> bool:
        """A value that is known when the function is compiled.

        Raises:
            TypeError: JAX only traces it.
        """
        if is_tracer(value):
            raise TypeError(
                f"{self._where} is traced by JAX, but only the branch taken is compiled: give it as a number, "
                "outside of what is traced"
            )
        return bool(self(value))

    @property
    def _where(self) -> str:
        return f"input {self.index} ({cut(self.tensor.name)}) of the function"


def _described(tensor: Any) -> str:
    return f"{tensor.name.rpartition(':')[0]} {tensor.shape} {tensor.dtype}" if isinstance(tensor, Tensor) else "None"


def _composite_inputs(structure: Any) -> Iterator[CompositeInput]:
    """The composites among the inputs of a function."""
    if isinstance(structure, CompositeInput):
        yield structure
    elif isinstance(structure, (list, tuple, Mapping)):
        for part in structure.values() if isinstance(structure, Mapping) else structure:
            yield from _composite_inputs(part)


def _fitted(part: Any, value: Any) -> list[Any]:
    """The leaves of `value`, as deep as `part` goes."""
    if isinstance(part, CompositeInput):
        return [*part.arrays(run(value) if isinstance(value, Composite) and value.is_symbolic else value)]
    if isinstance(part, Mapping):
        return [leaf for key, inner in part.items() for leaf in _fitted(inner, value[key])]
    if isinstance(part, (list, tuple)):
        return [leaf for inner, v in zip(part, value, strict=True) for leaf in _fitted(inner, v)]
    return [value]


def _rank_of(value: Any) -> int | None:
    rank = 0
    while isinstance(value, (list, tuple)) and value:
        value, rank = value[0], rank + 1
    inner = getattr(value, "ndim", 0)
    return None if inner is None else rank + int(inner)


def _input(index: int, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (int, np.integer)) and value in (0, 1):
        # What K.learning_phase() gives in eager mode, or once it is set.
        return symbolic_phase()
    raise TypeError(f"function(): inputs must be tensors; input {index} is {value!r}")


def _output(index: int, value: Any) -> Any:
    if value is None or isinstance(value, Tensor):
        return value
    if isinstance(value, (int, float, np.ndarray, np.generic)):
        return Tensor(fresh_array(value, None, "function()"))
    raise TypeError(f"function(): outputs must be tensors; output {index} is {value!r}")


def _listed(updates: Any) -> list[Any]:
    if updates is None:
        return []
    if isinstance(updates, Tensor) or (
        isinstance(updates, tuple) and len(updates) == 2 and isinstance(updates[0], Variable)
    ):
        return [updates]
    flat: list[Any] = []
    for update in updates:
        flat.extend(update if isinstance(update, list) else [update])
    return [update for update in flat if update is not None]


# ----------------------------------------------------------------------------------------------- the public function


@overload
def function(
    inputs: Any,
    outputs: list[Tensor] | list[Variable] | list[Placeholder],
    updates: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Function[list[np.ndarray[Any, Any]]]: ...
@overload
def function(
    inputs: Any, outputs: tuple[Tensor, ...], updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function[tuple[np.ndarray[Any, Any], ...]]: ...
@overload
def function(
    inputs: Any, outputs: Mapping[str, Tensor], updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function[dict[str, np.ndarray[Any, Any]]]: ...
@overload
def function(
    inputs: Any, outputs: Tensor, updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function[np.ndarray[Any, Any]]: ...
@overload
def function(
    inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function[Any]: ...
@public
def function(inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any) -> Function[Any]:
    """A function that computes `outputs` from `inputs`, compiled when it is first called.

    Args:
        inputs: the symbolic tensors to feed, placeholders as a rule: one, or a list, tuple or dict of them.
        outputs: the tensors to compute, likewise.
        updates: what happens to variables at each call: results of `K.update`, `K.update_add` … , or pairs
            `(variable, new value)`. All of them, and all outputs, are computed from the old values; either all
            happen or, if anything fails, none.
        name: a name for error messages.
        **kwargs: `feed_dict`, values of further tensors, read again at each call; `fetches`, tensors to compute
            without giving them back.

    Returns:
        A callable which takes values in the form of `inputs` (arrays, numbers, lists, concrete tensors: converted to
        the dtype of each input; for a sparse one a SciPy matrix, or `(indices, values, dense_shape)`) and gives NumPy
        arrays, NumPy scalars where there are no dims, and a `SparseTensorValue` for each sparse tensor, in the form
        of `outputs`.

    Raises:
        TypeError: inputs or outputs are no tensors, or an unknown keyword.
        ValueError: an update is none; at the call, values that don't fit the inputs.

    Source: `tf.keras.backend.function`, TF 2.2. Differs: in eager mode, too, a sparse output is made of NumPy arrays
    (there of tensors).

    >>> from kjax import backend as K
    >>> x, total = K.placeholder(shape=(None,)), K.variable(0.)
    >>> add = K.function([x], [K.max(x)], updates=[(total, total + K.sum(x))])
    >>> add([[1., 2.]]), K.get_value(total).item()
    ([np.float32(2.0)], 3.0)
    """
    unknown = set(kwargs) - {"feed_dict", "fetches", "options", "run_metadata"}
    if unknown:
        raise TypeError(f"function() got unexpected keywords {', '.join(sorted(unknown))}")
    return Function(inputs, outputs, updates, name, kwargs.get("fetches"), kwargs.get("feed_dict"))


# ------------------------------------------------------------------------------------------------------------- running


def run(fetches: Any, feed_dict: Mapping[Tensor, Any] | None = None) -> Any:
    """The values of `fetches` as NumPy arrays, computed operation by operation: not worth compiling for one use."""
    fetches = unfolded(fetches)
    once = Function(list(feed_dict or {}), flatten(fetches))
    phase, feeds = once.fed((list((feed_dict or {}).values()),), {})
    return packed(fetches, run_once(once.plan, phase, feeds, next_run()))
