"""`tf.TensorArray`: a list of tensors of one shape, which loops read and write."""

from __future__ import annotations

import copy
from typing import Any

from kjax import backend as K
from kjax.core import foreign
from kjax.core.dtypes import as_dtype
from kjax.core.shape import Shape, as_shape
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_errors import OutOfRangeError
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.machine.checks import is_tracer
from kjax.ops import scattering


class TensorArray:
    """Tensors of one dtype, as a rule of one shape, by their positions.

    At known positions it is a list of tensors. At positions that are only known at run time it is one tensor, the
    buffer, whose rows they are. A buffer of a fixed size can be part of a compiled function; with one that grows, the
    function runs operation by operation.

    What comes in decides what comes out: where arrays of JAX are written, and no tensor, arrays are read.

    Args:
        dtype: of the tensors.
        size: how many there are.
        dynamic_size: whether there may be more.
        element_shape: their shape, if it is known.
        infer_shape: whether all have one shape.
        clear_after_read, tensor_array_name, handle, flow, colocate_with_first_write_call, name: ignored.

    Source: `tf.TensorArray`, TF 2.2. Differs: a tensor may be read more than once.

    >>> array = TensorArray('float32', size=2)
    >>> array = array.write(0, [1., 2.]).write(1, [3., 4.])
    >>> array.stack().numpy().tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: Any = None,
        clear_after_read: Any = None,
        tensor_array_name: Any = None,
        handle: Any = None,
        flow: Any = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: Any = None,
    ) -> None:
        self.dtype = as_dtype(dtype, "tf.TensorArray(): dtype")
        self.dynamic_size = bool(dynamic_size)
        self._size = _number(0 if size is None else size)
        self._infer = bool(infer_shape)
        self._shape = Shape.UNKNOWN if element_shape is None else as_shape(element_shape, "tf.TensorArray()")
        self._rows: dict[int, Tensor] = {}
        self._buffer: Tensor | None = None
        self.like: Tensor | None = None  # a tensor of the shape of the elements
        self._arrays = self._tensors = False  # whether arrays of JAX were written, and whether tensors

    def with_buffer(self, buffer: Tensor) -> TensorArray:
        """The array with other contents, as the state of a loop has it."""
        made = copy.copy(self)
        made._shape, made._buffer, made._rows = Shape(buffer.shape[1:]), buffer, {}
        if self.dynamic_size:
            made._size = K.shape(buffer)[0] if buffer.shape[0] is None else buffer.shape[0]
        return made

    def __copy__(self) -> TensorArray:
        made = TensorArray.__new__(TensorArray)
        vars(made).update(vars(self), _rows=dict(self._rows))
        return made

    @property
    def element_shape(self) -> Shape:
        """The static shape of the tensors."""
        return self._shape

    @property
    def tensors(self) -> list[Tensor]:
        """What it holds."""
        return [*self._rows.values()] if self._buffer is None else [self._buffer]

    def learn_from(self, other: TensorArray) -> None:
        """Know what a first step of a loop has told by what it wrote: the shape, and whether tensors are read."""
        self.like, self._arrays, self._tensors = other.like, other._arrays, other._tensors

    def _taken(self, value: Any, dtype: Any = None) -> Tensor:
        """What is written, as a tensor."""
        self._arrays = self._arrays or foreign.first_kind([value]) is foreign.ARRAYS
        self._tensors = self._tensors or foreign.holds_tensor(value)
        return convert_to_tensor(value, None if isinstance(value, Tensor) else dtype)

    def _given(self, tensor: Tensor) -> Any:
        """What is read, as what was written."""
        return foreign.plain(tensor) if self._arrays and not self._tensors else tensor

    # ------------------------------------------------------------------------------------------------ single tensors

    def write(self, index: Any, value: Any, name: Any = None) -> TensorArray:
        """The array with `value` at a position.

        Raises:
            ValueError: the value has another shape than the others.
            OutOfRangeError: the position is beyond a fixed size.
        """
        return self._written(index, self._taken(value))

    def _written(self, index: Any, value: Tensor) -> TensorArray:
        tensor, position = self._checked(value), _number(index)
        if not isinstance(position, int) or self._buffer is not None:
            buffer = self.buffer(tensor)
            if self.dynamic_size:
                if not isinstance(position, int) and is_tracer(position._value):
                    raise NotImplementedError(
                        "TensorArray.write(): an array can't grow at positions that JAX traces; give it its size, "
                        "without dynamic_size"
                    )
                return self.with_buffer(scattering.written(buffer, position, tensor))
            return self.with_buffer(scattering.scattered(buffer, [[position]], K.expand_dims(tensor, 0)))
        if isinstance(self._size, int) and position >= self._size:
            if not self.dynamic_size:
                raise OutOfRangeError(
                    None,
                    None,
                    f"Tried to write to index {position} but array is not resizeable and size is: {self._size}",
                )
            self._size = position + 1
        self._rows[position] = tensor
        return self

    def _checked(self, tensor: Tensor) -> Tensor:
        if tensor.dtype != self.dtype:
            raise ValueError(f"TensorArray dtype is {self.dtype} but value has dtype {tensor.dtype}")
        if self._infer:
            if not self._shape.is_compatible_with(tensor.shape):
                raise ValueError(f"Incompatible shape for value ({tensor.shape}), expected ({self._shape})")
            self._shape = self._shape.merge_with(tensor.shape)
            self.like = tensor
        return tensor

    def read(self, index: Any, name: Any = None) -> Any:
        """The tensor at a position; zeros where none was written."""
        return self._given(self._at(index))

    def _at(self, index: Any) -> Tensor:
        position = _number(index)
        if isinstance(position, int) and self._buffer is None:
            if isinstance(self._size, int) and position >= self._size:
                raise OutOfRangeError(
                    None, None, f"Tried to read from index {position} but array size is: {self._size}"
                )
            return self._rows[position] if position in self._rows else self._nothing()
        found: Tensor = K.gather(self.buffer(), position)
        return found

    def _nothing(self) -> Tensor:
        if self.like is not None:
            return convert_to_tensor(K.zeros_like(self.like))
        if self._shape.rank is None or None in self._shape:
            raise ValueError("TensorArray: nothing was written, and element_shape is not known")
        return ops.fill(self._shape, K.cast(0, self.dtype))

    # ---------------------------------------------------------------------------------------------------- all of them

    def buffer(self, like: Any = None) -> Tensor:
        """One tensor whose rows are the tensors.

        Raises:
            NotImplementedError: some were written at known positions, and the size is not known.
        """
        if self._buffer is None:
            if like is not None:
                self.like = like
            if not self._rows:
                one = K.expand_dims(self._nothing(), 0)
                return convert_to_tensor(K.tile(one, K.stack([self._size, *[1] * (len(one.shape) - 1)])))
            if not isinstance(self._size, int):
                raise NotImplementedError("TensorArray: write to an array of unknown size within one loop only")
            return convert_to_tensor(K.stack([self._at(i) for i in range(self._size)]))
        return self._buffer

    def stack(self, name: Any = None) -> Any:
        """One tensor, whose rows are the tensors."""
        return self._given(self.buffer())

    def gather(self, indices: Any, name: Any = None) -> Any:
        """One tensor of those at some positions."""
        return self._given(K.gather(self.buffer(), convert_to_tensor(indices)))

    def concat(self, name: Any = None) -> Any:
        """The tensors, joined along their first axis."""
        if self._buffer is not None:
            shape = K.shape(self._buffer)
            return self._given(K.reshape(self._buffer, K.concatenate([[-1], shape[2:]])))
        return self._given(K.concatenate([self._at(i) for i in range(int(self._size))], axis=0))

    def unstack(self, value: Any, name: Any = None) -> TensorArray:
        """The array of the rows of a tensor."""
        tensor = self._taken(value)
        if tensor.dtype != self.dtype:
            raise ValueError(f"TensorArray dtype is {self.dtype} but value has dtype {tensor.dtype}")
        made = self.with_buffer(tensor)
        made._size = tensor.shape[0] if tensor.shape.rank and tensor.shape[0] is not None else K.shape(tensor)[0]
        return made

    def scatter(self, indices: Any, value: Any, name: Any = None) -> TensorArray:
        """The array with the rows of a tensor at some positions."""
        tensor = self._taken(value, self.dtype)
        positions = convert_to_tensor(indices)
        if not _is_known(positions):
            rows = scattering.scattered(self.buffer(tensor[0]), K.expand_dims(positions, -1), tensor)
            return self.with_buffer(rows)
        made = self
        for row, position in enumerate(positions.numpy().tolist()):
            made = made._written(position, tensor[row])
        return made

    def split(self, value: Any, lengths: Any, name: Any = None) -> TensorArray:
        """The array of the parts of a tensor, of these lengths."""
        tensor = self._taken(value, self.dtype)
        made, start = self, 0
        for i, length in enumerate(convert_to_tensor(lengths).numpy().tolist()):
            made = made._written(i, tensor[start : start + length])
            start += length
        return made

    def size(self, name: Any = None) -> Tensor:
        """How many tensors there are."""
        return convert_to_tensor(self._size, None if isinstance(self._size, Tensor) else "int32")

    def identity(self) -> TensorArray:
        """Itself."""
        return self

    def grad(self, source: Any, flow: Any = None, name: Any = None) -> Any:
        """Not answered: gradients go through what is read and stacked."""
        raise NotImplementedError("TensorArray.grad(): gradients go through what is read and stacked")

    def close(self, name: Any = None) -> None:
        """Nothing: what nobody needs is let go of by itself."""


def _number(value: Any) -> Any:
    """A position or size as an int if it is known, else as a tensor."""
    tensor = convert_to_tensor(value)
    return int(tensor.numpy()) if _is_known(tensor) else tensor


def _is_known(tensor: Tensor) -> bool:
    return not tensor.is_symbolic and not is_tracer(tensor._value)


TF: dict[str, Any] = {"TensorArray": TensorArray}
