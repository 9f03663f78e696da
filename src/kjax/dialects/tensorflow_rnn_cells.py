"""`tf.nn.rnn_cell` of TensorFlow 1: one step of a recurrent network, as a layer of inputs and state.

`V1_RNN_CELL` is the table. The cells are `tf.layers`, whose variables have the names that TensorFlow's have.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from kjax import backend as K
from kjax.core.dtypes import as_dtype
from kjax.core.structures import flatten, packed
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_graphs import variable_scope
from kjax.dialects.tensorflow_initial import constant_initializer
from kjax.dialects.tensorflow_v1_layer import ZEROS, Layer, activation_of, channels
from kjax.dialects.tensorflow_v1_nn import V1_NN

LSTMStateTuple = namedtuple("LSTMStateTuple", ["c", "h"])


def zeros_of(size: Any, batch_size: Any, dtype: Any) -> Any:
    """A state of zeros, by the sizes of its parts."""
    parts = []
    for part in flatten(size):
        dims = [int(dim) for dim in part] if isinstance(part, (list, tuple)) else [int(part)]
        shape = [batch_size, *dims]
        parts.append(ops.fill(shape if isinstance(batch_size, int) else K.stack(shape), 0, as_dtype(dtype)))
    return packed(size, parts)


class RNNCell(Layer):
    """A cell: `cell(inputs, state)` gives an output and a new state.

    A subclass has `state_size` and `output_size`, and `call(inputs, state)`.
    """

    def __init__(self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any) -> None:
        reuse = kwargs.pop("_reuse", None)
        super().__init__(trainable, name, dtype, _reuse=reuse, **kwargs)

    @property
    def state_size(self) -> Any:
        """The size of the state, or of its parts."""
        raise NotImplementedError("RNNCell.state_size: a cell of the program's own must say it")

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        raise NotImplementedError("RNNCell.output_size: a cell of the program's own must say it")

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros."""
        return zeros_of(self.state_size, batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        """The output, and the new state."""
        if scope is not None and self._scope is None:
            self._given = scope
        return super().__call__(inputs, state, *args, **kwargs)


class _Gated(RNNCell):
    """A cell whose gates are products with the inputs and the last output together."""

    def __init__(
        self, num_units: Any, activation: Any, reuse: Any, name: Any, dtype: Any, kwargs: dict[str, Any]
    ) -> None:
        super().__init__(name=name, dtype=dtype, _reuse=reuse, **kwargs)
        self._num_units, self._activation = int(num_units), activation_of("tanh" if activation is None else activation)

    @property
    def state_size(self) -> Any:
        """The size of the state."""
        return self._num_units

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return self._num_units

    def _pair(self, prefix: str, rows: int, columns: int, kernel: Any = None, bias: Any = ZEROS) -> tuple[Any, Any]:
        return (
            self.add_weight(f"{prefix}kernel", (rows, columns), initializer=kernel),
            self.add_weight(f"{prefix}bias", (columns,), initializer=bias),
        )


class BasicRNNCell(_Gated):
    """`tf.nn.rnn_cell.BasicRNNCell`: the output is the new state."""

    def __init__(
        self,
        num_units: Any,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, kwargs)

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        self._both = self._pair("", channels(input_shape, -1, self) + self._num_units, self._num_units)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """The output, and the new state."""
        kernel, bias = self._both
        output = self._activation(K.dot(K.concatenate([inputs, state], 1), kernel) + bias)
        return output, output


class GRUCell(_Gated):
    """`tf.nn.rnn_cell.GRUCell`: gated recurrent units, reset before the product."""

    def __init__(
        self,
        num_units: Any,
        activation: Any = None,
        reuse: Any = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, kwargs)
        self._initializers = kernel_initializer, bias_initializer

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        rows, (kernel, bias) = channels(input_shape, -1, self) + self._num_units, self._initializers
        ones = constant_initializer(1.0) if bias is None else bias
        self._gates = self._pair("gates/", rows, 2 * self._num_units, kernel, ones)
        self._candidate = self._pair("candidate/", rows, self._num_units, kernel, ZEROS if bias is None else bias)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """The output, and the new state."""
        gates = K.sigmoid(K.dot(K.concatenate([inputs, state], 1), self._gates[0]) + self._gates[1])
        reset, update = gates[:, : self._num_units], gates[:, self._num_units :]
        product = K.dot(K.concatenate([inputs, reset * state], 1), self._candidate[0]) + self._candidate[1]
        output = update * state + (1 - update) * self._activation(product)
        return output, output


class LSTMCell(_Gated):
    """`tf.nn.rnn_cell.LSTMCell`: long short-term memory, with peepholes and a projection if they are wanted."""

    def __init__(
        self,
        num_units: Any,
        use_peepholes: bool = False,
        cell_clip: Any = None,
        initializer: Any = None,
        num_proj: Any = None,
        proj_clip: Any = None,
        num_unit_shards: Any = None,
        num_proj_shards: Any = None,
        forget_bias: Any = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, kwargs)
        self._peepholes, self._initializer, self._num_proj = bool(use_peepholes), initializer, num_proj
        self._cell_clip, self._proj_clip = cell_clip, proj_clip
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple

    @property
    def output_size(self) -> Any:
        """The size of the output."""
        return int(self._num_proj or self._num_units)

    @property
    def state_size(self) -> Any:
        """The sizes of the two parts of the state, or their sum."""
        sizes = LSTMStateTuple(self._num_units, self.output_size)
        return sizes if self._state_is_tuple else sum(sizes)

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        units = self._num_units
        rows = channels(input_shape, -1, self) + self.output_size
        self._both = self._pair("", rows, 4 * units, self._initializer)
        if self._peepholes:
            names = ("w_f_diag", "w_i_diag", "w_o_diag")
            self._diagonals = [self.add_weight(name, (units,), initializer=self._initializer) for name in names]
        if self._num_proj:
            shape = (units, self.output_size)
            self._projection = self.add_weight("projection/kernel", shape, initializer=self._initializer)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """The output, and the new state."""
        units, (kernel, bias) = self._num_units, self._both
        memory, last = state if self._state_is_tuple else (state[:, :units], state[:, units:])
        gates = K.dot(K.concatenate([inputs, last], 1), kernel) + bias
        enter, new, forget, leave = (gates[:, i * units : (i + 1) * units] for i in range(4))
        forget = forget + self._forget_bias
        if self._peepholes:
            forget, enter = forget + self._diagonals[0] * memory, enter + self._diagonals[1] * memory
        memory = K.sigmoid(forget) * memory + K.sigmoid(enter) * self._activation(new)
        if self._cell_clip is not None:
            memory = K.clip(memory, -self._cell_clip, self._cell_clip)
        if self._peepholes:
            leave = leave + self._diagonals[2] * memory
        output = K.sigmoid(leave) * self._activation(memory)
        if self._num_proj:
            output = K.dot(output, self._projection)
            if self._proj_clip is not None:
                output = K.clip(output, -self._proj_clip, self._proj_clip)
        state = LSTMStateTuple(memory, output) if self._state_is_tuple else K.concatenate([memory, output], 1)
        return output, state


class BasicLSTMCell(LSTMCell):
    """`tf.nn.rnn_cell.BasicLSTMCell`: long short-term memory, without options."""

    def __init__(
        self,
        num_units: Any,
        forget_bias: Any = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: Any = None,
        name: Any = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            num_units,
            forget_bias=forget_bias,
            state_is_tuple=state_is_tuple,
            activation=activation,
            reuse=reuse,
            name=name,
            dtype=dtype,
            **kwargs,
        )


class MultiRNNCell(RNNCell):
    """`tf.nn.rnn_cell.MultiRNNCell`: cells one after the other."""

    def __init__(self, cells: Any, state_is_tuple: bool = True) -> None:
        super().__init__()
        if not isinstance(cells, (list, tuple)) or not cells:
            raise ValueError(f"tf.nn.rnn_cell.MultiRNNCell(): a list of cells is needed; got {cells!r}")
        if not state_is_tuple:
            raise NotImplementedError("tf.nn.rnn_cell.MultiRNNCell(): kjax has its state as a tuple alone")
        self._cells = list(cells)

    @property
    def state_size(self) -> Any:
        """The sizes of the states of the cells."""
        return tuple(cell.state_size for cell in self._cells)

    @property
    def output_size(self) -> Any:
        """The size of the output of the last cell."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """A state of zeros of each cell."""
        return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)

    def call(self, inputs: Any, state: Any) -> Any:  # type: ignore[override]
        """The output, and the new states."""
        states = []
        for i, (cell, own) in enumerate(zip(self._cells, state, strict=True)):
            with variable_scope(f"cell_{i}"):
                inputs, new = cell(inputs, own)
            states.append(new)
        return inputs, tuple(states)


class _Wrapper(RNNCell):
    """A cell with something done before or after it; its variables are those of the cell."""

    def __init__(self, cell: Any) -> None:
        super().__init__()
        self._cell = cell

    @property
    def state_size(self) -> Any:
        """That of the cell."""
        return self._cell.state_size

    @property
    def output_size(self) -> Any:
        """That of the cell."""
        return self._cell.output_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """That of the cell."""
        return self._cell.zero_state(batch_size, dtype)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        """The output, and the new state."""
        return self._cell(inputs, state, scope)


class DropoutWrapper(_Wrapper):
    """`tf.nn.rnn_cell.DropoutWrapper`: a cell with dropout of inputs, outputs and states."""

    def __init__(
        self,
        cell: Any,
        input_keep_prob: Any = 1.0,
        output_keep_prob: Any = 1.0,
        state_keep_prob: Any = 1.0,
        variational_recurrent: bool = False,
        input_size: Any = None,
        dtype: Any = None,
        seed: Any = None,
        dropout_state_filter_visitor: Any = None,
    ) -> None:
        super().__init__(cell)
        if variational_recurrent:
            raise NotImplementedError("tf.nn.rnn_cell.DropoutWrapper(): kjax draws anew at each step")
        self._kept = input_keep_prob, output_keep_prob, state_keep_prob
        self._seed = seed

    def _dropped(self, x: Any, keep_prob: Any) -> Any:
        if isinstance(keep_prob, (int, float)) and keep_prob >= 1:
            return x
        return V1_NN["dropout"](x, rate=1 - keep_prob, seed=self._seed)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        """The output, and the new state."""
        into, out, within = self._kept
        output, new = self._cell(self._dropped(inputs, into), state, scope)
        if isinstance(new, LSTMStateTuple):  # the memory itself is left alone
            new = LSTMStateTuple(new.c, self._dropped(new.h, within))
        else:
            new = packed(new, [self._dropped(part, within) for part in flatten(new)])
        return self._dropped(output, out), new


class ResidualWrapper(_Wrapper):
    """`tf.nn.rnn_cell.ResidualWrapper`: a cell whose inputs are added to its outputs."""

    def __init__(self, cell: Any, residual_fn: Any = None) -> None:
        super().__init__(cell)
        self._residual = residual_fn or (lambda inputs, outputs: inputs + outputs)

    def __call__(self, inputs: Any, state: Any, scope: Any = None, *args: Any, **kwargs: Any) -> Any:
        """The output, and the new state."""
        output, new = self._cell(inputs, state, scope)
        return self._residual(inputs, output), new


class DeviceWrapper(_Wrapper):
    """`tf.nn.rnn_cell.DeviceWrapper`: the cell; the compiler chooses the device."""

    def __init__(self, cell: Any, device: Any) -> None:
        super().__init__(cell)


V1_RNN_CELL: Table = {
    cls.__name__: cls
    for cls in (
        BasicLSTMCell, BasicRNNCell, DeviceWrapper, DropoutWrapper, GRUCell, LSTMCell, LSTMStateTuple, MultiRNNCell,
        RNNCell, ResidualWrapper,
    )
}  # fmt: skip

give_names({"tensorflow.compat.v1.nn.rnn_cell": V1_RNN_CELL}, __name__)
