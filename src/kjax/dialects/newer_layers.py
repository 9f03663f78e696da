"""Layers of `tf.keras` that Keras 2.3.1 does not have, and those that mean something else there.

Each is the methods of a layer (`newer_parts.Part`), with the class of Keras 2.3.1 that it stands on in `LAYERS`.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core import dtypes
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder, Tensor
from kjax.dialects.newer_parts import On, Part, of_keras, shape_of

_OPTIONS = ("initializer", "regularizer", "constraint")


def take(layer: Any, **options: Any) -> None:
    """Set initializers, regularizers and constraints of a layer, which may be given by name or configuration."""
    for name, value in options.items():
        kind = name.rpartition("_")[2]
        setattr(layer, name, of_keras(f"{kind}s.get")(value))


def told(layer: Any, *names: str) -> dict[str, Any]:
    """The configuration of initializers, regularizers and constraints of a layer, by their names."""
    return {name: of_keras(f"{name.rpartition('_')[2]}s.serialize")(getattr(layer, name)) for name in names}


def plain(shape: Any) -> tuple[int | None, ...]:
    """A shape that a program gives, as a tuple of ints."""
    return tuple(None if dim is None else int(dim) for dim in shape)


def dtype_name(dtype: Any) -> Any:
    """The name of a dtype, which Keras 2.3.1 expects; anything else stays what it is."""
    if dtype is None or type(dtype) is str:
        return dtype
    try:
        return dtypes.as_dtype(dtype).name
    except (TypeError, ValueError):
        return dtype


# ---------------------------------------------------------------------------------------------------- normalisation


class LayerNormalization(Part):
    """Normalises each sample over some of its axes: mean 0 and variance 1, then times `gamma`, plus `beta`."""

    _by_weights = True

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, trainable=trainable, **kwargs)
        if isinstance(axis, bool) or not isinstance(axis, (int, list, tuple)):
            raise TypeError(f"LayerNormalization(): axis must be an int or a list of them; got {axis!r}")
        self.axis: Any = axis if isinstance(axis, int) else [*axis]
        self.epsilon, self.center, self.scale = epsilon, center, scale
        take(self, beta_initializer=beta_initializer, gamma_initializer=gamma_initializer)
        take(self, beta_regularizer=beta_regularizer, gamma_regularizer=gamma_regularizer)
        take(self, beta_constraint=beta_constraint, gamma_constraint=gamma_constraint)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        shape = plain(input_shape)
        self.axis = axes = _axes_of(self.axis, len(shape), "LayerNormalization")
        dims = tuple(shape[axis] for axis in axes)
        if None in dims:
            raise ValueError(f"LayerNormalization(): the dims at axis {axes} must be known; got shape {shape}")
        for name in ("gamma", "beta"):
            if self.scale if name == "gamma" else self.center:
                options = {option: getattr(self, f"{name}_{option}") for option in _OPTIONS}
                setattr(self, name, self.add_weight(name=name, shape=dims, **options))
            else:
                setattr(self, name, None)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The normalised tensor."""
        shape = shape_of(inputs)
        mean = K.mean(inputs, self.axis, keepdims=True)
        centred = inputs - mean
        scaled = centred / K.sqrt(K.mean(K.square(centred), self.axis, keepdims=True) + self.epsilon)
        dims = [shape[i] if i in self.axis else 1 for i in range(len(shape))]
        if self.gamma is not None:
            scaled = scaled * K.reshape(self.gamma, dims)
        return scaled if self.beta is None else scaled + K.reshape(self.beta, dims)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        named = [f"{name}_{option}" for option in _OPTIONS for name in ("beta", "gamma")]
        own = {"axis": self.axis, "epsilon": self.epsilon, "center": self.center, "scale": self.scale}
        return {**super().get_config(), **own, **told(self, *named)}


def _axes_of(axis: Any, rank: int, where: str) -> list[int]:
    axes = [axis] if isinstance(axis, int) else [*axis]
    found = [i + rank if i < 0 else i for i in axes]
    if any(not 0 <= i < rank for i in found):
        raise ValueError(f"{where}(): axis {axes} is not an axis of inputs of rank {rank}")
    if len({*found}) != len(found):
        raise ValueError(f"{where}(): axis names an axis twice: {axes}")
    return found


class BatchNormalization(Part):
    """Normalises over a batch while training, by moving averages else.

    The moving variance is that of the batch; of images with channels last, it is that of a sample. A layer with
    `trainable = False` normalises by its moving averages while training, too.
    """

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        fused: Any = None,
        trainable: bool = True,
        virtual_batch_size: Any = None,
        adjustment: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        for what, value in (("renorm", renorm), ("virtual_batch_size", virtual_batch_size), ("adjustment", adjustment)):
            if value:
                raise NotImplementedError(f"BatchNormalization(): {what} is not answered by kjax; got {value!r}")
        if isinstance(axis, (list, tuple)):
            if len(axis) != 1:
                raise NotImplementedError(f"BatchNormalization(): axis must be one axis; got {axis!r}")
            axis = axis[0]
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise TypeError(f"BatchNormalization(): axis must be an int; got {axis!r}")
        super().__init__(
            axis=axis,
            momentum=momentum,
            epsilon=epsilon,
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            moving_mean_initializer=moving_mean_initializer,
            moving_variance_initializer=moving_variance_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        # Whether it is trainable is asked when a function runs, as the learning phase is.
        self._thawed = Placeholder.promise(None, 0, Shape(), dtypes.as_dtype("bool"), "trainable:0")
        self._thawed._default = lambda: np.asarray(bool(self.trainable))
        self._thawed._static = True

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        (self.axis,) = _axes_of(vars(self)["axis"], len(input_shape), "BatchNormalization")
        super().build(input_shape)

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The normalised tensor; its updates are added to the layer."""
        shape = shape_of(inputs)
        axes = [axis for axis in range(len(shape)) if axis != self.axis]
        if training is not None and not isinstance(training, (bool, int)):
            training = K.cast(training, "bool")
        known = K.learning_phase() if training is None else training
        if not isinstance(known, Tensor) and not known:
            return self._at_rest(inputs)
        normal, mean, variance = K.normalize_batch_in_training(inputs, self.gamma, self.beta, axes, self.epsilon)
        moving = ((self.moving_mean, mean), (self.moving_variance, variance))
        self.add_update([K.moving_average_update(old, new, self.momentum) for old, new in moving], inputs)
        result = K.switch(self._thawed, normal, lambda: self._at_rest(inputs))
        return K.in_train_phase(result, lambda: self._at_rest(inputs), training=training)

    def _at_rest(self, inputs: Any) -> Any:
        shape = shape_of(inputs)
        dims = [shape[i] if i == self.axis else 1 for i in range(len(shape))]
        weights = (self.moving_mean, self.moving_variance, self.beta, self.gamma)
        fitted: list[Any] = [None if weight is None else K.reshape(weight, dims) for weight in weights]
        mean, variance, beta, gamma = fitted
        return K.batch_normalization(inputs, mean, variance, beta, gamma, self.axis, self.epsilon)


class SyncBatchNormalization(Part):
    """`BatchNormalization` over the batch of all devices; there is one here."""


# ------------------------------------------------------------------------------------------------------- recurrence


class GRU(Part):
    """A layer of gated recurrent units; it resets after the product with the recurrent kernel."""

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        implementation: int = 2,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        time_major: bool = False,
        reset_after: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            implementation=implementation,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            time_major=time_major,
            reset_after=reset_after,
            **kwargs,
        )


class GRUCell(Part):
    """A cell of gated recurrent units; it resets after the product with the recurrent kernel."""

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        implementation: int = 2,
        reset_after: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            activation=activation,
            recurrent_activation=recurrent_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            implementation=implementation,
            reset_after=reset_after,
            **kwargs,
        )


class AbstractRNNCell(Part):
    """The base of a cell of one's own: it has `call(inputs, states)`, `state_size` and `output_size`."""

    def __init__(
        self, trainable: bool = True, name: Any = None, dtype: Any = None, dynamic: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(trainable, name, dtype, dynamic, **kwargs)

    @property
    def state_size(self) -> Any:
        """The size of the state, or sizes of states: each cell has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no state_size")

    @property
    def output_size(self) -> Any:
        """The size of the output: each cell has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no output_size")

    def get_initial_state(self, inputs: Any = None, batch_size: Any = None, dtype: Any = None) -> Any:
        """Zeros for each state."""
        if inputs is not None:
            batch_size, dtype = K.shape(inputs)[0], inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError("get_initial_state(): needs inputs, or batch_size and dtype")
        sizes = self.state_size
        if not isinstance(sizes, (list, tuple)):
            return K.zeros(K.stack([batch_size, sizes]), dtype)
        return [K.zeros(K.stack([batch_size, size]), dtype) for size in sizes]


class Bidirectional(Part):
    """Runs a recurrent layer forwards, and a copy of it or `backward_layer` backwards."""

    def __init__(
        self, layer: Any, merge_mode: Any = "concat", weights: Any = None, backward_layer: Any = None, **kwargs: Any
    ) -> None:
        if isinstance(backward_layer, dict):
            backward_layer = of_keras("layers.deserialize")(backward_layer)
        if backward_layer is not None:
            if not isinstance(backward_layer, of_keras("layers.Layer")):
                raise ValueError(f"Bidirectional(): backward_layer must be a layer; got {backward_layer!r}")
            if backward_layer.go_backwards == layer.go_backwards:
                raise ValueError("Bidirectional(): layer and backward_layer must go in different directions")
            for name in ("stateful", "return_sequences", "return_state"):
                if getattr(backward_layer, name, None) != getattr(layer, name, None):
                    raise ValueError(f"Bidirectional(): layer and backward_layer must have the same {name}")
        self._given = backward_layer
        super().__init__(layer, merge_mode=merge_mode, weights=weights, **kwargs)

    def _set_sublayers(self, layer: Any) -> None:
        super()._set_sublayers(layer)
        if self._given is not None:
            vars(self)["backward_layer"] = self._given
            self._given.name = f"backward_{self._given.name}"

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        config: dict[str, Any] = super().get_config()
        if self._given is not None:
            own = copy.deepcopy(self._given.get_config())
            own["name"] = own["name"].removeprefix("backward_")
            config["backward_layer"] = {"class_name": type(self._given).__name__, "config": own}
        return config


# ------------------------------------------------------------------------------------------------------ convolution


class Conv1DTranspose(Part):
    """The transposed convolution of sequences `(batch, steps, channels)`."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: Any = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format or K.image_data_format(),
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        if self.padding not in ("valid", "same"):
            raise ValueError(f"Conv1DTranspose(): padding must be 'valid' or 'same'; got {padding!r}")
        if self.dilation_rate != (1,) and self.strides != (1,):
            raise ValueError("Conv1DTranspose(): strides and dilation_rate can't both be more than 1")
        if isinstance(output_padding, (list, tuple)):
            (output_padding,) = output_padding
        if output_padding is not None and output_padding >= self.strides[0]:
            raise ValueError(
                f"Conv1DTranspose(): output_padding must be less than strides; got {output_padding}, {self.strides[0]}"
            )
        self.output_padding = output_padding

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        channels = plain(input_shape)[1 if self.data_format == "channels_first" else -1]
        if channels is None:
            raise ValueError(f"Conv1DTranspose(): the channels must be known; got shape {tuple(input_shape)}")
        for name, shape in (("kernel", (*self.kernel_size, self.filters, channels)), ("bias", (self.filters,))):
            if name == "bias" and not self.use_bias:
                vars(self)["bias"] = None
                continue
            options = {option: getattr(self, f"{name}_{option}") for option in _OPTIONS}
            setattr(self, name, self.add_weight(name=name, shape=shape, **options))
        self.input_spec = of_keras("layers.InputSpec")(ndim=3)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The transposed convolution: that of images of height 1."""
        first = self.data_format == "channels_first"
        x = K.permute_dimensions(inputs, (0, 2, 1)) if first else inputs
        count, steps, _ = (K.shape(x)[i] for i in range(3))
        known = shape_of(x)[1]
        steps = self._length(steps if known is None else known)
        shape = (count, 1, steps, self.filters)
        images, kernel = K.expand_dims(x, 1), K.expand_dims(self.kernel, 0)
        strides, dilation = (1, *self.strides), 2 * self.dilation_rate  # (the kernel has one row)
        found = K.conv2d_transpose(images, kernel, shape, strides, self.padding, "channels_last", dilation)
        found = K.squeeze(found, 1)
        if self.bias is not None:
            found = K.bias_add(found, self.bias)
        found = K.permute_dimensions(found, (0, 2, 1)) if first else found
        return found if self.activation is None else self.activation(found)

    def _length(self, steps: Any) -> Any:
        """The number of steps of the result."""
        (size,), (stride,), (dilation,) = self.kernel_size, self.strides, self.dilation_rate
        size = (size - 1) * dilation + 1
        if self.output_padding is None:
            more = 0 if self.padding == "same" else max(size - stride, 0)
            return steps * stride + more
        pad = size // 2 if self.padding == "same" else 0
        return (steps - 1) * stride + size - 2 * pad + self.output_padding

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        first = self.data_format == "channels_first"
        batch, *rest = plain(input_shape)
        steps = rest[1 if first else 0]
        steps = None if steps is None else self._length(steps)
        return (batch, self.filters, steps) if first else (batch, steps, self.filters)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "output_padding": self.output_padding}


# ------------------------------------------------------------------------------------------------- shapes and inputs


class Flatten(Part):
    """Each sample as one row; numbers without further axes become rows of one."""

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.input_spec = of_keras("layers.InputSpec")(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        """The rows."""
        shape = shape_of(inputs)
        if self.data_format == "channels_first" and len(shape) > 2:
            inputs = K.permute_dimensions(inputs, (0, *range(2, len(shape)), 1))
        return K.reshape(inputs, (-1, 1)) if len(shape) == 1 else K.batch_flatten(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the rows."""
        batch, *rest = plain(input_shape)
        return (batch, None if None in rest else math.prod(rest))  # type: ignore[arg-type]


class InputLayer(Part):
    """The layer that stands for an input of a model."""

    def __init__(
        self,
        input_shape: Any = None,
        batch_size: Any = None,
        dtype: Any = None,
        input_tensor: Any = None,
        sparse: bool = False,
        name: Any = None,
        ragged: bool = False,
        **kwargs: Any,
    ) -> None:
        _refuse_ragged(ragged)
        whole = kwargs.pop("batch_input_shape", None)
        if kwargs:
            raise TypeError(f"InputLayer() got unexpected keywords {sorted(kwargs)}")
        if whole is None and input_shape is not None:
            whole = (batch_size, *_dims(input_shape))
        super().__init__(
            batch_input_shape=None if whole is None else plain(whole),
            dtype=dtype_name(dtype),
            input_tensor=input_tensor,
            sparse=sparse,
            name=name,
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "ragged": False}


def _refuse_ragged(ragged: Any) -> None:
    if ragged:
        raise NotImplementedError("Input(): ragged inputs are not answered by kjax")


def _dims(shape: Any) -> tuple[Any, ...]:
    """A shape given as a list, or as one number."""
    return (shape,) if isinstance(shape, int) else tuple(shape)


def Input(
    shape: Any = None,
    batch_size: Any = None,
    name: Any = None,
    dtype: Any = None,
    sparse: bool = False,
    tensor: Any = None,
    ragged: bool = False,
    **kwargs: Any,
) -> Any:
    """The symbolic input of a model.

    Args:
        shape: the shape without the batch.
        batch_size: the size of the batch, where it is fixed.
        name: the name of the layer.
        dtype: the dtype, `floatx()` by default.
        sparse: whether it is fed sparse matrices.
        tensor: a tensor to take as the input.
        ragged: must be False.
        **kwargs: `batch_shape`, instead of `shape` and `batch_size`.

    Returns:
        A symbolic tensor.

    Raises:
        ValueError: neither a shape nor a tensor is given, or both `shape` and `batch_shape`.
        NotImplementedError: `ragged` is set.
        TypeError: an unknown keyword.

    Source: `tf.keras.Input`, TF 2.2.
    """
    _refuse_ragged(ragged)
    whole = kwargs.pop("batch_shape", None)
    if kwargs:
        raise TypeError(f"Input() got unexpected keywords {sorted(kwargs)}")
    if whole is not None and shape is not None:
        raise ValueError("Input(): give either shape or batch_shape, not both")
    if whole is None and shape is None and tensor is None:
        raise ValueError("Input(): needs a shape, which does not count the batch, or a tensor")
    if whole is None and shape is not None:
        whole = (batch_size, *_dims(shape))
    return of_keras("layers.Input")(
        batch_shape=None if whole is None else plain(whole),
        name=name,
        dtype=dtype_name(dtype) or (None if tensor is None else tensor.dtype.name),
        sparse=sparse,
        tensor=tensor,
    )


_BATCH_NORMALIZATION = On("layers.BatchNormalization", BatchNormalization)

LAYERS: dict[str, Any] = {
    "AbstractRNNCell": On("layers.Layer", AbstractRNNCell),
    "BatchNormalization": _BATCH_NORMALIZATION,
    "Bidirectional": On("layers.Bidirectional", Bidirectional),
    "Conv1DTranspose": On("layers.Conv1D", Conv1DTranspose),
    "Convolution1DTranspose": On("layers.Conv1D", Conv1DTranspose),
    "Flatten": On("layers.Flatten", Flatten),
    "GRU": On("layers.GRU", GRU),
    "GRUCell": On("layers.GRUCell", GRUCell),
    "Input": Input,
    "InputLayer": On("layers.InputLayer", InputLayer),
    "LayerNormalization": On("layers.Layer", LayerNormalization),
}

EXPERIMENTAL: dict[str, Any] = {
    "SyncBatchNormalization": On(_BATCH_NORMALIZATION, SyncBatchNormalization, "layers.experimental"),
}
