"""`@op`: the declaration of an operation, and the three ways in which it runs.

An operation is a kernel, written once over an array namespace `xp`:

    @op(shape=shapes.elementwise)
    def square(xp, x: Number):
        '''Elementwise square. ...'''
        return xp.square(x)

The decorator gives the public function `square(x)`, which
- runs the kernel at once in NumPy, when all operands are small concrete arrays;
- runs it compiled by XLA, when they are large or live on an accelerator (`kjax.core.placement` decides);
- adds a node, when an operand is symbolic or the program is in graph mode. When a graph is computed, the kernel runs
  under JAX's trace, or in NumPy where all its operands are known by then (shape arithmetic).

Annotations of the kernel's parameters say which of them are operands, with the dtypes they accept, and how the other
ones, the attributes, are brought into a normal form (`kjax.core.operands`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec

import numpy as np

from kjax.core import fast_path, foreign
from kjax.core.binding import bind, prepared
from kjax.core.composite import first_among, implementation
from kjax.core.declaration import Declaration
from kjax.core.graph import (
    MODE,
    SEEDS,
    Node,
    Operation,
    Recorder,
    Values,
    holds_symbolic,
    outputs_of,
    replaced,
    tensors_in,
)
from kjax.core.placement import LARGE, Place, at_large, boxed_all, flattened, on_cpu, place
from kjax.core.shape import Shape, check_size
from kjax.core.tensor import Tensor
from kjax.core.variable import note_read
from kjax.core.wording import explain, explain_at, is_jax_signal
from kjax.machine import meshes
from kjax.machine.checks import Conditions, collecting, is_tracer, is_tracing
from kjax.machine.compiler import Programs
from kjax.machine.compiler import compiled as jitted
from kjax.machine.device import put
from kjax.machine.errors import explained
from kjax.machine.forks import jax_to_compute
from kjax.machine.quiet import quietly
from kjax.machine.scopes import one_program, wide_types

P = ParamSpec("P")

_KEPT = 32  # programs of one operation, computed by itself


class Op(Operation):
    """An operation that a kernel computes from its arguments alone."""

    elementary = True

    def __init__(self, declared: Declaration) -> None:
        self.declared = declared
        self.kernel = declared.kernel  # type: ignore[method-assign]
        self.name, self.label = declared.name, declared.label
        self.differentiable, self.random, self.rows = declared.differentiable, declared.random, declared.rows
        self.numpy, self.picks, self.seed = declared.runs.numpy, declared.picks, declared.seed
        self.at_large = at_large(declared.runs, declared.kernel)
        call = foreign.Call(self, self.general, operands={i: declared.names[i] for i in declared.places})
        self.function = call.function = fast_path.function_of(self, foreign.dispatching(call))  # the public function
        self._compiled: Programs[tuple[Callable[..., Any], list[Exception]]] = Programs(_KEPT)

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def label_of(self, node: Node) -> str:
        """The name TensorFlow gives such a node."""
        return self.declared.label_from(*node.args) if self.declared.label_from else self.label

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the public function gives."""
        return self.function(*args, **kwargs)

    def general(self, *args: Any, **kwargs: Any) -> Any:
        """The general path: bind, convert, check, then compute or add a node."""
        try:
            bound = bind(self.declared, args, kwargs)
            found = first_among(bound)
            if found is not None:
                where = f"{self.declared.where}: {self.declared.names[found[0]]}"
                return implementation(found[1], self.function, where)(*bound)
            mode = MODE.get()
            given = [*bound] if mode.tapes else bound
            bound = prepared(self.declared, bound)
            if mode.graph or (mode.inside and self.random) or holds_symbolic(bound):
                return self.node(bound)
            if is_tracing():
                for tensor in tensors_in(given):
                    note_read(tensor)
            result = self.eager(bound)
            if mode.tapes and self.differentiable:
                self._tell(mode.tapes, given, bound, result)
            return result
        except Exception as error:
            raise explained(error, self.declared.where) from None

    # ------------------------------------------------------------------------------------------------- symbolically

    def node(self, bound: Sequence[Any]) -> Any:
        """The symbolic result: one tensor, or a tuple of them."""
        spec = self.declared.spec(bound)
        node = Node(self, tuple(bound))
        outputs = outputs_of(node, spec)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The outputs of `node`, in NumPy where all its operands are known arrays, else in JAX."""
        args = [replaced(arg, values) for arg in node.args]
        if self.seed is not None:
            args[self.seed] = (SEEDS.get().get(node, args[self.seed]), values.run_key)
        try:
            with collecting(values.conditions):
                out = self.run(args)
        except Exception as error:
            if is_jax_signal(error):
                error.kjax_node = node  # type: ignore[attr-defined]
                raise
            explain_at(node, self.declared, error, args)
        return out if isinstance(out, tuple) else (out,)

    # ------------------------------------------------------------------------------------------------------- eagerly

    def _tell(self, tapes: Sequence[Recorder], given: Sequence[Any], bound: Sequence[Any], result: Any) -> None:
        """Tell the tapes. Python's numbers are part of the program, all other operands its data."""
        numbers = [bound[i] for i in self.declared.places if isinstance(given[i], (int, float, complex))]
        results = result if isinstance(result, tuple) else (result,)
        told: Operation = self
        if self.declared.seed is not None:
            told, bound = _Again(self), [*bound]
            bound[self.declared.seed] = Tensor(np.asarray(bound[self.declared.seed]))
        for tape in tapes:
            tape.record(told, bound, results, numbers)

    def eager(self, bound: Sequence[Any]) -> Any:
        """The result on concrete operands: one tensor, or a tuple of them."""
        args = [arg._value if isinstance(arg, Tensor) else replaced(arg, _value_of) for arg in bound]
        if self.declared.seed is not None:
            args[self.declared.seed] = (args[self.declared.seed], 0)
        try:
            out = self.run(args, bound)
        except Exception as error:
            if is_jax_signal(error):
                raise
            explain(self.declared, error, bound)
        return tuple(map(Tensor, out)) if isinstance(out, tuple) else Tensor(out)

    def run(self, args: Sequence[Any], bound: Sequence[Any] = ()) -> Any:
        """The kernel on arrays, where `kjax.core.placement` says.

        Args:
            args: its arguments.
            bound: the same as tensors, where these are values: they keep the arrays that move.
        """
        declared = self.declared
        arrays = flattened([args[i] for i in declared.places])
        in_numpy, size = True, 0
        for array in arrays:
            if type(array) is np.ndarray:
                size += array.size
            elif is_tracer(array):  # (its dims may be none that can be compared)
                return self._in_jax(args)
            else:
                in_numpy = False
        where = place(declared.runs, size if in_numpy else sum([a.size for a in arrays]))
        if where is not Place.COMPILED and not (declared.seed is not None and any(map(is_tracer, args[declared.seed]))):
            if in_numpy:
                return self._in_numpy(args, where, bool(bound))
            if all(type(a) is np.ndarray or on_cpu(a) for a in arrays):
                return self._in_numpy([_as_numpy(arg) for arg in args], where)
        if bound and where is Place.COMPILED:
            args = [*args]
            for i in declared.places:
                args[i] = replaced(bound[i], _moved)
        return self._in_jax(args) if any(map(is_tracer, flattened(args))) else self._in_xla(args, jax_to_compute())

    def _in_numpy(self, args: Sequence[Any], where: Place, alone: bool = False) -> Any:
        """The kernel in NumPy; `alone`, where nothing around it, such as a trace, is to know of what it does."""
        if alone:
            return boxed_all(quietly(self.kernel, np, *args) if where is Place.NUMPY else quietly(self.at_large, *args))
        with np.errstate(all="ignore"):
            return boxed_all(self.kernel(np, *args) if where is Place.NUMPY else self.at_large(*args))

    def _in_jax(self, args: Sequence[Any]) -> Any:
        """The kernel under JAX's trace."""
        import jax

        # With 64-bit types, as everywhere in kjax, also where the program traces with 32-bit types.
        with wide_types(jax), one_program(jax):
            out = boxed_all(self.declared.jax_kernel(jax.numpy, *args))
        for array in out if isinstance(out, tuple) else (out,):
            check_size(array.shape, array.dtype.itemsize, self.declared.where)
        return out

    def _in_xla(self, args: Sequence[Any], jax: Any) -> Any:
        """The kernel compiled by XLA, once per form of the attributes and shapes of the operands."""
        places, seed = self.declared.places, self.declared.seed
        fixed = [None if i in places else arg for i, arg in enumerate(args)]
        if seed is not None:  # seeds differ from call to call: not a reason to compile again
            places, fixed[seed] = [*places, seed], None
        forms = [(a.shape, a.dtype) for a in flattened([args[i] for i in self.declared.places])]
        key: tuple[Any, ...] | None = (*fixed, *forms)
        try:
            found = self._compiled.find(key)
        except TypeError:  # unhashable, as arrays among the attributes are
            key = found = None
        errors: list[Exception] = []
        if found is not None:
            compiled, errors = found
        else:

            def kernel(operands: Sequence[Any]) -> Any:
                full = list(fixed)
                for place, operand in zip(places, operands, strict=True):
                    full[place] = operand
                conditions: Conditions = []
                with collecting(conditions):
                    out = self._in_jax(full)
                errors[:] = [error for _, error in conditions]
                return out, [condition for condition, _ in conditions]

            compiled = kernel
            if key is not None:
                compiled, errors = self._compiled.add(key, (jitted(kernel, of=self), errors))
        operands = [args[i] for i in places]
        # At once, even where a function is being traced: the operands are values.
        with wide_types(jax), jax.ensure_compile_time_eval():
            out, conditions = meshes.together(compiled, operands) if meshes.engaged else compiled(operands)
        for condition, error in zip(conditions, errors, strict=True):
            if not condition:
                raise type(error)(*error.args)
        return out


class _Again(Operation):
    """A random operation that draws what it drew when it was computed at once. Its seed is an operand."""

    def __init__(self, op: Op) -> None:
        self.op, self.name, self.label = op, op.name, op.label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Again) and self.op is other.op

    def __hash__(self) -> int:
        return hash(self.op)

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The outputs of `node`."""
        args = [replaced(arg, values) for arg in node.args]
        at: Any = self.op.declared.seed
        args[at] = (args[at], 0)
        out = self.op.run(args)
        return out if isinstance(out, tuple) else (out,)


def op(
    *, shape: Callable[..., Any], **declared: Any
) -> Callable[[Callable[Concatenate[Any, P], Any]], Callable[P, Any]]:
    """Declare an operation by its kernel; gives the public function.

    Args:
        shape: the static-shape rule, `rule(where, *arguments) -> Shape`, or a list of shapes for several outputs. It
            raises a ValueError for arguments that don't go together.
        name: the name in errors, where the kernel belongs to a public function of another signature.
        out: dtype of the result: a name, a function of the arguments, or None for the dtype of the operands.
        label: the name TensorFlow gives such an operation, or a function of the arguments that does.
        differentiable: whether gradients flow through it; if not, `K.gradients` gives None beyond it.
        random: the kernel's parameter `seed` is then a pair (seed, number of the run).
        runs: where it can run: `XLA` (the default), `NUMPY`, `threads(...)` or `JAX_ONLY`; see `kjax.core.placement`.
        rows: whether the rows of its first operand are computed independently of each other; see `kjax.loops.hoisting`.
        picks: whether its result are rows of its first operand, at the positions that the second one holds.
        jax_kernel: another kernel with the same result for JAX, where its gradient or its speed is better.
    """

    def declare(kernel: Callable[Concatenate[Any, P], Any]) -> Callable[P, Any]:
        return Op(Declaration(kernel, shape=shape, **declared)).function

    return declare


def _value_of(tensor: Tensor) -> Any:
    return tensor._value


def _moved(tensor: Tensor) -> Any:
    """The array of a tensor, which moves to JAX when an operation first needs it there: not anew for each one."""
    value = tensor._value
    # (Variables change in other threads, and move when a function reads them.)
    if type(tensor) is Tensor and type(value) is np.ndarray and value.size > LARGE:
        tensor._value = value = put(value)
    return value


def _as_numpy(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and not isinstance(value, Shape):
        return type(value)([_as_numpy(part) for part in value])
    return np.asarray(value) if hasattr(value, "__array_namespace__") and type(value) is not np.ndarray else value
