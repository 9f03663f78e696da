"""`keras.utils.multi_gpu_model` of Keras 2.3.1: a model on several devices is the same model in a layout.

There, a copy of the model for each device computes a part of the batch. Here the whole program runs on the devices
(`kjax.shard`), and the model is one that can't be told from what Keras makes: the given one, as a layer, with its
outputs behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kjax.core.sharding import current_layout, shard
from kjax.machine.errors import shown


def multi_gpu_model(
    original: Callable[..., Any], model: Any, gpus: Any = None, cpu_merge: Any = True, cpu_relocation: Any = False
) -> Any:
    """A model like `model`, with the same weights, that several devices compute together.

    Args:
        original: Keras's function.
        model: a model.
        gpus: how many devices, or a list of their numbers; by default all of those that the program runs on, else all
            that JAX has.
        cpu_merge, cpu_relocation: ignored.

    Raises:
        ValueError: it is for fewer than two devices, or there are fewer than that.
    """
    import jax

    layout = current_layout()
    there = len(jax.devices()) if layout is None else layout.mesh.size
    wanted = there if not gpus else len(gpus) if isinstance(gpus, (list, tuple)) else gpus
    if wanted < 2 and gpus:
        raise ValueError(f"multi_gpu_model(): gpus must be at least 2, or a list of as many; got {shown(gpus)}")
    if not 2 <= wanted <= there:
        raise ValueError(
            f"multi_gpu_model(): {max(2, wanted)} devices are needed, and the program runs on {there}. "
            f"`kjax run --devices {max(2, wanted)}` runs it on as many, of a CPU too, with or without this function"
        )
    if layout is None:
        shard(wanted)
    from keras.layers import Activation
    from keras.models import Model

    outputs = model(model.inputs)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    names = list(model.output_names)
    named = [f"{name}_{names[: i + 1].count(name)}" if names.count(name) > 1 else name for i, name in enumerate(names)]
    return Model(model.inputs, [Activation("linear", name=n)(out) for n, out in zip(named, outputs, strict=True)])
