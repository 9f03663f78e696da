"""Names that stand for choices which mean nothing here, and classes that programs ask results for."""

from __future__ import annotations

import enum
from typing import Any

from kjax.core.operands import as_tensor
from kjax.core.shape import as_shape
from kjax.core.tensor import OperationView
from kjax.dialects.tensorflow_calls import Table


class AggregationMethod:
    """Ways to add gradients, of which the compiler chooses."""

    ADD_N = DEFAULT = 0
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


class VariableAggregation(enum.Enum):
    """How the parts of a distributed variable become one."""

    NONE, SUM, MEAN, ONLY_FIRST_REPLICA = range(4)


class VariableSynchronization(enum.Enum):
    """When the parts of a distributed variable become one."""

    AUTO, NONE, ON_WRITE, ON_READ = range(4)


class ModeKeys:
    """The names of an estimator's modes."""

    TRAIN, EVAL, PREDICT = "train", "eval", "infer"


class IndexedSlices:
    """Rows of a tensor, with their numbers: a form of gradients, which kjax gives as dense tensors.

    >>> IndexedSlices([[1., 2.]], [3], (5, 2)).values.shape
    (1, 2)
    """

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self.values, self.indices = as_tensor(values), as_tensor(indices)
        self.dense_shape = None if dense_shape is None else as_tensor(dense_shape)

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self.values.dtype

    @property
    def shape(self) -> Any:
        """The static shape of the whole, as far as it is known."""
        if self.dense_shape is None or self.dense_shape.is_symbolic:
            return as_shape(None, "tf.IndexedSlices")
        return as_shape(self.dense_shape.numpy().tolist(), "tf.IndexedSlices")


TF: Table = {
    "AggregationMethod": AggregationMethod,
    "IndexedSlices": IndexedSlices,
    "Operation": OperationView,
    "VariableAggregation": VariableAggregation,
    "VariableSynchronization": VariableSynchronization,
}
ESTIMATOR: Table = {"ModeKeys": ModeKeys}
