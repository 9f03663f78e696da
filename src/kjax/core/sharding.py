"""Sharding: the same functions, with a placement of what they are computed from on several devices.

A `Layout` says where things are: over which mesh of devices, which of its axes takes the parts of a batch, by which
rules variables are placed. It comes from a `with kjax.sharded(...)` block, else from `kjax.shard` (the whole program),
else from what is spread over several devices already: a function that is fed such an array, or reads a variable with
one, computes on those devices.

A layout changes where things are, and no result. XLA makes of a program and its placed arguments the program for each
device, with the communication between them. So a batch is the whole batch everywhere: a mean over it, as in batch
normalisation, is the mean over all devices. Random numbers depend on the seed and their index alone
(`kjax.kernels.draws`), not on the device that draws them.

- **What is fed** is split along its first dim among the devices of the batch axis, if that dim can be divided by their
  number; else each device gets the whole. (Padding would change sums.)
- **A variable** is placed by the first rule whose pattern is found in its name (without `:0`); else as the variable
  that it follows, as an optimizer's slots follow their weight (`kjax.core.slots`); else it stays as it is, if it is
  spread over this mesh; else each device has the whole.
- **A new value** of a variable, by an update or by `K.set_value`, takes the place of the old one.
- **Outputs** are NumPy arrays, or with `outputs="global"` arrays of JAX, spread as XLA leaves them.

`layout_for` finds the layout of a call, and `Placing` applies one to what one function computes: `kjax.core.running`
reads variables, feeds and fetches through it.
"""

from __future__ import annotations

import contextlib
import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from kjax.core.plan import Plan
from kjax.core.slots import slots_of
from kjax.core.variable import Variable, moved
from kjax.machine import meshes, processes
from kjax.machine.errors import public, shown
from kjax.machine.scopes import scope

if TYPE_CHECKING:
    from jax.sharding import Mesh, NamedSharding

_OUTPUTS = ("host", "global")
_FEEDS = ("whole", "part")


class Layout:
    """Where a program's arrays are; two layouts that say the same are equal.

    Attributes:
        batch: the axes of the mesh that the first dim of a batch is split along.
        rules: pairs of a pattern and a partition spec.
        outputs: `"host"` or `"global"`.
        feeds: `"whole"` or `"part"`.
    """

    def __init__(
        self, mesh: Any, batch: Any = "data", rules: Any = None, outputs: str = "host", feeds: str = "whole"
    ) -> None:
        where = "sharded()"
        if feeds not in _FEEDS:
            raise ValueError(f"{where}: feeds must be 'whole' or 'part'; got {shown(feeds)}")
        self.feeds = feeds
        if outputs not in _OUTPUTS:
            raise ValueError(f"{where}: outputs must be 'host' or 'global'; got {shown(outputs)}")
        self._mesh_given = mesh
        self.batch: tuple[str, ...] = () if batch is None else (batch,) if isinstance(batch, str) else tuple(batch)
        pairs = [*(rules.items() if isinstance(rules, Mapping) else rules or ())]
        self.rules = tuple((_pattern(pattern, where), _partition(spec, pattern, where)) for pattern, spec in pairs)
        self.outputs = outputs

    @functools.cached_property
    def mesh(self) -> Mesh:
        """The mesh of devices. (Found out late, so that a program can fork before JAX computes.)"""
        mesh: Mesh = meshes.mesh_of(self._mesh_given, self.batch[0] if self.batch else "data")
        for axis in (*self.batch, *(axis for _, spec in self.rules for axis in _axes(spec))):
            if axis not in mesh.axis_names:
                raise ValueError(f"sharded(): the mesh has no axis {shown(axis)}; it has {', '.join(mesh.axis_names)}")
        return mesh

    @functools.cached_property
    def _key(self) -> Any:
        return self.mesh, self.batch, tuple((p.pattern, spec) for p, spec in self.rules), self.outputs, self.feeds

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Layout) and self._key == other._key)

    @functools.cached_property
    def _hash(self) -> int:
        return hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def named(self, *parts: Any) -> NamedSharding:
        """The sharding over the mesh for a partition spec."""
        made: NamedSharding = meshes.sharding(self.mesh, *parts)
        return made

    @functools.cached_property
    def whole(self) -> NamedSharding:
        """The sharding of an array of which each device has the whole."""
        return self.named()

    @functools.cached_property
    def _split(self) -> tuple[int, NamedSharding]:
        """Into how many parts a batch is split, and the sharding that does so."""
        return math.prod(self.mesh.shape[axis] for axis in self.batch), self.named(self.batch or None)

    def of_batch(self, shape: Sequence[int]) -> NamedSharding:
        """The sharding of what is fed, by its shape."""
        parts, split = self._split
        return split if shape and shape[0] and not shape[0] % parts else self.whole

    def of_part(self, shape: Sequence[int]) -> NamedSharding:
        """The sharding of a batch of which this process is fed some rows.

        Raises:
            ValueError: its rows can't be divided among the devices of this process.
        """
        parts, split = self._split
        own = parts // processes.count()
        if not own or shape[0] % own:
            raise ValueError(
                f"sharded(feeds='part'): {shape[0]} rows can't be divided among {own} devices, those of this process "
                f"along the axis {', '.join(self.batch)} of the mesh"
            )
        return split

    def fed(self, array: Any) -> Any:
        """An array that is fed, on its devices."""
        if self.feeds == "part" and array.ndim and processes.are_several():
            return meshes.of_parts(array, self.of_part(array.shape))
        return meshes.placed(array, self.of_batch(array.shape))

    def by_rule(self, variable: Variable) -> NamedSharding | None:
        """The sharding of a variable by the first rule that its name matches; None without one.

        Raises:
            ValueError: the rule does not fit the variable's shape.
        """
        name = variable.name.partition(":")[0]
        for pattern, spec in self.rules:
            if pattern.search(name):
                self._check(variable, pattern.pattern, spec)
                return self.named(*spec)
        return None

    def _check(self, variable: Variable, pattern: str, spec: Any) -> None:
        dims, mesh = tuple(variable.shape), self.mesh
        rule = f"sharded(): the rule {pattern!r}: {spec} does not fit variable {shown(variable.name)} of shape {dims}"
        if len(spec) > len(dims):
            raise ValueError(f"{rule}: it is for {len(spec)} dims")
        for i, part in enumerate(spec):
            count = math.prod(mesh.shape[axis] for axis in _axes([part]))
            if dims[i] % count:
                raise ValueError(f"{rule}: dim {i} can't be divided among the {count} devices of {shown(part)}")

    def __repr__(self) -> str:
        rules = "".join(f", {pattern.pattern!r}: {spec}" for pattern, spec in self.rules)
        return f"<kjax layout over {dict(self.mesh.shape)}, batch along {', '.join(self.batch) or 'none'}{rules}>"


def _pattern(pattern: Any, where: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as error:
        raise ValueError(f"{where}: {shown(pattern)} in rules is no regular expression: {error}") from None


def _partition(spec: Any, pattern: Any, where: str) -> Any:
    """A partition spec: given as such, as a tuple, or as None for the whole on each device."""
    import jax

    if spec is None:
        spec = ()
    if not isinstance(spec, (tuple, jax.sharding.PartitionSpec)):
        raise TypeError(
            f"{where}: rules[{pattern!r}] must be a jax.sharding.PartitionSpec, a tuple with the name of an axis or "
            f"None for each dim, or None; got {shown(spec)}"
        )
    parts = [*spec]
    while parts and parts[-1] is None:
        parts.pop()
    made: Any = jax.sharding.PartitionSpec
    return made(*parts)


def _axes(spec: Any) -> Iterator[str]:
    """The axes that a partition spec names."""
    for part in spec:
        if part is not None:
            yield from (part,) if isinstance(part, str) else part


# ------------------------------------------------------------------------------------------------- which layout is on

_block: ContextVar[Any] = ContextVar("kjax_layout", default=None)
_program: Layout | None = None


def current_layout() -> Layout | None:
    """The layout of the innermost `sharded` block, else that of the program; None if there is neither."""
    found: Layout | None = _block.get()
    return _program if found is None else found


@public
def sharded(
    mesh: Any = None, batch: Any = "data", rules: Any = None, outputs: str = "host", feeds: str = "whole"
) -> contextlib.AbstractContextManager[Layout]:
    """A `with` block in which functions run on several devices: the same results, computed together.

    Args:
        mesh: a `jax.sharding.Mesh` (with axes of the kind `Auto` or `Explicit`); the size of each axis by its name,
            `{'data': 4, 'model': 2}` or `'data=4,model=2'`; or how many devices to take. By default the mesh of
            `jax.set_mesh`, else all devices that JAX has.
        batch: the axis of the mesh, or a tuple of axes, along which what is fed is split by its first dim, where that
            can be divided; None to give each device the whole.
        rules: patterns of names of variables, each with a `jax.sharding.PartitionSpec` or a tuple like
            `(None, 'model')`: a dict, or pairs. The first pattern that is found in the name places the variable.
            Without one, an optimizer's slots follow their weight; of everything else each device has the whole.
        outputs: `'host'` for NumPy arrays, `'global'` for arrays of JAX that stay spread.
        feeds: where several processes compute together (`kjax run --processes`), whether each of them is fed the
            `'whole'` batch, or a `'part'` of it: its own rows, as many as the others are fed. Outputs are of the whole.

    Returns:
        A context manager that gives the layout. The block counts for the thread or task that enters it.

    Raises:
        TypeError: the mesh, or the spec of a rule, is something else.
        ValueError: there are fewer devices, the mesh lacks an axis; in a call, a rule does not fit a variable's shape.

    >>> import kjax
    >>> from kjax import backend as K
    >>> x, w = K.placeholder((None, 2)), K.ones((2, 3), name='dense/kernel')
    >>> product = K.function([x], [K.dot(x, w)])
    >>> with kjax.sharded({'data': 1, 'model': 1}, rules={'dense.*kernel': (None, 'model')}):
    ...     product([[[1., 2.]]])[0].tolist()
    [[3.0, 3.0, 3.0]]
    """
    layout = Layout(mesh, batch, rules, outputs, feeds)
    _ = layout.mesh  # (what is wrong with it is an error here)
    meshes.engage()
    return scope(_block, layout)


@public
def shard(
    mesh: Any = None, batch: Any = "data", rules: Any = None, outputs: str = "host", feeds: str = "whole"
) -> Callable[[], None]:
    """Let the functions of a whole program, in all threads, run on several devices, as `sharded` does for a block.

    Args:
        mesh: as for `kjax.sharded`. Devices are looked for when a function first runs.
        batch: as for `kjax.sharded`, like all that follow.
        rules: where variables are.
        outputs: what functions give.
        feeds: what each of several processes is fed.

    Returns:
        A function that ends it: what was on before is on again.

    Raises:
        TypeError, ValueError: as for `kjax.sharded`.

    >>> import kjax
    >>> end = kjax.shard(1)
    >>> end()
    """
    global _program
    layout, before = Layout(mesh, batch, rules, outputs, feeds), _program
    meshes.engage()
    _program = layout

    def end() -> None:
        global _program
        if _program is layout:
            _program = before

    return end


def layout_for(plan: Plan, feeds: Sequence[Any]) -> Layout | None:
    """The layout for a call of a function: what is on, or that of the first spread array that it is computed from."""
    layout = current_layout()
    if layout is not None:
        return layout
    tensors = (t._value for group in (plan.updated, plan.read_only, plan.large) for t in group)
    for array in (*feeds, *tensors):
        if meshes.is_spread(array):
            return _layout_over(meshes.mesh_under(array))
    return None


@functools.lru_cache(maxsize=64)
def _layout_over(mesh: Any) -> Layout:
    """The layout over a mesh that no block names: a batch is split along `data`, or along the first axis."""
    return Layout(mesh, "data" if "data" in mesh.axis_names else mesh.axis_names[0])


# ------------------------------------------------------------------------------------------- a layout for a function


class Placing:
    """A layout for what one function computes.

    Attributes:
        layout: the layout.
    """

    def __init__(self, layout: Layout, plan: Plan) -> None:
        self.layout, self._mesh = layout, layout.mesh
        self._wanted: dict[Variable, NamedSharding | None] = {}
        variables = [*plan.updated, *plan.read_only]
        for variable in variables:
            self._wanted[variable] = layout.by_rule(variable)
        for slot, weight in slots_of(plan).items():
            if self._wanted[slot] is None:
                self._wanted[slot] = self._wanted[weight] or self._found(weight._value)
        self._large = plan.large

    @functools.cached_property
    def constants(self) -> list[Any]:
        """The arrays of the plan's large values."""
        return [self._constant(t._value) for t in self._large]

    def _found(self, array: Any) -> NamedSharding | None:
        """How an array is spread over the mesh; None if it is not."""
        if not meshes.is_spread(array) or meshes.mesh_under(array) != self._mesh:
            return None
        found: NamedSharding = meshes.automatic(array).sharding
        return found

    def _constant(self, array: Any) -> Any:
        found = self._found(array)
        return meshes.placed(array, self.layout.whole) if found is None else meshes.automatic(array)

    def sharding_of(self, variable: Variable) -> NamedSharding:
        """Where a variable is to be."""
        return self._wanted.get(variable) or self._found(variable._value) or self.layout.whole

    def read(self, variable: Variable) -> Any:
        """The array of a variable, which moves when it is first needed in another place."""
        value, wanted = variable._value, self._wanted[variable]
        if type(value) is not np.ndarray:
            found = value.sharding
            if found is wanted or (wanted is None and getattr(found, "mesh", None) is self._mesh):
                return value
            if wanted is not None and getattr(found, "mesh", None) is self._mesh and meshes.is_at(value, wanted):
                return value
        sharding = self.sharding_of(variable)

        def put(array: Any) -> Any:
            array = meshes.automatic(array) if meshes.is_spread(array) else array
            return meshes.placed(array, sharding)

        return moved(variable, put)

    def new(self, variables: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
        """New values of variables, while a program is traced: spread as the old ones are."""
        import jax

        constrain: Any = jax.lax.with_sharding_constraint
        return [constrain(a, self.sharding_of(v)) for v, a in zip(variables, arrays, strict=True)]

    def feeds(self, arrays: Sequence[Any]) -> list[Any]:
        """What is fed, for the program: arrays of NumPy as they are, since the program splits them.

        (Not where it runs in several processes.)
        """
        alone = not processes.are_several()
        return [array if alone and type(array) is np.ndarray else self._fed(array) for array in arrays]

    def _fed(self, array: Any) -> Any:
        if self._found(array) is not None:
            return meshes.automatic(array)
        return self.layout.fed(array)

    @staticmethod
    def form(array: Any) -> Any:
        """What a program for a fed array depends on."""
        return array.shape if type(array) is np.ndarray else (array.shape, array.sharding)

    def shardings(self, plan: Plan, arrays: Sequence[Any]) -> tuple[Any, ...]:
        """The shardings of a program's arguments; None for those that are in their place when it is called."""
        placed = [None] * (len(plan.updated) + len(plan.read_only) + len(plan.large))
        fed = [self.layout.of_batch(a.shape) if type(a) is np.ndarray else None for a in arrays]
        return (*placed, *fed, *([self.layout.whole] if plan.random else ()))

    def outputs(self, arrays: Sequence[Any]) -> list[Any]:
        """Outputs, while a program is traced: each process gets the whole, unless they stay spread."""
        if self.layout.outputs == "global" or not processes.are_several():
            return [*arrays]
        import jax

        constrain: Any = jax.lax.with_sharding_constraint
        return [constrain(jax.numpy.asarray(array), self.layout.whole) for array in arrays]

    def fetch(self, fetch: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """What becomes of outputs, where `fetch` does it without a layout."""
        return _as_it_is if self.keeps_outputs(fetch) else fetch

    def keeps_outputs(self, fetch: Callable[[Any], Any]) -> bool:
        """Whether outputs stay arrays of JAX: of what is not fetched in a way of its own."""
        return self.layout.outputs == "global" and fetch is np.array

    def specification(self, struct: Any) -> Any:
        """Shape and dtype of what is fed, with its sharding."""
        import jax

        made: Any = jax.ShapeDtypeStruct
        return made(struct.shape, struct.dtype, sharding=self.layout.of_batch(struct.shape))

    def over_its_mesh(self) -> contextlib.AbstractContextManager[Any]:
        """A `with` block in which programs are traced and run."""
        return meshes.under(self._mesh)

    def around(self, call: Callable[[list[Any]], list[Any]]) -> Callable[[list[Any]], list[Any]]:
        """`call` for arrays as they are fed."""

        def placed_call(arrays: list[Any]) -> list[Any]:
            with self.over_its_mesh():
                return call(self.feeds(arrays))

        return placed_call


def _as_it_is(array: Any) -> Any:
    return array
