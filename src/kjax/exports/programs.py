"""`kjax.export`: a function as a file that runs without kjax."""

from __future__ import annotations

import importlib.util
import itertools
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kjax.core import dtypes
from kjax.core.lowering import Lowering
from kjax.core.pure import PureFunction, State
from kjax.core.tensor import Tensor
from kjax.exports import onnx_files
from kjax.machine.config import plainly
from kjax.machine.errors import public, shown
from kjax.machine.forks import jax_to_compute
from kjax.machine.plurals import counted
from kjax.machine.scopes import wide_types

Dims = tuple[int | str, ...]


class Program(NamedTuple):
    """What is exported.

    Attributes:
        name: the function's name.
        call: from the values of the inputs, one after the other, to the outputs; if the state is not a part of the
            program, from state and list of inputs to outputs and new state.
        inputs: the tensors that it is fed, and `dims` their shapes, in which names stand for unknown dims.
        outputs: the tensors that it computes.
        state: shape and dtype of each entry of its state; None if that is a part of the program.
    """

    name: str
    call: Callable[..., Any]
    inputs: list[Tensor]
    dims: list[Dims]
    outputs: list[Tensor]
    state: State | None


@public
def export(
    function: Any,
    path: str | os.PathLike[str],
    shapes: Sequence[Sequence[int | str]] | None = None,
    learning_phase: int = 0,
    platforms: Sequence[str] | None = None,
) -> None:
    """Write a function to a file that runs without kjax.

    Args:
        function: what `K.function` or `kjax.pure` gave. Of a `K.function`, the variables become constants with the
            values that they have now; it must not update any. The values of its inputs are the arguments, one after
            the other. Of a pure function, the arguments are the state and the list of inputs, the results outputs and
            new state.
        path: the file. With the suffix `.onnx` it is one of ONNX, made by jax2onnx (`pip install "kjax[onnx]"`), for
            ONNX Runtime and other engines; with any other, a StableHLO program:
            `jax.export.deserialize(bytes).call(*inputs)` runs it, where only JAX is installed (and flatbuffers, which
            it is written with: `pip install "kjax[export]"`).
        shapes: for each input, numbers, and names for dims that the program leaves open. By default the shape of the
            placeholder, in which an unknown first dim is `batch` and each other unknown one has a name of its own.
        learning_phase: 0 or 1.
        platforms: of a StableHLO program, where it is to run: `cpu`, `cuda`, `rocm`, `tpu`; by default where JAX
            computes now.

    Raises:
        TypeError: it is no such function.
        ValueError: it updates variables, or a shape depends on a dim that is left open.
        NotImplementedError: jax2onnx or flatbuffers is not installed, or jax2onnx does not know an operation.

    >>> import os, tempfile, jax, kjax
    >>> from kjax import backend as K
    >>> x = K.placeholder((None, 2))
    >>> path = os.path.join(tempfile.mkdtemp(), 'double.stablehlo')
    >>> kjax.export(K.function([x], [2. * x]), path)
    >>> with open(path, 'rb') as file:
    ...     program = jax.export.deserialize(file.read())
    >>> program.in_avals[0].shape, program.call(jax.numpy.ones((3, 2)))[0].shape
    ((batch, 2), (3, 2))
    """
    pure = function if isinstance(function, PureFunction) else getattr(function, "pure", lambda: None)()
    if not isinstance(pure, PureFunction):
        raise TypeError(f"export(): a function made by K.function or kjax.pure is needed; got {shown(function)}")
    program = _program(pure, pure is function, shapes, pure.phase_of(learning_phase))
    if os.fspath(path).endswith(".onnx"):
        if program.state is not None:
            raise ValueError("export(): a file of ONNX has no state; export the K.function itself")
        onnx_files.write(program.name, program.call, program.inputs, program.dims, program.outputs, path)
    else:
        pathlib.Path(path).write_bytes(_serialized(program, platforms))


def _program(
    pure: PureFunction, with_state: bool, shapes: Sequence[Sequence[int | str]] | None, phase: Sequence[bool]
) -> Program:
    plan, function = pure.plan, pure.function
    if plan.updated and not with_state:
        raise ValueError(
            f"export(): {function!r} updates variables; kjax.export(kjax.pure(function), path) makes their values "
            "arguments and results"
        )
    inputs = list(plan.fed)
    dims = _dims(inputs, shapes)
    structs = _structs(inputs, dims)
    lowering = Lowering(pure, tuple(phase) or None, structs)
    if with_state:
        return Program(plan.name, lowering.program, inputs, dims, [], lowering.state)
    state = pure.get_state()

    def call(*values: Any) -> Any:
        return lowering.program(state, values)[0]

    call.__name__ = plan.name
    return Program(plan.name, call, inputs, dims, [t for t in plan.outputs if t is not None], None)


def _dims(inputs: Sequence[Tensor], shapes: Sequence[Sequence[int | str]] | None) -> list[Dims]:
    """The shapes of the inputs, with names for what is left open."""
    if shapes is not None:
        if len(shapes) != len(inputs):
            raise ValueError(f"export(): shapes must have {counted(len(inputs), 'shape')}; got {len(shapes)}")
        found = [tuple(shape) for shape in shapes]
        for tensor, dims in zip(inputs, found, strict=True):
            if not tensor.shape.is_compatible_with([d if isinstance(d, int) else None for d in dims]):
                raise ValueError(f"export(): {tensor.name} has shape {tensor.shape}, which {dims} does not fit")
        return found
    names = (f"dim_{i}" for i in itertools.count())
    found = []
    for tensor in inputs:
        if tensor.shape.rank is None:
            raise ValueError(f"export(): the rank of {tensor.name} is unknown; tell its shape by shapes=[...]")
        named = [("batch" if not i else next(names)) if dim is None else dim for i, dim in enumerate(tensor.shape)]
        found.append(tuple(named))
    return found


def _structs(inputs: Sequence[Tensor], dims: Sequence[Dims]) -> list[Any]:
    """The inputs as JAX describes arguments."""
    from jax import export as jax_export

    scope, struct = jax_export.SymbolicScope(), jax_to_compute().ShapeDtypeStruct
    made = []
    for tensor, shape in zip(inputs, dims, strict=True):
        known = jax_export.symbolic_shape(f"({', '.join(map(str, shape))},)" if shape else "()", scope=scope)
        made.append(struct(known, dtypes.to_numpy(tensor.dtype)))
    return made


def _serialized(program: Program, platforms: Sequence[str] | None) -> bytes:
    jax = jax_to_compute()
    from jax import export as jax_export

    structs = _structs(program.inputs, program.dims)
    arguments = structs if program.state is None else [program.state, structs]
    if importlib.util.find_spec("flatbuffers") is None:
        raise NotImplementedError('export() to a StableHLO program needs flatbuffers: pip install "kjax[export]"')
    with wide_types(jax), plainly():
        made = jax_export.export(jax.jit(program.call), platforms=platforms)(*arguments)
        return bytes(made.serialize())
