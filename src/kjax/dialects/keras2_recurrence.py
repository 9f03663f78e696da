"""`K.rnn` with the arguments it has in Keras 2.3.1, where `input_length` ends a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.core.structures import flatten, packed, unfolded
from kjax.core.tensor import Tensor

__all__ = ["rnn"]


def rnn(
    step_function: Callable[..., Any],
    inputs: Any,
    initial_states: Any,
    go_backwards: bool = False,
    mask: Any = None,
    constants: Any = None,
    unroll: bool = False,
    input_length: Any = None,
) -> tuple[Any, Any, Any]:
    """A loop over the time steps of sequences.

    Args:
        step_function: `step_function(input, states)` gives the output of a step and a list of new states.
        inputs: a tensor `(samples, time, ...)`, or several in a structure.
        initial_states: a list of tensors `(samples, ...)`.
        go_backwards: whether the steps are taken from the last to the first.
        mask: a tensor `(samples, time)`; where it is 0, output and states stay what they were.
        constants: tensors that each step gets behind the states.
        unroll: whether the steps are written out.
        input_length: after how many steps a loop that is not unrolled ends, an int; None is after all. What would come
            then is zeros, and so is the last output.

    Returns:
        As `kjax.backend.rnn`.

    Raises:
        As `kjax.backend.rnn`.

    Source: `keras.backend.rnn`, Keras 2.3.1.

    >>> x, start = K.constant([[[1.], [2.], [3.]]]), K.zeros((1, 1))
    >>> last, sums, _ = rnn(lambda x, states: (states[0] + x, [states[0] + x]), x, [start], input_length=2)
    >>> K.eval(sums).ravel().tolist(), K.eval(last).ravel().tolist()
    ([1.0, 3.0, 0.0], [0.0])
    """
    options = {"constants": constants, "unroll": unroll}
    inputs = unfolded(inputs)
    whole = [as_tensor(part) for part in flatten(inputs)]
    steps = whole[0].shape[1] if (whole[0].shape.rank or 0) > 1 else None
    if unroll or not isinstance(input_length, int) or (steps is not None and input_length >= steps):
        return K.rnn(step_function, inputs, initial_states, go_backwards, mask, **options)
    if go_backwards:
        whole = [K.reverse(part, 1) for part in whole]
        mask = None if mask is None else K.reverse(mask, 1)
    taken = packed(inputs, [part[:, :input_length] for part in whole])
    mask = None if mask is None else as_tensor(mask)[:, :input_length]
    last, outputs, states = K.rnn(step_function, taken, initial_states, mask=mask, **options)
    lengthened = [_lengthened(part, whole[0]) for part in flatten(outputs)]
    return packed(last, [part[:, -1] for part in lengthened]), packed(outputs, lengthened), states


def _lengthened(output: Tensor, x: Tensor) -> Any:
    """The output of a loop that ended early: zeros for the steps of `x` to which it did not come."""
    count, done, *rest = (K.shape(output)[i] for i in range(len(output.shape)))
    zeros = K.zeros((count, K.shape(x)[1] - done, *rest), output.dtype)
    whole = K.concatenate([output, zeros], 1)
    whole.set_shape((output.shape[0], x.shape[1], *output.shape[2:]))
    return whole
