"""`tf.nn.dynamic_rnn` and its kin of TensorFlow 1: a cell along the steps of sequences, by `K.rnn`."""

from __future__ import annotations

from typing import Any

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.core.structures import flatten, packed
from kjax.dialects.tensorflow_arrays import ARRAYS
from kjax.dialects.tensorflow_arrays import TF as OF_TF
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_graphs import AUTO_REUSE, variable_scope


def _first_state(cell: Any, inputs: Any, initial: Any, dtype: Any, where: str) -> Any:
    if initial is not None:
        return initial
    if dtype is None:
        raise ValueError(f"tf.nn.{where}(): give initial_state or dtype")
    batch = inputs.shape[0] if inputs.shape[0] is not None else K.shape(inputs)[0]
    return cell.zero_state(batch, dtype)


def _dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: Any = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> Any:
    inputs = as_tensor(inputs)
    if (inputs.shape.rank or 0) < 3:
        raise ValueError(f"tf.nn.dynamic_rnn(): inputs must be of rank 3 or more; got shape {inputs.shape}")
    if time_major:
        inputs = K.permute_dimensions(inputs, (1, 0, *range(2, inputs.shape.rank)))
    with variable_scope(scope, "rnn") as entered:
        state = _first_state(cell, inputs, initial_state, dtype, "dynamic_rnn")
        cell(inputs[:, 0], state)  # makes the variables, outside of the loop

        def step(x: Any, states: Any) -> Any:
            with variable_scope(entered, reuse=AUTO_REUSE):
                output, new = cell(x, packed(state, list(states)))
            return output, flatten(new)

        mask = None
        if sequence_length is not None:
            steps = inputs.shape[1] if inputs.shape[1] is not None else K.shape(inputs)[1]
            mask = ARRAYS["sequence_mask"](as_tensor(sequence_length), steps)
        _, outputs, last = K.rnn(step, inputs, flatten(state), mask=mask, zero_output_for_mask=mask is not None)
    if time_major:
        outputs = K.permute_dimensions(outputs, (1, 0, *range(2, outputs.shape.rank)))
    return outputs, packed(state, list(last))


def _bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: Any = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> Any:
    inputs = as_tensor(inputs)

    def reversed_in_time(x: Any) -> Any:
        axes = (0, 1) if time_major else (1, 0)
        if sequence_length is None:
            return K.reverse(x, axes[0])
        return OF_TF["reverse_sequence"](x, sequence_length, *axes)

    with variable_scope(scope, "bidirectional_rnn"):
        forward, state_fw = _dynamic_rnn(
            cell_fw, inputs, sequence_length, initial_state_fw, dtype, time_major=time_major, scope="fw"
        )
        backward, state_bw = _dynamic_rnn(
            cell_bw,
            reversed_in_time(inputs),
            sequence_length,
            initial_state_bw,
            dtype,
            time_major=time_major,
            scope="bw",
        )
    return (forward, reversed_in_time(backward)), (state_fw, state_bw)


def _static_rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> Any:
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError(f"tf.nn.static_rnn(): inputs must be a list of tensors, one a step; got {inputs!r}")
    stacked = K.stack([as_tensor(x) for x in inputs], 1)
    outputs, state = _dynamic_rnn(cell, stacked, sequence_length, initial_state, dtype, scope=scope)
    return [outputs[:, i] for i in range(len(inputs))], state


def _static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> Any:
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError(f"tf.nn.static_bidirectional_rnn(): inputs must be a list of tensors; got {inputs!r}")
    stacked = K.stack([as_tensor(x) for x in inputs], 1)
    both, (state_fw, state_bw) = _bidirectional_dynamic_rnn(
        cell_fw, cell_bw, stacked, sequence_length, initial_state_fw, initial_state_bw, dtype, scope=scope
    )
    joined = K.concatenate(list(both), -1)
    return [joined[:, i] for i in range(len(inputs))], state_fw, state_bw


V1_NN: Table = {
    "bidirectional_dynamic_rnn": _bidirectional_dynamic_rnn,
    "dynamic_rnn": _dynamic_rnn,
    "static_bidirectional_rnn": _static_bidirectional_rnn,
    "static_rnn": _static_rnn,
}

give_names({"tensorflow.compat.v1.nn": V1_NN}, __name__)
