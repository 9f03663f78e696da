"""What Keras 3 knows where K is called inside of one of its layers: the phase, and where random numbers come from."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from types import FrameType
from typing import Any

from kjax.core.foreign import Call, Kind, mapped
from kjax.kernels import draws
from kjax.machine.checks import is_compiling, is_tracer
from kjax.machine.scopes import wide_types
from kjax.machine.surroundings import Surroundings
from kjax.ops import elementwise

_SMALL = 4096  # arrays of more elements are left out of the state that numbers are made of


# What symbolic tensors of Keras stand for while a callback computes on tensors; None outside.
STANDING: ContextVar[Any] = ContextVar("kjax_keras3_standing", default=None)


class Layers(Surroundings):
    """Inside of a call of a layer: what Keras keeps about it."""

    def phase(self) -> bool | None:
        """The `training` of the call, which layers inside of others inherit."""
        context = _kept("current_call_ctx")
        if context is not None:
            return bool(getattr(context, "training", None))
        return _training_of_step() if _is_inside() else None

    def shaping(self) -> bool:
        """Whether Keras calls a layer on symbolic tensors."""
        return _kept("symbolic_scope") is not None and _kept("current_call_ctx") is not None

    def wants_arrays(self) -> bool:
        """Layers give arrays."""
        return _is_inside() and STANDING.get() is None

    def seed(self) -> Any:
        """From the layer's generator; without one, from the values of all variables in a training step."""
        if not _is_inside():
            return None
        layer = _layer()
        generator = _generator(layer) if layer is not None else None
        if generator is not None:
            return _number(generator.next())
        scope = _kept("stateless_scope")
        return None if scope is None else _of_state(scope)

    @contextlib.contextmanager
    def apart(self, pairs: Sequence[tuple[Any, Any]]) -> Iterator[Callable[[], list[tuple[Any, Any]]]]:
        """In a scope of Keras's for variables without state, where the values of the outer one are seen."""
        import keras

        outer = _kept("stateless_scope")
        assigned: dict[int, Any] = {}

        class Apart(keras.StatelessScope):  # type: ignore[misc]
            def add_update(self, update: tuple[Any, Any]) -> None:
                """Note what is assigned."""
                assigned[id(update[0])] = update[0]
                super().add_update(update)

        around = Apart(pairs)
        if outer is not None:
            around.state_mapping = {**outer.state_mapping, **around.state_mapping}
            around.losses, around.collect_losses = outer.losses, outer.collect_losses
        with around:
            yield lambda: [(variable, around.state_mapping[key]) for key, variable in assigned.items()]

    def values(self, variables: Sequence[Any]) -> list[Any]:
        """The values of variables, without Keras's casts to the dtype of a layer's computations."""
        from keras.src.backend import AutocastScope

        with AutocastScope(None):
            return [variable.value for variable in variables]


def _kept(name: str) -> Any:
    """What Keras keeps of this thread."""
    from keras.src.backend.common import global_state

    return global_state.get_global_attribute(name)


def _is_inside() -> bool:
    """Whether a layer is called, or a model by its trainer, of which Keras keeps no context."""
    return _kept("current_call_ctx") is not None or _kept("stateless_scope") is not None


def _training_of_step() -> bool | None:
    """The `training` with which a trainer calls its model, whether or not the model's `call` takes it."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name in ("stateless_call", "compute_loss_and_updates"):
            known = frame.f_locals.get("kwargs") or {}
            training = frame.f_locals.get("training", known.get("training"))
            if training is not None:
                return bool(training)
        frame = frame.f_back
    return None


def _layer() -> Any:
    """The layer whose call runs; the innermost one."""
    import keras

    for entry in reversed(_kept("name_scope_stack") or ()):
        if isinstance(entry.caller, keras.layers.Layer):
            return entry.caller
    return None


def _generator(layer: Any) -> Any:
    """The generator of a layer's seeds. It gets one, unless Keras has counted the variables for a training step."""
    import keras

    kept = layer._seed_generators
    if not kept:
        if _kept("symbolic_scope") is None and (_kept("stateless_scope") is not None or is_compiling()):
            return None
        # (Not as an attribute: those are saved, and files are to be the same as without.)
        kept.append(keras.random.SeedGenerator())
    return kept[0]


def _number(words: Any) -> Any:
    """The seed that a state of a generator stands for."""
    import jax

    with wide_types(jax):
        return draws.of_words([words[i] if is_tracer(words) else int(words[i]) for i in range(words.shape[0])])


def _of_state(scope: Any) -> Any:
    """A number made of the values of variables, which another step changes; another one at each call."""
    import jax
    import numpy as np

    count = scope.__dict__["_kjax_count"] = scope.__dict__.get("_kjax_count", 0) + 1
    with wide_types(jax):
        total = jax.numpy.zeros((), np.uint32)
        for i, value in enumerate(scope.state_mapping.values()):
            if value.size <= _SMALL and value.dtype in (np.float32, np.int32, np.uint32):
                bits = jax.lax.bitcast_convert_type(jax.lax.stop_gradient(value), np.uint32)
                weights = jax.numpy.arange(value.size, dtype=np.uint32) * 2 + 2 * i + 1
                total = total * np.uint32(0x01000193) + (bits.ravel() * weights).sum(dtype=np.uint32)
        return draws.of_words([total, count])


class Dims(Kind):
    """Dims that are open while Keras finds out about shapes: a part of `K.shape(x)`, which can become one again."""

    def recognises(self, cls: type) -> bool:
        """Whether objects of this class are open dims."""
        return cls.__module__.startswith("jax") and cls.__name__ == "_DimExpr"

    def call(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A dim converted to another type of integers stays what it is."""
        if call.function is elementwise.converted and self.recognises(type(args[0])):
            return args[0]
        return call.inside(*args, **kwargs)


class Seeds(Kind):
    """Generators of seeds, as the `seed` of a random function: it takes their next state."""

    def recognises(self, cls: type) -> bool:
        """Whether objects of this class are generators of seeds."""
        import keras

        return issubclass(cls, keras.random.SeedGenerator)

    def call(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result with the next seed."""
        return call.function(*mapped(args, self._next), **mapped(kwargs, self._next))

    def _next(self, value: Any) -> Any:
        return value.next() if self.recognises(type(value)) else value
