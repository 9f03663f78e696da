"""Keras 3 on the JAX backend: old code for Keras 2 in its models, with the import line changed.

    from kjax import backend as K

What of Keras 3 comes in decides: its variables stand for their values (`keras3_variables`), its symbolic tensors give
symbolic tensors again (`keras3_tensors`), and become part of a graph of kjax where a function or a gradient is asked
for (`keras3_graphs`). Where K is called inside of a layer, phase and random numbers are those of Keras
(`keras3_surroundings`).

`import kjax` only waits for Keras; whoever imports it has it known here.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from typing import Any

from kjax.core import foreign
from kjax.core.structures import flatten
from kjax.machine import surroundings


def attach() -> bool:
    """Know the Keras that is imported, if it is Keras 3 on JAX. Returns whether it is."""
    keras = sys.modules.get("keras")
    version = getattr(keras, "__version__", "0")
    if keras is None or not version.startswith("3."):
        return False
    if keras.config.backend() != "jax":
        foreign.register(_Elsewhere(keras.KerasTensor, keras.Variable))
        return False
    from kjax.dialects.keras3_surroundings import Dims, Layers, Seeds
    from kjax.dialects.keras3_tensors import SymbolicTensors, provide_operators, register_operations
    from kjax.dialects.keras3_variables import Variables

    _hide_stand_ins(keras)
    register_operations()
    provide_operators()
    surroundings.register(Layers())
    foreign.register(Dims(), last=True)
    for kind in (Seeds(), Variables(), SymbolicTensors()):  # the last one goes before the others
        foreign.register(kind)
    return True


class _Elsewhere(foreign.Kind):
    """Objects of a Keras 3 that computes with another library."""

    def __init__(self, symbolic: type, variable: type) -> None:
        self.symbolic, self.classes = symbolic, (symbolic, variable)

    def recognises(self, cls: type) -> bool:
        """Whether objects of this class are symbolic tensors or variables of that Keras."""
        return issubclass(cls, self.classes)

    def call(self, call: foreign.Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result for the values of variables.

        Raises:
            ValueError: there is a symbolic tensor, or the function reads and writes variables.
        """
        from kjax.dialects.keras3_variables import OWN

        if call.function not in OWN and not any(isinstance(leaf, self.symbolic) for leaf in flatten((args, kwargs))):
            return call.inside(*args, **kwargs)
        raise ValueError(
            f"{call.function.__name__}(): Keras runs on {sys.modules['keras'].config.backend()!r} here, and K knows "
            "its tensors and variables where it runs on JAX: set the environment variable KERAS_BACKEND to jax before "
            "Keras is imported"
        )


def _hide_stand_ins(keras: Any) -> None:
    """Let Keras not take our `tensorflow` for TensorFlow, which it looks for where that is imported."""
    lazy = getattr(keras.src.utils.module_utils, "tensorflow", None)
    if lazy is not None and hasattr(lazy, "_available") and PathFinder.find_spec("tensorflow") is None:
        lazy._available = False
