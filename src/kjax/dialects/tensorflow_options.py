"""Names that stand for choices which mean nothing here."""

from __future__ import annotations

import enum

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


TF: Table = {
    "AggregationMethod": AggregationMethod,
    "Operation": OperationView,
    "VariableAggregation": VariableAggregation,
    "VariableSynchronization": VariableSynchronization,
}
ESTIMATOR: Table = {"ModeKeys": ModeKeys}
