"""Graphs: nodes, the eager and the graph mode, and the walk that computes one tensor from others.

There is no graph object. A graph is what a tensor reaches through the inputs of its node.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import weakref
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import FrameType, MappingProxyType
from typing import Any, NamedTuple, Protocol

from kjax.core.dtypes import DType
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import Conditions
from kjax.machine.errors import shown
from kjax.machine.scopes import scope

# -------------------------------------------------------------------------------------------------------- modes


class Mode:
    """How operations behave here: at once (eager), or adding nodes (graph)."""

    __slots__ = ("after", "block", "direct", "graph", "inside", "instead", "names", "scope", "tapes")

    def __init__(
        self,
        graph: bool,
        scope: str = "",
        after: After | None = None,
        inside: bool = False,
        tapes: tuple[Recorder, ...] = (),
        names: Names | None = None,
        instead: Instead | None = None,
        block: Block | None = None,
    ) -> None:
        self.block = block  # what runs the nodes that are made here
        self.inside = inside  # a callback is building a sub-graph, so that random operations add nodes in any case
        self.scope = scope  # prefix of names, "a/b/"
        self.after = after  # tensors to compute before the nodes that are made here
        self.tapes = tapes  # what is told of each operation that computes at once
        self.names = Names() if names is None else names  # those that were given here
        self.instead = instead  # what gives the tensors to use instead of those of a node that is made here
        self.build(graph)

    def copy(self) -> Mode:
        """Another one that is the same."""
        return Mode(self.graph, self.scope, self.after, self.inside, self.tapes, self.names, self.instead, self.block)

    def build(self, graph: bool) -> None:
        """Let operations add nodes, or compute at once."""
        self.graph = graph
        self.direct = not graph and not self.tapes  # nothing but the values is wanted


class Names:
    """The names given in one graph, and what is known by them.

    Attributes:
        counts: how often each name was asked for.
        variables: the variables made in graph mode, by their identity, as long as they live.
        collections: what programs gather under names.
        kept: what else they keep in a graph: shared variables, the variable scope.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        self.counts: dict[str, Iterator[int]] = {}
        self.variables: dict[int, weakref.ref[Any]] = {}
        self.collections: dict[Any, list[Any]] = {}
        self.kept: dict[str, Any] = {}

    def note(self, variable: Tensor) -> None:
        """Know a variable."""
        key, variables = id(variable), self.variables
        variables[key] = weakref.ref(variable, lambda _: variables.pop(key, None))

    def living(self) -> list[Any]:
        """The variables, in the order in which they were made."""
        return [variable for variable in (kept() for kept in [*self.variables.values()]) if variable is not None]


# From a node and its tensors to the tensors that stand for them.
Instead = Callable[["Node", list[Tensor]], list[Tensor]]


class Recorder(Protocol):
    """What is told of operations that compute at once."""

    def record(
        self, op: Operation, args: Sequence[Any], results: Sequence[Tensor], constants: Sequence[Tensor] = ()
    ) -> None:
        """`op` made `results` of `args`; those in `constants` are the same each time that the program does so."""


class Block(Protocol):
    """What runs the nodes that are made in it, all of them in one go."""

    outer: Block | None  # the block around it

    def run(self, nodes: list[Node], values: Values) -> None:
        """Run nodes of it, whose inputs from elsewhere have values."""


class After(NamedTuple):
    """Tensors to compute before others, and the tensors that then replace the variables which they update."""

    tensors: tuple[Tensor, ...]
    instead: dict[Tensor, Tensor]
    in_order: bool = False  # whether an update that is made replaces its variable from then on


_PROGRAM = Mode(graph=False)
MODE: ContextVar[Mode] = ContextVar("kjax_mode", default=_PROGRAM)


def executing_eagerly() -> bool:
    """Whether an operation on values computes at once.

    >>> executing_eagerly()
    True
    """
    return not MODE.get().graph


def _mode(**changes: Any) -> contextlib.AbstractContextManager[Mode]:
    mode = MODE.get().copy()
    for name, value in changes.items():
        setattr(mode, name, value)
    mode.build(mode.graph)
    return scope(MODE, mode)


def instead_of_results(change: Instead | None) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which `change` gives the tensors to use instead of those of each node that is made."""
    return _mode(instead=change)


def graph_mode() -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which every operation is symbolic, as in TensorFlow 1 and multi-backend Keras.

    Variables are then read when a function runs, not when an expression is written, so that a regulariser or a
    learning-rate schedule is evaluated anew at each call. The mode belongs to the thread or task that enters it.

    >>> import kjax
    >>> from kjax import backend as K
    >>> v = K.variable(3.)
    >>> with kjax.graph_mode():
    ...     squared = K.function([], [K.square(v)])
    >>> K.set_value(v, 4.); squared([])
    [np.float32(16.0)]
    """
    return _mode(graph=True)


def eager_mode() -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which operations on values compute at once: the default, inside graph mode."""
    return _mode(graph=False, inside=False)


def building_inside() -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which a callback builds a sub-graph: random numbers are drawn each time that this runs."""
    return _mode(inside=True)


def running_by(block: Block) -> contextlib.AbstractContextManager[Any]:
    """A `with` block whose nodes are run by `block`."""
    return _mode(block=block)


def naming(names: Names) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in graph mode whose names are given in another graph."""
    return _mode(graph=True, scope="", names=names)


def recording(tapes: tuple[Recorder, ...]) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which these are told of operations that compute at once, and no others."""
    return _mode(tapes=tapes)


def computing_after(after: After) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which nodes are computed after others."""
    return _mode(after=after)


def disable_eager_execution() -> None:
    """Switch the whole program to graph mode, in all threads (which `graph_mode` does for a block)."""
    _PROGRAM.build(True)


def enable_eager_execution() -> None:
    """Switch the whole program back to eager execution."""
    _PROGRAM.build(False)


# -------------------------------------------------------------------------------------------------------- names


@contextlib.contextmanager
def name_scope(name: str) -> Iterator[str]:
    """A `with` block in which names get the prefix `name/`.

    Args:
        name: the scope's name.

    Returns:
        A context manager that gives the whole prefix.

    Source: `tf.keras.backend.name_scope`, TF 2.2.

    >>> from kjax import backend as K
    >>> with K.name_scope('layer'):
    ...     K.ones((2,), name='bias').name
    'layer/bias:0'
    """
    if not isinstance(name, str):
        raise TypeError(f"name_scope(): name must be a string; got {shown(name)}")
    prefix = name if name.endswith("/") else f"{MODE.get().scope}{name}/" if name else ""
    with _mode(scope=prefix):
        yield prefix


def variable_name(name: str | None) -> str | None:
    """The full name of a new variable; None where it is the plain default."""
    mode = MODE.get()
    if name is None and not mode.scope and not mode.graph:
        return None
    full = mode.scope + ("Variable" if name is None else str(name))
    return f"{unique_name(full) if mode.graph else full}:0"


def unique_name(base: str) -> str:
    """`base`, with a number behind it if the program used it before."""
    count = next(MODE.get().names.counts.setdefault(base, itertools.count()))  # in one step for all threads
    return f"{base}_{count}" if count else base


def forget_names() -> None:
    """Let names count from the start again."""
    MODE.get().names.forget()


# -------------------------------------------------------------------------------------------------------- nodes

_serial = itertools.count()


class Operation:
    """The function that a node applies to its inputs. These are the defaults; each kind of operation overrides some.

    Attributes:
        name: the public function, for errors.
        label: the name TensorFlow gives such an operation.
        differentiable: whether gradients flow through it.
        random: whether it draws random numbers.
        seed: the place of the seed among its arguments, if it has one.
        elementary: whether its outputs depend on its arguments alone, by a kernel that has no sub-graph and no effect.
        numpy: whether `kernel` runs in NumPy; only of elementary operations.
        rows: whether it is a product by a weight: the rows of its first operand are computed independently of each
            other, and so are the columns (along the last axis) of its second one.
        picks: whether its output are rows of its first argument, at the positions that the second one holds.
        updates: the variable that running it gives a new value, if any.
        covers: whether running it also gives the results of the nodes in `inner`.
        inner: the nodes that it computes itself, on the way from `inner_inputs` to `inner_targets`.
        own: the nodes of its sub-graphs.
    """

    name = ""
    label = ""
    differentiable = True
    random = False
    seed: int | None = None
    elementary = False
    numpy = False
    rows = False
    picks = False
    covers = False
    updates: Tensor | None = None
    inner: Sequence[Node] = ()
    own: Sequence[Node] = ()
    inner_inputs: Sequence[Tensor] = ()
    inner_targets: Sequence[Tensor] = ()

    def kernel(self, xp: Any, *args: Any) -> Any:
        """The outputs for arrays of the namespace `xp`; only of elementary operations."""
        raise NotImplementedError

    def label_of(self, node: Node) -> str:
        """The name TensorFlow gives such a node."""
        return self.label

    def form(self, form: Any) -> Hashable:
        """What is equal for operations that compute the same; `form` is the `Form` of the graph that asks."""
        return self

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The outputs of `node`."""
        raise NotImplementedError


class Node:
    """One application of an operation.

    Attributes:
        op: the operation that is applied.
        block: what runs it together with others, if it was made in such a block.
        args: the bound arguments, tensors among them (also inside lists and tuples).
        inputs: the tensors it needs, as a rule those in `args`.
        name: its name, with the name scopes that it was made in.
        place: the line of the program that asked for it: a file and a number.
        serial: rises with time, so that nodes made inside a callback can be told from older ones.
    """

    __slots__ = ("args", "block", "inputs", "name", "op", "place", "serial")

    def __init__(self, op: Operation, args: tuple[Any, ...], inputs: Iterable[Tensor] | None = None) -> None:
        self.op = op
        self.name = ""
        self.serial = next(_serial)
        needs = tensors_in(args) if inputs is None else inputs
        mode = MODE.get()
        self.block, after = mode.block, mode.after
        if after is not None:
            args = replaced(args, lambda tensor: after.instead.get(tensor, tensor))
            needs = [*(after.instead.get(tensor, tensor) for tensor in needs), *after.tensors]
        self.args = args
        self.inputs = tuple(needs)
        self.place = line_of_program()


# Folders of what programs call, whose lines say nothing of a program.
_libraries: tuple[str, ...] = (os.path.dirname(os.path.dirname(__file__)) + os.sep,)


def count_as_library(folder: str) -> None:
    """Let nodes that are made by code in `folder` be those of the line that called it."""
    global _libraries
    if folder not in _libraries:
        _libraries = (*_libraries, folder)
        _of_library.clear()


class _OfLibrary(dict[str, bool]):
    """Whether a file is one of a library; looked up, for nodes are made by the thousand."""

    def __missing__(self, file: str) -> bool:
        found = self[file] = file.startswith(_libraries)
        return found


_of_library = _OfLibrary()


def is_of_library(frame: FrameType) -> bool:
    """Whether a line is that of a library, which says nothing of a program."""
    return _of_library[frame.f_code.co_filename]


def line_of_program() -> tuple[str, int] | None:
    """The innermost line outside of the libraries, a file and a number."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _of_library[frame.f_code.co_filename]:
        frame = frame.f_back
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def now() -> int:
    """The serial number that the next node will exceed."""
    return next(_serial)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """All tensors in nested lists, tuples and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from tensors_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from tensors_in(part)


def holds_symbolic(values: Iterable[Any]) -> bool:
    """Whether one of the tensors in nested lists, tuples and dicts is symbolic."""
    for value in values:
        if isinstance(value, Tensor):
            symbolic = value._value is None
        else:
            symbolic = isinstance(value, (list, tuple, dict)) and holds_symbolic(
                value.values() if isinstance(value, dict) else value
            )
        if symbolic:
            return True
    return False


def replaced(value: Any, new: Callable[[Tensor], Any]) -> Any:
    """`value` with every tensor in it replaced by `new(tensor)`."""
    if isinstance(value, Tensor):
        return new(value)
    if isinstance(value, (list, tuple)) and not isinstance(value, Shape):
        return type(value)([replaced(part, new) for part in value])
    if isinstance(value, dict):
        return {key: replaced(part, new) for key, part in value.items()}
    return value


def outputs_of(node: Node, specs: Sequence[tuple[Shape, DType]], name: str | None = None) -> list[Tensor]:
    """The symbolic tensors that `node` computes, given their shapes and dtypes."""
    mode = MODE.get()
    full = node.name = unique_name(mode.scope + (name or node.op.label_of(node)))
    made = [Tensor.promise(node, i, shape, dtype, f"{full}:{i}") for i, (shape, dtype) in enumerate(specs)]
    return made if mode.instead is None else mode.instead(node, made)


# -------------------------------------------------------------------------------------------------------- walking


class UnfedPlaceholderError(ValueError):
    """A tensor was to be computed that depends on a placeholder without a value."""

    __module__ = "kjax"


class Values:
    """The values while a graph is computed: those given for tensors, and the results of nodes so far."""

    __slots__ = ("conditions", "given", "results", "run_key", "updated")

    def __init__(
        self,
        given: dict[Tensor, Any],
        run_key: Any = None,
        results: dict[Node, Any] | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        self.given = given
        self.results: dict[Node, Any] = {} if results is None else results
        self.updated: dict[Tensor, Any] = {}  # new values of variables
        self.conditions = conditions  # where those go that only a run can tell; None where nobody asks for them
        self.run_key = run_key  # makes the random numbers of one run differ from those of the next

    def __call__(self, tensor: Tensor) -> Any:
        """The value of `tensor`."""
        if tensor in self.given:
            return self.given[tensor]
        node = tensor._node
        if node is not None:
            return self.results[node][tensor._index]
        value = tensor._value
        if value is None:
            if tensor._default is None:
                raise UnfedPlaceholderError(
                    f"the value asked for depends on {shown(tensor)}, which is not fed: "
                    "make it an input of the function, or put it into feed_dict"
                )
            value = tensor._default()
        return value

    def knows(self, tensor: Tensor) -> bool:
        """Whether computing `tensor` needs no node."""
        return tensor in self.given or tensor._node is None or tensor._node in self.results

    def compute(self, targets: Iterable[Tensor]) -> list[Any]:
        """The values of `targets`, running the nodes they need."""
        targets = list(targets)
        run_nodes(self.plan(targets), self)
        return [self(target) for target in targets]

    def plan(self, targets: Iterable[Tensor]) -> list[Node]:
        """The nodes to run for `targets`, each after those it needs.

        Operations that compute a stretch of the graph on their own way (gradients do: their forward pass is also
        that of the loss) come as early as they can, so that this part is not computed twice.
        """
        nodes = reachable(targets, self.knows)
        eager_first = [node for node in nodes if node.op.covers]
        if not eager_first:
            return nodes
        first = [Tensor.promise(node, 0, Shape.UNKNOWN, None, "") for node in eager_first]  # type: ignore[arg-type]
        return reachable([*first, *targets], self.knows)


# The seeds of nodes, where these are arguments of a program: one that differs in seeds alone is the same program.
SEEDS: ContextVar[Mapping[Node, Any]] = ContextVar("kjax_seeds", default=MappingProxyType({}))


# What makes a `with` block in which JAX traces under a name (`jax.named_scope`); None where nothing is traced.
_scopes: ContextVar[Callable[[str], contextlib.AbstractContextManager[Any]] | None] = ContextVar(
    "kjax_scopes", default=None
)


def naming_nodes(named_scope: Any) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which nodes are traced under their names, which compiled programs and profiles then show."""
    return scope(_scopes, named_scope)


def executed(node: Node, values: Values) -> tuple[Any, ...]:
    """The outputs of `node`."""
    named = _scopes.get()
    if named is None or not node.name or node.op.covers:  # (the nodes that such a one covers have names of their own)
        return node.op.execute(node, values)
    with named(node.name):
        return node.op.execute(node, values)


def run_nodes(nodes: Sequence[Node], values: Values, within: Block | None = None) -> None:
    """Run nodes, each after those it needs, unless they have results; those of blocks inside of `within` as these do.

    All nodes of a block run when the first one of them does, after what they need from elsewhere.
    """
    for node in nodes:
        if node in values.results:
            continue
        block = None if node.block is within else _inside(node.block, within)
        if block is None:
            values.results[node] = executed(node, values)
            continue
        members = {n: None for n in nodes if n not in values.results and _inside(n.block, within) is block}
        needed = [t for n in members for t in n.inputs if t._node not in members]
        run_nodes(values.plan(needed), values, within)
        block.run(list(members), values)


def _inside(block: Block | None, within: Block | None) -> Block | None:
    """The outermost block around `block` that lies inside of `within`; None if it is `within`, or not in it."""
    found = None
    while block is not within:
        if block is None:
            return None
        found, block = block, block.outer
    return found


def reachable(targets: Iterable[Tensor], knows: Callable[[Tensor], bool] = lambda t: t._node is None) -> list[Node]:
    """The nodes that `targets` depend on, each after those it needs; not beyond what `knows`."""
    order: list[Node] = []
    done: set[Node] = set()
    # A stack instead of recursion: an unrolled loop is thousands of nodes deep.
    stack: list[tuple[Node, Iterator[Tensor]]] = []

    def visit(tensor: Tensor) -> None:
        if not knows(tensor) and tensor._node not in done:
            done.add(tensor._node)  # type: ignore[arg-type]
            stack.append((tensor._node, iter(tensor._node.inputs)))  # type: ignore[arg-type,union-attr]

    for target in targets:
        visit(target)
        while stack:
            node, rest = stack[-1]
            for tensor in rest:
                before = len(stack)
                visit(tensor)
                if len(stack) > before:
                    break
            else:
                order.append(node)
                stack.pop()
    return order


def leaves(targets: Iterable[Tensor], knows: Callable[[Tensor], bool] = lambda t: t._node is None) -> list[Tensor]:
    """What `targets` are computed from in the end: variables, placeholders, values; each once."""
    targets = list(targets)
    found: dict[Tensor, None] = {}
    for tensor in itertools.chain(targets, *(node.inputs for node in reachable(targets, knows))):
        if knows(tensor):
            found.setdefault(tensor)
    return list(found)
