"""Recurrence: a step function, iterated over time."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from kjax import shapes
from kjax.core import dtypes
from kjax.core.foreign import public_with_callbacks
from kjax.core.graph import MODE, holds_symbolic, now, tensors_in
from kjax.core.op import op
from kjax.core.operands import Array, Condition, MaybeArray, MaybeArrays, as_tensor
from kjax.core.shape import Shape
from kjax.core.structures import flatten, form_of, packed
from kjax.core.tensor import Tensor
from kjax.loops.loop import Extra, grown, looped
from kjax.loops.subgraph import parameter
from kjax.loops.traced import is_traced, scanned
from kjax.machine.plurals import counted
from kjax.ops.comparison import greater, less
from kjax.ops.elementwise import add, cast, subtract
from kjax.ops.indexing import getitem
from kjax.ops.reduction import max as greatest
from kjax.ops.shaping import stack

if TYPE_CHECKING:
    from kjax.core.types import Result, Shaped

_WHERE = "rnn()"


@overload
def rnn(
    step_function: "Callable[[Tensor, Any], tuple[Result, Sequence[Any]]]",
    inputs: "Shaped",
    initial_states: "Sequence[Any]",
    go_backwards: bool = False,
    mask: MaybeArray = None,
    constants: MaybeArrays = None,
    unroll: bool = False,
    input_length: MaybeArray = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
) -> "tuple[Result, Result, Sequence[Tensor]]": ...
@overload
def rnn(
    step_function: Callable[..., Any],
    inputs: "Sequence[Any] | Mapping[Any, Any]",
    initial_states: "Sequence[Any]",
    go_backwards: bool = False,
    mask: MaybeArray = None,
    constants: MaybeArrays = None,
    unroll: bool = False,
    input_length: MaybeArray = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
) -> tuple[Any, Any, Sequence[Any]]: ...
@public_with_callbacks
def rnn(
    step_function: Callable[..., Any],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: MaybeArray = None,
    constants: MaybeArrays = None,
    unroll: bool = False,
    input_length: MaybeArray = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
) -> tuple[Any, Any, Any]:
    """Iterate a step function over the time steps of a sequence.

    Args:
        step_function: `step_function(inputs, states) -> (output, new states)`. It gets the inputs of one time step, in
            the structure of `inputs`, and a tuple of the states followed by the constants. It returns a tensor with the
            batch as its first dim (or a structure: lists, tuples, dicts), and new states of the same shapes.
        inputs: a tensor of shape (batch, time, ...), of rank 3 at least; or a structure of them.
        initial_states: the states before the first step: a list of tensors of any shape (or of structures of them).
            A step may broadcast a state to a larger shape.
        go_backwards: whether to begin at the end; the outputs come in the order in which they were computed.
        mask: a tensor of shape (batch, time), or (batch, time, ...), which must broadcast to outputs and states. Where
            it is 0, the output of the previous step is repeated (zeros at first), and the states stay.
        constants: a list of further arguments for each step, which are appended to the states.
        unroll: whether to call the step function for each time step, rather than once.
        input_length: an integer tensor of shape (batch,), the number of steps of each sequence. It takes the place of a
            missing mask, unless `unroll` is on. Any other value, such as an int, is ignored.
        time_major: whether inputs, mask and outputs are of shape (time, batch, ...).
        zero_output_for_mask: whether the output is zero where the mask is, rather than the previous output.

    Returns:
        A tuple `(last output, outputs, states)`: the output of the last step; the outputs of all steps, of shape
        (batch, time, ...); the states after the last step, as a tuple (unrolled and without mask, as the step returned
        them). If the learning phase is used inside, the attribute `_uses_learning_phase` of all of them is True.

    Raises:
        TypeError: the step function returns no pair, or a state changes its dtype.
        ValueError: inputs of rank 2 or less, of different lengths or without any time step; a state that changes its
            shape, or another number of them; unrolling where the number of steps is not known.
        NotImplementedError: a variable is updated inside, on symbolic tensors.

    Source: `tf.keras.backend.rnn`, TF 2.2. On values each step is computed at once. Otherwise the function is called
    once (again only if a state broadcasts), and its nodes are compiled as one loop, in which random functions draw
    anew at each step. (As everywhere, an operation on values alone is computed when it is called. In graph mode it is
    not: there a variable is read, or `K.random_normal((2, 3))` drawn, at each step.) As there, unrolled and backwards
    `zero_output_for_mask` reads the mask forwards for all outputs but the last. Differs: masks are also arrays.

    >>> from kjax import backend as K
    >>> def add_up(x, states):
    ...     total = states[0] + x
    ...     return total, [total]
    >>> last, totals, states = rnn(add_up, K.constant([[[1.], [2.], [3.]]]), [K.zeros((1, 1))])
    >>> K.get_value(totals).ravel().tolist(), K.get_value(last).item(), len(states)
    ([1.0, 3.0, 6.0], 6.0, 1)
    """
    if isinstance(initial_states, Tensor):
        raise TypeError(f"{_WHERE}: initial_states must be a list of tensors; got {initial_states!r}")
    recurrence = _Recurrence(step_function, inputs, tuple(initial_states), tuple(constants or ()), bool(time_major))
    recurrence.backwards, recurrence.zero = bool(go_backwards), bool(zero_output_for_mask)
    if mask is not None:
        recurrence.mask = _mask(mask)
    elif isinstance(input_length, Tensor) and not unroll:
        recurrence.set_length(input_length)
    if unroll:
        if not recurrence.steps:
            shape = recurrence.sequences[0].shape
            raise ValueError(f"{_WHERE}: unroll=True needs a known number of time steps; got inputs of shape {shape}")
        return recurrence.one_by_one(recurrence.steps, unroll=True)
    if recurrence.steps == 0:
        raise ValueError(
            f"{_WHERE}: inputs must have at least one time step; got shape {recurrence.sequences[0].shape}"
        )
    if not MODE.get().graph and not recurrence.symbolic:
        if recurrence.traced:
            return recurrence.scan()
        results = recurrence.one_by_one(recurrence.steps)
        if results is not None:
            return results
    return recurrence.loop()


def _mask(mask: Any) -> Tensor:
    mask = as_tensor(mask, where=f"{_WHERE}: mask")
    if mask.shape.rank is not None and len(mask.shape) < 2:
        raise ValueError(f"{_WHERE}: mask must be of shape (batch, time) at least; got {mask.shape}")
    return mask if mask.dtype.is_bool else cast(mask, "bool")


class _Recurrence:
    """The step function with its inputs and states, and the two ways to iterate it."""

    backwards = zero = False
    mask: Tensor | None = None
    length: Tensor | None = None

    def __init__(
        self, function: Any, inputs: Any, initial: tuple[Any, ...], constants: tuple[Any, ...], time_major: bool
    ) -> None:
        self.function, self.inputs, self.structure, self.constants = function, inputs, initial, constants
        self.axis = 0 if time_major else 1
        self.sequences = [as_tensor(x, where=f"{_WHERE}: inputs") for x in flatten(inputs)]
        self.initial = [as_tensor(x, where=f"{_WHERE}: initial_states") for x in flatten(initial)]
        if not self.sequences:
            raise ValueError(f"{_WHERE}: inputs is empty")
        self.steps: Any = None
        for x in self.sequences:
            if x.shape.rank is not None:
                if len(x.shape) < 3:
                    raise ValueError(f"{_WHERE}: inputs need at least rank 3; got shape {x.shape}")
                self.steps = shapes.merge_dim(_WHERE, self.steps, x.shape[self.axis], "inputs differ in time steps")
        first = self.sequences[0].shape
        self.batch = None if first.rank is None else first[1 - self.axis]

    @property
    def symbolic(self) -> bool:
        """Whether an input, state, constant or mask is symbolic."""
        parts = [self.sequences, self.initial, list(self.constants), [self.mask, self.length]]
        return holds_symbolic(parts)

    @property
    def traced(self) -> bool:
        """Whether JAX traces inputs, states, lengths or mask for the program."""
        return is_traced([*self.sequences, *self.initial, *tensors_in([self.mask, self.length])])

    # ------------------------------------------------------------------------------------------------------- one step

    def call(self, slices: list[Any], states: list[Any]) -> tuple[Any, list[Tensor], Any, list[Tensor]]:
        """Call the step function; return output and states as it returned them, and each as a list of tensors."""
        returned = self.function(packed(self.inputs, slices), (*packed(self.structure, states), *self.constants))
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            raise TypeError(f"{_WHERE}: step_function must return a pair (output, new states); got {returned!r}")
        output, after = returned
        outputs = [as_tensor(x, where=f"{_WHERE}: the output of step_function") for x in flatten(output)]
        changed = flatten(after)
        if len(changed) != len(states):
            wanted = counted(len(states), "state")
            raise ValueError(f"{_WHERE}: step_function must return {wanted}, as many as it got; got {len(changed)}")
        new = [as_tensor(x, s.dtype, f"{_WHERE}: a new state") for x, s in zip(changed, states, strict=True)]
        for x, state in zip(new, states, strict=True):
            if x.dtype != state.dtype:
                raise TypeError(
                    f"{_WHERE}: step_function must keep the dtype of a state, {state.dtype}; got {x.dtype}. "
                    "Convert one of them with K.cast"
                )
        return output, outputs, after, new

    def masked(self, mask: Any, new: list[Tensor], old: list[Tensor]) -> list[Tensor]:
        """The new tensors where the mask is not 0, elsewhere the old ones."""
        return [_where_masked(mask, n, o) for n, o in zip(new, old, strict=True)]

    def set_length(self, length: Tensor) -> None:
        """Set the number of steps of each sequence. Backwards, time is counted from the end of the longest one."""
        self.length = subtract(subtract(greatest(length, axis=0), 1), length) if self.backwards else length

    def mask_at(self, time: Any) -> Tensor:
        """The sequences for which step number `time` is within their length."""
        return less(self.length, time) if self.backwards else greater(self.length, time)

    # ------------------------------------------------------------------------------------------------ all of the steps

    def one_by_one(self, steps: int, unroll: bool = False) -> Any:
        """Call the step function for each time step. Unless unrolled, None if it returns symbolic tensors."""
        if self.mask is not None and self.mask.shape.rank is not None:
            shapes.merge_dim(_WHERE, steps, self.mask.shape[self.axis], "inputs and mask differ in time steps")
        states, before = self.initial, (slice(None),) * self.axis
        collected: list[list[Tensor]] = []
        output: Any = None
        after: Any = None
        # TensorFlow zeroes outputs of unrolled steps in the end, at the places of the mask, which it reads forwards.
        in_the_end = unroll and self.backwards and self.zero and self.mask is not None
        for t in reversed(range(steps)) if self.backwards else range(steps):
            output, outputs, after, new = self.call([getitem(x, (*before, t)) for x in self.sequences], states)
            if not unroll and any(x.is_symbolic for x in (*outputs, *new)):
                return None
            if not unroll:
                for state, changed in zip(states, new, strict=True):
                    grown(_WHERE, state.shape, changed.shape)
            mask = None
            if self.mask is not None:
                mask = getitem(self.mask, (*before, t))
            elif self.length is not None:
                mask = self.mask_at(len(collected))
            if mask is not None:
                zeros = not collected or (self.zero and not in_the_end)
                old = list(map(_zero, outputs)) if zeros else collected[-1]
                outputs, new = self.masked(mask, outputs, old), self.masked(mask, new, states)
            states = new
            collected.append(outputs)
        last = collected[-1]
        if in_the_end:
            last = self.masked(mask, last, list(map(_zero, last)))
            masks = [getitem(self.mask, (*before, t)) for t in range(steps)]
            collected = [self.masked(m, o, list(map(_zero, o))) for m, o in zip(masks, collected, strict=True)]
        flat = [stack(list(column), self._time_of(column[0])) for column in zip(*collected, strict=True)]
        final = after if unroll and self.mask is None else packed(self.structure, states)
        return packed(output, last), packed(output, flat), final

    def _time_of(self, result: Tensor) -> int:
        if result.shape.rank == 0:
            raise ValueError(
                f"{_WHERE}: the output of step_function must have the batch as its first dim; got a scalar"
            )
        return self.axis

    def loop(self) -> tuple[Any, Any, Any]:
        """Call the step function once, on placeholders, and build one loop of its nodes."""
        sequences = [*self.sequences, *([] if self.mask is None else [self.mask])]
        count, output = len(self.sequences), None

        def build(slices: list[Tensor], states: list[Tensor]) -> tuple[list[Tensor], list[Tensor], list[Extra]]:
            nonlocal output
            output, outputs, _, new = self.call(slices[:count], states)
            further: list[Extra] = []
            if self.mask is not None:
                mask = slices[-1]
            elif self.length is not None:
                time = parameter(Shape(), self.length.dtype, "time")
                further.append((_zero(time), time, add(time, 1)))
                mask = self.mask_at(time)
            else:
                return outputs, new, further
            old = list(map(_zero, outputs))
            if not self.zero:
                shape = [_masked_shape(_WHERE, mask, x, zero) for x, zero in zip(outputs, old, strict=True)]
                before = [parameter(s, x.dtype, "before") for s, x in zip(shape, outputs, strict=True)]
                outputs = self.masked(mask, outputs, before)
                further += zip(old, before, outputs, strict=True)
            else:
                outputs = self.masked(mask, outputs, old)
            return outputs, self.masked(mask, new, states), further

        start = now()
        results, states, body = looped(_WHERE, build, sequences, self.initial, start, self.axis, self.backwards)
        for result in results:
            self._set_batch(result)
        last = [getitem(result, (*(slice(None),) * self.axis, -1)) for result in results]
        if body.uses_learning_phase:
            for tensor in (*last, *results, *states):
                tensor._uses_learning_phase = True
        return packed(output, last), packed(output, results), packed(self.structure, states)

    def scan(self) -> Any:
        """Call the step function for one time step of all, which JAX traces."""
        structures: Any = None
        kept = len(self.initial)
        sequences = [*self.sequences, *([] if self.mask is None else [self.mask])]

        def step(slices: list[Tensor], states: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
            nonlocal structures
            own, (time, *before) = states[:kept], states[kept:]
            output, outputs, _, new = self.call(slices[: len(self.sequences)], own)
            structures = form_of(output)  # (what JAX traces in a step must not outlive it)
            if self.mask is not None or self.length is not None:
                mask = self.mask_at(time) if self.mask is None else slices[-1]
                old = [*map(_zero, outputs)] if self.zero or not before else before
                outputs, new = self.masked(mask, outputs, old), self.masked(mask, new, own)
            return outputs, [*new, add(time, 1), *(outputs if before else [])]

        initial = [*self.initial, Tensor(np.zeros((), np.int32))]
        if (self.mask is not None or self.length is not None) and not self.zero:
            outputs = self.call([getitem(x, (*(slice(None),) * self.axis, 0)) for x in self.sequences], self.initial)[1]
            initial += map(_zero, outputs)
        results, states = scanned(_WHERE, step, sequences, initial, self.axis, self.backwards)
        last = [getitem(result, (*(slice(None),) * self.axis, -1)) for result in results]
        return packed(structures, last), packed(structures, results), packed(self.structure, states[:kept])

    def _set_batch(self, result: Tensor) -> None:
        rank = result.shape.rank
        if rank is None:
            return
        if rank < 2:
            raise ValueError(
                f"{_WHERE}: the output of step_function must have the batch as its first dim; got a scalar"
            )
        dims: list[Any] = [None] * rank
        dims[1 - self.axis] = self.batch
        try:
            result.set_shape(dims)
        except ValueError:
            raise ValueError(
                f"{_WHERE}: step_function must return outputs of the batch size of inputs, {self.batch}; "
                f"got outputs of shape {result.shape}"
            ) from None


# -------------------------------------------------------------------------------------------------------------- masking


def _zero(like: Tensor) -> Tensor:
    return Tensor(np.zeros((), dtypes.to_numpy(like.dtype)))


def _fitting(mask: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    """The shape in which a mask broadcasts to a tensor of rank `rank`: dims of 1 are appended or removed.

    A scalar tensor takes the shape of the mask.
    """
    if len(mask) == 1:
        mask = (*mask, 1)
    if rank >= len(mask) or not rank:
        return (*mask, *(1,) * (rank - len(mask)))
    if any(dim not in (1, None) for dim in mask[rank:]):
        raise ValueError(
            f"{_WHERE}: mask, of shape {mask} at each step, does not broadcast to an output or state of rank {rank}"
        )
    return mask[:rank]


def _masked_shape(where: str, mask: Tensor, new: Tensor, old: Tensor) -> Shape:
    if mask.shape.rank is None or new.shape.rank is None:
        return shapes.UNKNOWN
    return shapes.broadcast(where, Shape(_fitting(mask.shape, len(new.shape))), new.shape, old.shape)


@op(name="rnn", shape=_masked_shape, label="SelectV2")
def _where_masked(xp, mask: Condition, new: Array, old: Array):
    return xp.where(mask.reshape(_fitting(mask.shape, new.ndim)), new, old)
