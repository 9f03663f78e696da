"""The base of `tf.layers`: a layer whose variables are those of `tf.get_variable` in a scope of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.dialects.tensorflow_graphs import GraphKeys, get_default_graph, get_variable, variable_scope
from kjax.dialects.tensorflow_initial import V1 as INITIALIZERS
from kjax.dialects.tensorflow_initial import ones_initializer, zeros_initializer


class Zeros(zeros_initializer):
    """Zeros."""


class Ones(ones_initializer):
    """Ones."""


ZEROS, ONES = Zeros(), Ones()


def initializer_of(given: Any) -> Any:
    """An initializer, which may be given by its name."""
    if not isinstance(given, str):
        return given
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", given).lower()
    made = INITIALIZERS.get(f"{name}_initializer")
    if made is None:
        raise ValueError(f"tf.layers: there is no initializer of the name {given!r}")
    return made()


def activation_of(given: Any) -> Callable[[Any], Any]:
    """An activation, which may be None, or given by its name."""
    if given is None:
        return lambda x: x
    return getattr(K, given) if isinstance(given, str) else given  # type: ignore[no-any-return]


class Layer:
    """`tf.layers.Layer`: a function of tensors with variables, which are made when it is first called.

    Args:
        trainable: whether optimizers change its variables.
        name: the scope of its variables; by default the name of its class, made unique.
        dtype: of its variables; by default that of its first input.

    A subclass has a method `call`, and `build` to make variables by `add_weight`.
    """

    def __init__(self, trainable: bool = True, name: Any = None, dtype: Any = None, **kwargs: Any) -> None:
        self._reuse = kwargs.pop("_reuse", None)
        kwargs.pop("_scope", None)
        if kwargs:
            raise TypeError(f"tf.layers.{type(self).__name__}(): got an unexpected argument {next(iter(kwargs))!r}")
        self.trainable, self.dtype, self.built = trainable, dtype, False
        self._given = name
        self._scope: Any = None
        self.weights: list[Any] = []
        self.updates: list[Any] = []
        self.losses: list[Any] = []

    @property
    def name(self) -> str:
        """The name of its scope."""
        return self._scope.name.rpartition("/")[2] if self._scope is not None else self._given or self._kind()

    @property
    def scope_name(self) -> str:
        """The scope of its variables.

        Raises:
            ValueError: it was not called yet.
        """
        if self._scope is None:
            raise ValueError(f"tf.layers: {self.name} has a scope when it was called")
        return str(self._scope.name)

    @property
    def variables(self) -> list[Any]:
        """Its variables."""
        return self.weights

    @property
    def trainable_variables(self) -> list[Any]:
        """The variables that optimizers change."""
        return [variable for variable in self.weights if variable.trainable]

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The other ones."""
        return [variable for variable in self.weights if not variable.trainable]

    trainable_weights, non_trainable_weights = trainable_variables, non_trainable_variables

    @classmethod
    def _kind(cls) -> str:
        return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", cls.__name__)).lower()

    def add_weight(
        self,
        name: str,
        shape: Any,
        dtype: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        trainable: Any = None,
        constraint: Any = None,
        **ignored: Any,
    ) -> Any:
        """A variable in the layer's scope, which may be there already."""
        before = len(get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES))
        made = get_variable(
            name,
            shape,
            dtype or self.dtype or "float32",
            initializer_of(initializer),
            regularizer,
            self.trainable and trainable is not False,
            constraint=constraint,
        )
        self.losses += get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES)[before:]
        self.weights.append(made)
        return made

    add_variable = add_weight

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        """Add to the updates that are to run with a step of training."""
        for update in updates if isinstance(updates, (list, tuple)) else [updates]:
            self.updates.append(update)
            get_default_graph().add_to_collection(GraphKeys.UPDATE_OPS, update)

    def add_loss(self, losses: Any, inputs: Any = None) -> None:
        """Add to the regularization losses."""
        for loss in losses if isinstance(losses, (list, tuple)) else [losses]:
            self.losses.append(loss)
            get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)

    def build(self, input_shape: Any) -> None:
        """Make the variables."""

    def call(self, inputs: Any, **kwargs: Any) -> Any:
        """The outputs."""
        return inputs

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The outputs for inputs."""
        if not isinstance(inputs, (list, tuple)):
            inputs = as_tensor(inputs)
            self.dtype = self.dtype or (inputs.dtype if inputs.dtype.is_floating else None)
        given = self._given if self._scope is None else self._scope
        with variable_scope(given, self._kind(), reuse=True if self.built else self._reuse) as entered:
            self._scope = self._scope or entered
            if not self.built:
                self.build(inputs.shape if hasattr(inputs, "shape") else [x.shape for x in inputs])
                self.built = True
            return self.call(inputs, *args, **kwargs)

    apply = __call__


def channels(shape: Any, axis: int, layer: Layer) -> int:
    """The size of an axis, which must be known."""
    if shape.rank is None or shape[axis] is None:
        raise ValueError(f"tf.layers.{type(layer).__name__}: the dim of axis {axis} must be known; got shape {shape}")
    return int(shape[axis])


class Weighted(Layer):
    """A layer with a kernel, a bias and an activation."""

    # Set from the arguments of a subclass.
    activation: Any
    activity_regularizer: Any
    bias: Any = None
    bias_constraint: Any
    bias_initializer: Any
    bias_regularizer: Any
    kernel: Any = None
    kernel_constraint: Any
    kernel_initializer: Any
    kernel_regularizer: Any
    use_bias: bool

    def settle(self, given: dict[str, Any]) -> None:
        """Take over the arguments, the parameters of `__init__`."""
        kwargs = given.pop("kwargs")
        for name in ("self", "__class__"):
            given.pop(name, None)
        super().__init__(given.pop("trainable", True), given.pop("name", None), **kwargs)
        vars(self).update(given)

    def weight(self, name: str, shape: Any) -> Any:
        """A variable by the arguments that begin with its name."""
        own = [getattr(self, f"{name}_{part}") for part in ("initializer", "regularizer", "constraint")]
        return self.add_weight(name, shape, None, own[0], own[1], constraint=own[2])

    def finished(self, x: Any, data_format: str = "channels_last") -> Any:
        """The outputs: with bias and activation."""
        if self.use_bias:
            x = K.bias_add(x, self.bias, data_format)
        x = activation_of(self.activation)(x)
        if self.activity_regularizer is not None:
            self.add_loss(self.activity_regularizer(x))
        return x
