"""Mixed precision of `tf` outside of `tf.keras`: loss scales, and what is left of rewritten graphs: scaled losses.

TensorFlow 2.2 rewrites graphs on some GPUs, to compute parts of them in float16; elsewhere nothing but the optimizer
changes, and so it is here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from kjax.core.graph import executing_eagerly
from kjax.core.tensor import Tensor
from kjax.core.updates import only_if
from kjax.core.variable import Variable
from kjax.dialects import loss_scales, newer_policies, tensorflow_control, tensorflow_optimizers
from kjax.dialects.loss_scales import LOSS_SCALES
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.machine.errors import shown

_log = logging.getLogger(__name__)


class MixedPrecisionLossScaleOptimizer(tensorflow_optimizers.Optimizer):
    """An optimizer of `tf.train` that scales losses, around another one.

    Args:
        opt: the optimizer that makes the steps.
        loss_scale: a loss scale, the number of a fixed one, or `"dynamic"`.

    Raises:
        ValueError: `opt` is no optimizer of `tf.train`, or `loss_scale` is none.

    Source: `tf.compat.v1.train.experimental.MixedPrecisionLossScaleOptimizer`, TF 2.2.
    """

    def __init__(self, opt: Any, loss_scale: Any) -> None:
        if not isinstance(opt, tensorflow_optimizers.Optimizer):
            raise ValueError(f'"opt" must be an instance of Optimizer, but got: {shown(opt)}')
        super().__init__(False, opt.get_name())
        self._optimizer, self._loss_scale = opt, loss_scales.get(loss_scale)
        if self._loss_scale is None:
            raise ValueError("loss_scale cannot be None")

    def compute_gradients(self, loss: Any, var_list: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Pairs of a gradient and a variable, by way of the scaled loss."""
        scale = self._loss_scale()
        scaled = (lambda: loss_scales.times(loss(), scale)) if callable(loss) else loss_scales.times(loss, scale)
        pairs = self._optimizer.compute_gradients(scaled, var_list, *args, **kwargs)
        return [(grad if grad is None else loss_scales.times(grad, 1.0 / scale), var) for grad, var in pairs]

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: Any = None) -> Any:
        """An operation that updates the variables and adds one to `global_step`, if all gradients are finite."""
        pairs = [*grads_and_vars]
        updates, applies = self._loss_scale.update([grad for grad, _ in pairs])
        if executing_eagerly() or not isinstance(applies, Tensor):
            return self._optimizer.apply_gradients(pairs, global_step) if applies else None
        with only_if(applies):
            step = self._optimizer.apply_gradients(pairs, global_step)
        return tensorflow_control.TF["group"](step, *updates)

    def variables(self) -> list[Variable]:
        """All variables that the wrapped optimizer keeps."""
        return self._optimizer.variables()


def enable_mixed_precision_graph_rewrite(opt: Any, loss_scale: Any = "dynamic") -> Any:
    """An optimizer that scales losses, around another one; everything is computed in the dtype that it has.

    Args:
        opt: an optimizer of `tf.keras`, in TensorFlow 1 also one of `tf.train`.
        loss_scale: a loss scale, the number of a fixed one, or `"dynamic"`.

    Raises:
        ValueError: a policy was set by `tf.keras.mixed_precision`, or `opt` is no such optimizer.

    Source: `tf.train.experimental.enable_mixed_precision_graph_rewrite`, TF 2.2.
    """
    return _enabled(_of_keras, opt, loss_scale)


def _enabled(wrap: Callable[[Any, Any], Any], opt: Any, loss_scale: Any) -> Any:
    if newer_policies.is_set():
        raise ValueError(
            "enable_mixed_precision_graph_rewrite(): the mixed precision graph rewrite cannot be enabled, because a "
            "policy has been set by tf.keras.mixed_precision; only one of the two can be used"
        )
    wrapped = wrap(opt, loss_scale)
    newer_policies.rewrites = True
    return wrapped


def _of_keras(opt: Any, loss_scale: Any) -> Any:
    return import_module("kjax.dialects.newer_loss_scale").LossScaleOptimizer(opt, loss_scale)


def _of_either(opt: Any, loss_scale: Any) -> Any:
    is_older = isinstance(opt, tensorflow_optimizers.Optimizer)
    return (MixedPrecisionLossScaleOptimizer if is_older else _of_keras)(opt, loss_scale)


def disable_mixed_precision_graph_rewrite() -> None:
    """Allow policies again; optimizers go on scaling losses.

    Source: `tf.train.experimental.disable_mixed_precision_graph_rewrite`, TF 2.2.
    """
    if not newer_policies.rewrites:
        _log.warning("disable_mixed_precision_graph_rewrite() called when mixed precision is already disabled.")
    newer_policies.rewrites = False


def _enable_v1(opt: Any, loss_scale: Any = "dynamic") -> Any:
    return _enabled(_of_either, opt, loss_scale)


EXPERIMENTAL: Table = {**LOSS_SCALES}

TRAIN_EXPERIMENTAL: Table = {
    **LOSS_SCALES,
    "disable_mixed_precision_graph_rewrite": disable_mixed_precision_graph_rewrite,
    "enable_mixed_precision_graph_rewrite": enable_mixed_precision_graph_rewrite,
}

V1_TRAIN_EXPERIMENTAL: Table = {
    **TRAIN_EXPERIMENTAL,
    "MixedPrecisionLossScaleOptimizer": MixedPrecisionLossScaleOptimizer,
    "enable_mixed_precision_graph_rewrite": _enable_v1,
}

give_names(
    {
        "tensorflow.train.experimental": TRAIN_EXPERIMENTAL,
        "tensorflow.compat.v1.train.experimental": V1_TRAIN_EXPERIMENTAL,
    },
    __name__,
)
