"""What XLA makes of a function: its program, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from kjax.core import dtypes
from kjax.core.pure import RUNS, PureFunction, State
from kjax.core.sharding import Placing
from kjax.core.tensor import Tensor
from kjax.machine import device_kinds
from kjax.machine.collectives import Collective, collectives_in
from kjax.machine.compiler import compiled
from kjax.machine.counts import Counts
from kjax.machine.errors import shown
from kjax.machine.forks import jax_to_compute
from kjax.machine.scopes import wide_types

if TYPE_CHECKING:
    from jax.stages import Lowered


class Cost(NamedTuple):
    """What one run of a compiled function costs on each device, as XLA estimates it; None where it does not say.

    What is in a loop counts as often as the loop runs, where XLA knows that.

    Attributes:
        flops: operations on floats.
        bytes_accessed: bytes that are read from memory and written to it.
        peak_memory: bytes that are in use at once, arguments and results included.
        collectives: the steps in which devices exchange data.
        devices: how many devices the program is for.
    """

    flops: float | None
    bytes_accessed: float | None
    peak_memory: int | None
    collectives: tuple[Collective, ...] = ()
    devices: int = 1

    @property
    def sent(self) -> float:
        """The bytes that each device sends to others, where these stand in rings."""
        return sum(device_kinds.sent(c.kind, c.bytes, c.devices or self.devices) for c in self.collectives)

    def seconds(self, kind: Any) -> Prediction:
        """The time of a run on a kind of devices, if each of their parts did what its maker says.

        A lower bound, which is good for comparisons: of meshes, batches, rules.

        Args:
            kind: `'A100'`, `'H100'`, `'H200'`, `'TPU v5e'`, `'TPU v5p'`; or a `kjax.DeviceKind`.

        Raises:
            ValueError: there is no such kind.

        >>> from kjax import backend as K
        >>> x = K.placeholder((1024, 1024))
        >>> K.function([x], [K.dot(x, x)]).cost().seconds('H100').compute
        4.338...e-06
        """
        if not isinstance(kind, device_kinds.DeviceKind):
            if kind not in device_kinds.KINDS:
                known = ", ".join(device_kinds.KINDS)
                raise ValueError(f"seconds(): a kjax.DeviceKind is needed, or one of {known}; got {shown(kind)}")
            kind = device_kinds.KINDS[kind]
        exchanged = sum(kind.exchange(c.kind, c.bytes, c.devices or self.devices) for c in self.collectives)
        return Prediction((self.flops or 0.0) / kind.flops, (self.bytes_accessed or 0.0) / kind.memory_rate, exchanged)


class Prediction(NamedTuple):
    """Seconds that a run takes at least.

    Attributes:
        compute: for operations on floats.
        memory: for reading and writing memory.
        communication: for the exchange between devices.
    """

    compute: float
    memory: float
    communication: float

    @property
    def total(self) -> float:
        """The longer of computing and memory, which go on together, and the communication."""
        return max(self.compute, self.memory) + self.communication


class Lowering:
    """A pure function for arguments of which only shapes and dtypes are known.

    Args:
        pure: the function.
        phase: the values of its static placeholders.
        feeds: shape and dtype of the values for the others.
        placing: where variables and feeds are, if on several devices.
    """

    def __init__(
        self, pure: PureFunction, phase: Sequence[Any] | None, feeds: Sequence[Any], placing: Placing | None = None
    ) -> None:
        self.pure, self.phase, self._placing = pure, phase, placing
        self.feeds = [*feeds] if placing is None else [placing.specification(feed) for feed in feeds]

    def program(self, state: State, inputs: Sequence[Any]) -> tuple[Any, State]:
        """Outputs and new state, as a function for JAX to trace."""
        outputs, new = self.pure.run(self.phase, state, inputs)
        if self._placing is not None:
            among = set(self.pure.plan.updated)
            updated = {name: v for name, v in self.pure.variables.items() if v in among}
            placed = self._placing.new([*updated.values()], [new[name] for name in updated])
            new = {**new, **dict(zip(updated, placed, strict=True))}
        return outputs, new

    @property
    def state(self) -> State:
        """Shape and dtype of what is in the state."""
        jax = jax_to_compute()
        struct, found = jax.ShapeDtypeStruct, {}
        for name, v in self.pure.variables.items():
            sharding = None if self._placing is None else self._placing.sharding_of(v)
            found[name] = struct(tuple(v.shape), dtypes.to_numpy(v.dtype), sharding=sharding)
        return {**found, RUNS: struct((), "uint32")} if self.pure.random else found

    def jaxpr(self) -> Any:
        """The program in JAX's own form."""
        jax = jax_to_compute()
        with wide_types(jax):
            return jax.make_jaxpr(self.program)(self.state, self.feeds)

    def lowered(self) -> Lowered:
        """The program for XLA, not compiled as yet."""
        jax, plan = jax_to_compute(), self.pure.plan

        def function(state: State, inputs: Sequence[Any]) -> tuple[Any, State]:
            return self.program(state, inputs)

        function.__name__ = plan.name
        with wide_types(jax), nullcontext() if self._placing is None else self._placing.over_its_mesh():
            jitted: Any = compiled(function, doubles=plan.doubles, anew=plan.anew)
            made: Lowered = jitted.lower(self.state, self.feeds)
        return made

    def cost(self) -> Cost:
        """What a run of the compiled program costs."""
        program: Any = self.lowered().compile()
        known, memory = program.cost_analysis() or {}, program.memory_analysis()
        counts = Counts(program.as_text() or "")
        flops, moved = known.get("flops"), known.get("bytes accessed")
        more_flops, more_moved = counts.in_loops()
        found = [c for line, runs in counts.lines() for c in collectives_in(line) * runs]
        return Cost(
            None if flops is None else flops + more_flops,
            None if moved is None else moved + more_moved,
            _peak(memory),
            tuple(found),
            1 if self._placing is None else self._placing.layout.mesh.size,
        )

    def collectives(self) -> list[Collective]:
        """The communication between devices in the compiled program."""
        return collectives_in(self.lowered().compile().as_text() or "")


def _peak(memory: Any) -> int | None:
    if memory is None:
        return None
    # (What XLA itself calls the peak lacks the temporary arrays on CPUs.)
    whole = memory.argument_size_in_bytes + memory.output_size_in_bytes + memory.temp_size_in_bytes
    return int(whole - memory.alias_size_in_bytes)


def specification(tensor: Tensor, value: Any) -> Any:
    """Shape and dtype of a value for an input; of the input itself, if there is none.

    Raises:
        ValueError: a dim of the input is unknown.
    """
    jax = jax_to_compute()
    if value is None:
        if tensor.shape.rank is None or not tensor.shape.is_fully_defined():
            raise ValueError(
                f"the shape of {tensor.name}, {tensor.shape}, is not fully known: give values for the inputs, or "
                "jax.ShapeDtypeStruct(shape, dtype)"
            )
        value = tensor
    return jax.ShapeDtypeStruct(tuple(value.shape), dtypes.to_numpy(tensor.dtype))
