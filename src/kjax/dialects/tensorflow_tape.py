"""`tf.GradientTape`: gradients of what a program computes at once, or in a `tf.function`."""

from __future__ import annotations

import contextlib
from typing import Any

from kjax import backend as K
from kjax.core.structures import flatten, packed
from kjax.core.tape import Tape
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.machine.errors import shown
from kjax.sparse.slices import in_slices


class UnconnectedGradients:
    """What `gradient` gives for a source that the target does not depend on: `NONE`, or `ZERO`, a tensor of zeros."""

    NONE = "none"
    ZERO = "zero"


def gives_zeros(unconnected_gradients: Any, where: str = "GradientTape") -> bool:
    """Whether an unconnected source has a gradient of zeros.

    Raises:
        ValueError: it is none of `UnconnectedGradients`.
    """
    wanted = str(getattr(unconnected_gradients, "value", unconnected_gradients)).lower()
    if wanted not in (UnconnectedGradients.NONE, UnconnectedGradients.ZERO):
        raise ValueError(f"{where}: unconnected_gradients must be 'none' or 'zero'; got {unconnected_gradients!r}")
    return wanted == UnconnectedGradients.ZERO


class GradientTape:
    """Keeps what is computed in its `with` block, and differentiates it.

    Args:
        persistent: whether gradients may be asked for more than once.
        watch_accessed_variables: whether each trainable variable that is read is watched; other tensors, and other
            variables, need `watch`.

    Source: `tf.GradientTape`, TF 2.2. Differs: gradients are compiled for each structure of what was computed, and not
    computed operation by operation.

    >>> from kjax import backend as K
    >>> x = K.constant(3.)
    >>> with GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = x * x
    >>> tape.gradient(y, x).numpy()
    np.float32(6.0)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent = bool(persistent)
        self._tape: Tape = Tape(bool(watch_accessed_variables))
        self._spent = False

    def __enter__(self) -> GradientTape:
        if self._tape.is_recording:
            raise ValueError("GradientTape: it is recording already")
        self._tape.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._tape.stop()

    def watch(self, tensor: Any) -> None:
        """Watch a tensor or variable, or nested ones.

        Raises:
            TypeError: something is no tensor.
            ValueError: one is of integers or bools.
        """
        for part in flatten(tensor):
            if not isinstance(part, Tensor):
                raise TypeError(f"GradientTape.watch(): tensor must be a tensor or a variable; got {shown(part)}")
            if not (part.dtype.is_floating or part.dtype.is_complex):
                raise ValueError(f"GradientTape.watch(): only tensors of floats can be watched; got {shown(part)}")
            self._tape.watch(part)

    def watched_variables(self) -> tuple[Variable, ...]:
        """The variables that are watched and were read."""
        return tuple(self._tape.watched)

    def stop_recording(self) -> contextlib.AbstractContextManager[None]:
        """A `with` block that is not recorded."""
        if not self._tape.is_recording:
            raise ValueError("GradientTape.stop_recording(): it is not recording")
        return self._tape.pause()

    def reset(self) -> None:
        """Forget what was recorded, and what was watched."""
        self._tape.forget()

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """The gradients of the sum of `target` by `sources`.

        Args:
            target: a tensor, or nested ones, computed in the block.
            sources: watched tensors or variables, or what was computed from them, nested at will.
            output_gradients: what each target is multiplied by.
            unconnected_gradients: what becomes of a source that the target does not depend on: `"none"` or `"zero"`.

        Returns:
            For each source, in the structure of `sources`, a tensor, or `tf.IndexedSlices` if only rows of it were
            picked, or None if it is unconnected.

        Raises:
            RuntimeError: the tape is not persistent, and gradients were asked for before.
            ValueError: an unknown value of `unconnected_gradients`.
        """
        self._spend()
        zeros = gives_zeros(unconnected_gradients)
        targets = [self._checked(part, "target") for part in flatten(target) if part is not None]
        inputs = [self._checked(part, "sources") for part in flatten(sources)]
        weights: list[Tensor] = []
        if output_gradients is not None:
            given = flatten(output_gradients)
            if len(given) != len(targets):
                raise ValueError(f"GradientTape.gradient(): {len(targets)} targets, but {len(given)} output_gradients")
            weights = [
                convert_to_tensor(K.ones_like(t)) if g is None else convert_to_tensor(g, t.dtype)
                for t, g in zip(targets, given, strict=True)
            ]
        with self._unless_persistent():
            found = in_slices(inputs, self._tape.gradient(targets, inputs, weights, by_rows=True))
        if zeros:
            found = [convert_to_tensor(K.zeros_like(x)) if g is None else g for x, g in zip(inputs, found, strict=True)]
        return packed(sources, found)

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivatives of each element of `target` by each element of `sources`.

        Args:
            target: a tensor of shape `t` that was computed in the block.
            sources: watched tensors or variables, nested at will.
            unconnected_gradients: as for `gradient`.
            parallel_iterations, experimental_use_pfor: ignored; all elements are computed together.

        Returns:
            For each source, of shape `s`, a tensor of shape `t + s`.
        """
        self._spend()
        inputs = [self._checked(part, "sources") for part in flatten(sources)]
        with self._unless_persistent():
            found: list[Any] = list(self._tape.gradient([self._checked(target, "target")], inputs, each=True))
        if gives_zeros(unconnected_gradients):
            shape = (*target.shape,)
            found = [
                convert_to_tensor(K.zeros((*shape, *x.shape), x.dtype)) if g is None else g
                for x, g in zip(inputs, found, strict=True)
            ]
        return packed(sources, found)

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The jacobian of each row of `target` by the same row of `source`.

        Args:
            target: a tensor of shape `(batch, ...t)`, each row of which depends on one row of the source.
            source: a tensor of shape `(batch, ...s)`.
            unconnected_gradients, parallel_iterations, experimental_use_pfor: as for `jacobian`.

        Returns:
            A tensor of shape `(batch, ...t, ...s)`.

        Raises:
            ValueError: the batches differ in size.
        """
        if not target.shape.rank or not source.shape.rank or target.shape[0] != source.shape[0]:
            raise ValueError(
                "GradientTape.batch_jacobian(): target and source must have the same first dim; "
                f"got shapes {target.shape} and {source.shape}"
            )
        with self._continued():
            rows = K.sum(target, axis=0)
        inner = len(rows.shape)
        whole = self.jacobian(rows, source, unconnected_gradients)
        if whole is None:
            return None
        return K.permute_dimensions(whole, (inner, *range(inner), *range(inner + 1, len(whole.shape))))

    # ---------------------------------------------------------------------------------------------------- conditions

    def _spend(self) -> None:
        if self._spent and not self._persistent:
            raise RuntimeError(
                "A GradientTape that is not persistent gives gradients once: make it GradientTape(persistent=True)"
            )
        self._spent = True

    def _unless_persistent(self) -> contextlib.AbstractContextManager[None]:
        """What computes the gradients is recorded by other tapes, and by a persistent one in its own block."""
        return contextlib.nullcontext() if self._persistent else self._tape.pause()

    @contextlib.contextmanager
    def _continued(self) -> Any:
        """A block that is recorded, also behind the tape's own."""
        if self._tape.is_recording:
            yield
            return
        self._tape.start()
        try:
            yield
        finally:
            self._tape.stop()

    def _checked(self, value: Any, name: str) -> Tensor:
        if not isinstance(value, Tensor):
            raise TypeError(f"GradientTape.gradient(): {name} must be tensors or variables; got {shown(value)}")
        return value


TF: dict[str, Any] = {"GradientTape": GradientTape, "UnconnectedGradients": UnconnectedGradients}
AUTODIFF: dict[str, Any] = {"GradientTape": GradientTape}
