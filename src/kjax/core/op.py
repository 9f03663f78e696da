"""`@op`: the declaration of an operation, and the three ways in which it runs.

An operation is a kernel, written once over an array namespace `xp`:

    @op(shape=shapes.elementwise)
    def square(xp, x: Number):
        '''Elementwise square. ...'''
        return xp.square(x)

The decorator gives the public function `square(x)`, which
- runs the kernel at once in NumPy, when all operands are small concrete arrays;
- runs it compiled by XLA, when they are large or live on an accelerator;
- adds a node, when an operand is symbolic or the program is in graph mode. When a graph is computed, the kernel runs
  under JAX's trace, or in NumPy where all its operands are known by then (shape arithmetic).

Annotations of the kernel's parameters say which of them are operands, with the dtypes they accept, and how the other
ones, the attributes, are brought into a normal form.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Concatenate, NoReturn, ParamSpec

import numpy as np

from kjax.core import dtypes, fast_path
from kjax.core.dtypes import DType, as_dtype
from kjax.core.fast_path import LARGE
from kjax.core.graph import MODE, Node, Values, outputs_of, replaced, tensors_in
from kjax.core.operands import Operand, as_tensor, kind_of
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine import config
from kjax.machine.checks import Conditions, collecting, is_tracer
from kjax.machine.compiler import compiled as jitted
from kjax.machine.device import has_accelerator
from kjax.machine.threads import Wide
from kjax.sparse.tensor import SparseTensor

P = ParamSpec("P")

# ---------------------------------------------------------------------------------------------------- running kernels


def on_cpu(value: Any) -> bool:
    """Whether the array lives in ordinary memory."""
    return all(device.platform == "cpu" for device in value.devices())


def boxed(value: Any) -> Any:
    """NumPy's scalars as 0-d arrays; everything else as it is."""
    return np.asarray(value) if isinstance(value, np.generic) else value


def _boxed_all(out: Any) -> Any:
    return tuple(map(boxed, out)) if isinstance(out, (tuple, list)) else boxed(out)


class Op:
    """An operation: its kernel, and all that is known about it without running it."""

    def __init__(
        self,
        kernel: Callable[..., Any],
        *,
        shape: Callable[..., Any],
        name: str | None = None,
        out: Any = None,
        label: str | Callable[..., str] | None = None,
        differentiable: bool = True,
        random: bool = False,
        numpy: bool = True,
        bulk: bool = True,
        rows: bool = False,
        jax_kernel: Callable[..., Any] | None = None,
        wide: Wide | None = None,
    ) -> None:
        self.kernel = kernel
        self.jax_kernel = jax_kernel or kernel
        self.name = name or kernel.__name__
        self.where = f"{self.name}()"
        self.shape = shape
        self.out = out if out is None or callable(out) else as_dtype(out)
        self.label = label if isinstance(label, str) else "".join(p.capitalize() for p in self.name.split("_"))
        self._label_from = label if callable(label) else None
        self.differentiable = differentiable
        self.random = random
        self.numpy = numpy
        self.bulk = bulk
        self.rows = rows
        self.wide = wide(kernel) if wide is not None and not config.PLAIN else None
        self.sparse: Callable[..., Any] | None = None  # what it does with sparse tensors; set by kjax.sparse.operations
        self._read_parameters()
        self._compiled: dict[Any, tuple[Callable[..., Any], list[Exception]]] = {}

    def _read_parameters(self) -> None:
        code = self.kernel.__code__
        self.names = code.co_varnames[1 : code.co_argcount]
        defaults = self.kernel.__defaults__ or ()
        required = len(self.names) - len(defaults)
        self.defaults = (*(inspect.Parameter.empty for _ in range(required)), *defaults)
        if any(isinstance(annotation, str) for annotation in self.kernel.__annotations__.values()):
            raise TypeError(
                f"@op {self.name}: annotations say what the parameters are, and must be there when the module is "
                "imported: no `from __future__ import annotations`, no quotes"
            )
        kinds = [kind_of(self.kernel.__annotations__.get(name)) for name in self.names]
        self.operands = [(i, kind) for i, kind in enumerate(kinds) if isinstance(kind, Operand)]
        self.attributes = [(i, kind) for i, kind in enumerate(kinds) if not isinstance(kind, Operand)]
        self.seed = self.names.index("seed") if self.random else None
        parameters = [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
            for name, default in zip(self.names, self.defaults, strict=True)
        ]
        # (Python has checked the kernel's parameters already; twice takes time at each start.)
        self.signature = inspect.Signature(parameters, __validate_parameters__=False)

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def label_of(self, node: Node) -> str:
        """The name TensorFlow gives such a node."""
        return self._label_from(*node.args) if self._label_from else self.label

    def covers(self, node: Node) -> bool:
        """Whether running `node` also gives results of other nodes."""
        return False

    # ------------------------------------------------------------------------------------------------ the whole way

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The long way: bind, convert, check, then compute or add a node."""
        bound = self.bind(args, kwargs)
        if self.sparse is not None and any(map(_sparse_within, bound)):
            return self.sparse(*bound)
        bound = self.prepared(bound)
        if MODE.get().graph or any(t._value is None for t in tensors_in(bound)):
            return self.node(bound)
        return self.eager(bound)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """The arguments in the order of the parameters, defaults filled in."""
        bound = [*args, *self.defaults[len(args) :]]
        for name, value in kwargs.items():
            if name not in self.names[len(args) :]:
                break
            bound[self.names.index(name)] = value
        else:
            if len(bound) == len(self.names) and not any(value is inspect.Parameter.empty for value in bound):
                return bound
        try:
            self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.where} {error}") from None
        raise AssertionError

    def prepared(self, bound: list[Any]) -> list[Any]:
        """`bound` with operands made tensors of dtypes that go together, and attributes in their normal form."""
        common: DType | None = None
        for i, kind in self.operands:
            if not kind.alone:
                for tensor in tensors_in(bound[i]) if kind.many else (bound[i],):
                    if isinstance(tensor, Tensor):
                        common = self._agreed(common, tensor.dtype)
        for i, kind in self.operands:
            where = f"{self.where}: {self.names[i]}"
            value = bound[i]
            if kind.many:
                if not isinstance(value, (list, tuple)):
                    raise TypeError(f"{where} must be a list of tensors; got {value!r}")
                parts = []
                for part in value:
                    parts.append(as_tensor(part, common, where))
                    common = self._agreed(common, parts[-1].dtype)
                bound[i] = parts
            else:
                if not isinstance(value, Tensor):
                    bound[i] = value = as_tensor(value, None if kind.alone else common, where)
                if not kind.alone:
                    common = self._agreed(common, value.dtype)
            for tensor in tensors_in(bound[i]):
                if tensor.dtype not in kind.accepts:
                    raise TypeError(
                        f"{where} can't be of dtype {tensor.dtype}; accepted are {_listed(kind.accepts)}. "
                        "K.cast converts."
                    )
        for i, attribute in self.attributes:
            if attribute is not None:
                bound[i] = attribute.normal(bound[i], f"{self.where}: {self.names[i]}")
        return bound

    def _agreed(self, common: DType | None, dtype: DType) -> DType:
        if common is not None and common != dtype:
            raise TypeError(
                f"{self.where}: tensors of different dtypes, {common} and {dtype}; convert one of them with K.cast"
            )
        return dtype

    def spec(self, bound: Sequence[Any]) -> list[tuple[Shape, DType]]:
        """Static shape and dtype of each output."""
        shape = self.shape(self.where, *bound)
        dtype = self.out
        if dtype is None:
            dtype = next(tensors_in([bound[i] for i, kind in self.operands if not kind.alone])).dtype
        elif callable(dtype) and not isinstance(dtype, DType):
            dtype = dtype(*bound)
        if isinstance(shape, list):
            return list(zip(shape, dtype if isinstance(dtype, list) else [dtype] * len(shape), strict=True))
        return [(shape, dtype)]

    # ------------------------------------------------------------------------------------------------- symbolically

    def node(self, bound: Sequence[Any]) -> Any:
        """The symbolic result: one tensor, or a tuple of them."""
        spec = self.spec(bound)
        node = Node(self, tuple(bound))
        outputs = outputs_of(node, spec)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The outputs of `node`, in NumPy where all its operands are known arrays, else in JAX."""
        args = [replaced(arg, values) for arg in node.args]
        if self.seed is not None:
            args[self.seed] = (args[self.seed], values.run_key)
        try:
            with collecting(values.conditions):
                out = self.run(args, [args[i] for i, _ in self.operands])
        except Exception as error:
            if is_jax_signal(error):
                error.kjax_node = node  # type: ignore[attr-defined]
                raise
            places = [i for i, _ in self.operands]
            try:
                self._explain(error, [_tensors_of(a) if i in places else node.args[i] for i, a in enumerate(args)])
            except Exception as explained:
                # It comes to light when a function is called, which may be far from what is wrong.
                if node.place is not None:
                    explained.add_note('the operation was asked for in\n  File "{}", line {}'.format(*node.place))
                raise explained from None
        return out if isinstance(out, tuple) else (out,)

    # ------------------------------------------------------------------------------------------------------- eagerly

    def eager(self, bound: Sequence[Any]) -> Any:
        """The result on concrete operands: one tensor, or a tuple of them."""
        args = [replaced(arg, _placed if self._goes_to_xla(bound) else _value_of) for arg in bound]
        if self.seed is not None:
            args[self.seed] = (args[self.seed], 0)
        try:
            out = self.run(args, [args[i] for i, _ in self.operands])
        except Exception as error:
            if is_jax_signal(error):
                raise
            self._explain(error, bound)
        return tuple(map(Tensor, out)) if isinstance(out, tuple) else Tensor(out)

    def _goes_to_xla(self, bound: Sequence[Any]) -> bool:
        if not self.bulk or (self.numpy and self.wide is not None and not has_accelerator()):
            return False
        return bool(sum([t._value.size for i, _ in self.operands for t in tensors_in(bound[i])]) > LARGE)

    def _explain(self, error: Exception, bound: Sequence[Any]) -> NoReturn:
        """Raise an error that says in the terms of this function what a kernel's error means."""
        self.shape(self.where, *bound)  # the rule knows best what is wrong
        kind = next((k for k in _KINDS if isinstance(error, k)), ValueError)
        raise kind(_message(self.where, error)) from None

    def run(self, args: Sequence[Any], operands: Sequence[Any]) -> Any:
        """The kernel on arrays, in the namespace that suits them."""
        arrays = _flat(operands)
        large = sum([a.size for a in arrays]) > LARGE
        in_numpy = self.numpy and (not (self.bulk and large) or (self.wide is not None and not has_accelerator()))
        if self.seed is not None:
            in_numpy = in_numpy and not is_tracer(args[self.seed][1])
        if in_numpy and all(type(a) is np.ndarray for a in arrays):
            return self._in_numpy(args, large)
        import jax

        if any(isinstance(a, jax.core.Tracer) for a in _flat(args)):
            return _boxed_all(self.jax_kernel(jax.numpy, *args))
        if in_numpy and all(type(a) is np.ndarray or on_cpu(a) for a in arrays):
            return self._in_numpy([_as_numpy(arg) for arg in args], large)
        return self.accelerated(args, jax)

    def _in_numpy(self, args: Sequence[Any], large: bool) -> Any:
        with np.errstate(all="ignore"):
            return _boxed_all(self.wide(*args) if large and self.wide else self.kernel(np, *args))

    def accelerated(self, args: Sequence[Any], jax: Any) -> Any:
        """The kernel compiled by XLA, once per form of the attributes."""
        places = [i for i, _ in self.operands]
        fixed = [None if i in places else arg for i, arg in enumerate(args)]
        if self.seed is not None:  # seeds differ from call to call: not a reason to compile again
            places, fixed[self.seed] = [*places, self.seed], None
        key: tuple[Any, ...] | None = tuple(fixed)
        try:
            compiled, errors = self._compiled.get(key, (None, []))
        except TypeError:  # unhashable, as arrays among the attributes are
            key, compiled, errors = None, None, []
        if compiled is None:

            def kernel(operands: Sequence[Any]) -> Any:
                full = list(fixed)
                for place, operand in zip(places, operands, strict=True):
                    full[place] = operand
                conditions: Conditions = []
                with collecting(conditions):
                    out = self.jax_kernel(jax.numpy, *full)
                errors[:] = [error for _, error in conditions]
                return out, [condition for condition, _ in conditions]

            compiled = jitted(kernel) if key is not None else kernel
            if key is not None:
                self._compiled[key] = compiled, errors
        # At once, even where a function is being traced: the operands are values.
        with jax.enable_x64(True), jax.ensure_compile_time_eval():
            out, conditions = compiled([args[i] for i in places])
        for condition, error in zip(conditions, errors, strict=True):
            if not condition:
                raise type(error)(*error.args)
        return out


_KINDS = (IndexError, TypeError, NotImplementedError, ValueError)


def op(
    *, shape: Callable[..., Any], **declared: Any
) -> Callable[[Callable[Concatenate[Any, P], Any]], Callable[P, Any]]:
    """Declare an operation by its kernel; gives the public function.

    Args:
        shape: the static-shape rule, `rule(where, *arguments) -> Shape`, or a list of shapes for several outputs. It
            raises a ValueError for arguments that don't go together.
        name: the name in errors, where the kernel belongs to a public function of another signature.
        out: dtype of the result: a name, a function of the arguments, or None for that of the operands.
        label: the name TensorFlow gives such an operation, or a function of the arguments that does.
        differentiable: whether gradients flow through it; if not, `K.gradients` gives None beyond it.
        random: the kernel's parameter `seed` is then a pair (seed, number of the run).
        numpy: whether the kernel runs in NumPy; if not, it is written for JAX alone.
        bulk: whether XLA is worth its while on large operands.
        rows: whether the rows of its first operand are computed independently of each other; see `kjax.loops.hoisting`.
        jax_kernel: another kernel with the same result for JAX, where its gradient or its speed is better.
        wide: how large arrays are computed on a CPU without XLA, where that gains nothing; see `kjax.machine.threads`.
    """

    def declare(kernel: Callable[Concatenate[Any, P], Any]) -> Callable[P, Any]:
        return fast_path.function_of(Op(kernel, shape=shape, **declared))

    return declare


def is_jax_signal(error: Exception) -> bool:
    """Whether JAX says that it needs the value of an array which it only traces."""
    if not config.jax_loaded():
        return False
    import jax

    return isinstance(error, (jax.errors.JAXTypeError, jax.errors.JAXIndexError))


def _sparse_within(value: Any) -> bool:
    """Whether it is a sparse tensor, or a list with one."""
    if type(value) in (list, tuple):
        return any(isinstance(part, SparseTensor) for part in value)
    return isinstance(value, SparseTensor)


def _value_of(tensor: Tensor) -> Any:
    return tensor._value


def _placed(tensor: Tensor) -> Any:
    """The array of a tensor, which moves to JAX when an operation first needs it there: not anew for each one."""
    value = tensor._value
    # (Variables change in other threads, and move when a function reads them.)
    if type(tensor) is Tensor and type(value) is np.ndarray and value.size > LARGE:
        import jax

        with jax.enable_x64(True):
            tensor._value = value = jax.device_put(value)
    return value


def _tensors_of(value: Any) -> Any:
    return [Tensor(v) for v in value] if isinstance(value, (list, tuple)) else Tensor(value)


def _flat(value: Iterable[Any]) -> list[Any]:
    flat: list[Any] = []
    for part in value:
        flat.extend(_flat(part) if isinstance(part, (list, tuple)) else (part,))
    return flat


def _as_numpy(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and not isinstance(value, Shape):
        return type(value)([_as_numpy(part) for part in value])
    return np.asarray(value) if hasattr(value, "__array_namespace__") and type(value) is not np.ndarray else value


def _listed(accepted: frozenset[DType]) -> str:
    return ", ".join(name for name in dtypes.NAMES if name in accepted)


def _message(where: str, error: Exception) -> str:
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return text if text.startswith(where) else f"{where}: {text}"
