"""Mixed precision of `tf` outside of `tf.keras`: loss scales, and the rewriting of graphs, of which the scaling is left.

TensorFlow 2.2 rewrites graphs on some GPUs, to compute parts of them in float16; elsewhere nothing but the optimizer
changes, and so it is here. It needs Keras 2.3.1, as the optimizers of `tf.keras` do.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from kjax.dialects.loss_scales import LOSS_SCALES
from kjax.dialects.tensorflow_calls import Table, give_names

_log = logging.getLogger(__name__)


def _precision() -> Any:
    return import_module("kjax.dialects.newer_precision")


def enable_mixed_precision_graph_rewrite(opt: Any, loss_scale: Any = "dynamic") -> Any:
    """An optimizer that scales losses, around another one; everything is computed in the dtype that it has.

    Args:
        opt: an optimizer of `tf.keras`.
        loss_scale: a loss scale, the number of a fixed one, or `"dynamic"`.

    Raises:
        ValueError: a policy was set by `tf.keras.mixed_precision`, or `opt` is no optimizer of `tf.keras`.

    Source: `tf.train.experimental.enable_mixed_precision_graph_rewrite`, TF 2.2.
    """
    precision = _precision()
    if precision.is_set():
        raise ValueError(
            "enable_mixed_precision_graph_rewrite(): the mixed precision graph rewrite cannot be enabled, because a "
            "policy has been set by tf.keras.mixed_precision; only one of the two can be used"
        )
    wrapped = import_module("kjax.dialects.newer_loss_scale").LossScaleOptimizer(opt, loss_scale)
    precision.rewrites = True
    return wrapped


def disable_mixed_precision_graph_rewrite() -> None:
    """Allow policies again; optimizers go on scaling losses.

    Source: `tf.train.experimental.disable_mixed_precision_graph_rewrite`, TF 2.2.
    """
    precision = _precision()
    if not precision.rewrites:
        _log.warning("disable_mixed_precision_graph_rewrite() called when mixed precision is already disabled.")
    precision.rewrites = False


EXPERIMENTAL: Table = {**LOSS_SCALES}

TRAIN_EXPERIMENTAL: Table = {
    **LOSS_SCALES,
    "disable_mixed_precision_graph_rewrite": disable_mixed_precision_graph_rewrite,
    "enable_mixed_precision_graph_rewrite": enable_mixed_precision_graph_rewrite,
}
