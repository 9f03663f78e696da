"""`tf.layers` of TensorFlow 1: layers as functions and as classes, on variables with names that scopes can share.

`V1_LAYERS` is the table of `tf.compat.v1.layers`. The variables are those of `tf.get_variable`: `name` and `reuse`
decide whether a call makes new ones. Regularizers add to the collection of regularization losses, and batch
normalisation adds to `tf.GraphKeys.UPDATE_OPS`.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.core.session import as_operation
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import ARRAYS, TF_NN, Table, give_names
from kjax.dialects.tensorflow_control import TF as CONTROL
from kjax.dialects.tensorflow_v1_layer import ONES, ZEROS, Layer, Weighted, channels
from kjax.dialects.tensorflow_v1_nn import V1_NN
from kjax.ops.transposed import conv3d_transpose


class Dense(Weighted):
    """`tf.layers.Dense`: products with a matrix along the last axis."""

    units: int

    def __init__(
        self,
        units: Any,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        self.settle(dict(locals()))
        self.units = int(units)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        self.kernel = self.weight("kernel", (channels(input_shape, -1, self), self.units))
        self.bias = self.weight("bias", (self.units,)) if self.use_bias else None

    def call(self, inputs: Any) -> Any:  # type: ignore[override]
        """The outputs."""
        inputs = inputs if inputs.dtype.is_floating else K.cast(inputs, "float32")
        return self.finished(K.dot(inputs, self.kernel))


def _tuple(value: Any, dims: int, name: str) -> tuple[int, ...]:
    found = (value,) * dims if isinstance(value, int) else tuple(int(v) for v in value)
    if len(found) != dims:
        raise ValueError(f"tf.layers: {name} must be an int or {dims} of them; got {value!r}")
    return found


class _Convolution(Weighted):
    """A convolution with as many axes of space as the class says."""

    dims = 0
    data_format: str
    dilation_rate: Any = 1
    filters: int
    kernel_size: Any
    padding: str
    strides: Any

    def settle(self, given: dict[str, Any]) -> None:
        """Take over the arguments."""
        super().settle(given)
        self.filters = int(self.filters)
        for name in ("kernel_size", "strides", "dilation_rate"):
            setattr(self, name, _tuple(getattr(self, name), self.dims, name))
        self.padding = self.padding.lower()

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias."""
        depth = channels(input_shape, 1 if self.data_format == "channels_first" else -1, self)
        self.kernel = self.weight("kernel", self._kernel_shape(depth))
        self.bias = self.weight("bias", (self.filters,)) if self.use_bias else None

    def _kernel_shape(self, depth: int) -> tuple[int, ...]:
        return (*self.kernel_size, depth, self.filters)

    def call(self, inputs: Any) -> Any:  # type: ignore[override]
        """The outputs."""
        convolve = getattr(K, f"conv{self.dims}d")
        single = self.dims == 1
        strides, dilation = (x[0] if single else x for x in (self.strides, self.dilation_rate))
        out = convolve(inputs, self.kernel, strides, self.padding, self.data_format, dilation)
        return self.finished(out, self.data_format)


def _convolution_class(count: int) -> Any:
    one: Any = 1 if count == 1 else (1,) * count

    class Convolution(_Convolution):
        dims = count

        def __init__(
            self,
            filters: Any,
            kernel_size: Any,
            strides: Any = one,
            padding: str = "valid",
            data_format: str = "channels_last",
            dilation_rate: Any = one,
            activation: Any = None,
            use_bias: bool = True,
            kernel_initializer: Any = None,
            bias_initializer: Any = ZEROS,
            kernel_regularizer: Any = None,
            bias_regularizer: Any = None,
            activity_regularizer: Any = None,
            kernel_constraint: Any = None,
            bias_constraint: Any = None,
            trainable: bool = True,
            name: Any = None,
            **kwargs: Any,
        ) -> None:
            self.settle(dict(locals()))

    return _called(Convolution, f"Conv{count}D", f"a convolution along {count} axes")


def _called(cls: Any, name: str, what: str) -> Any:
    cls.__name__ = cls.__qualname__ = name
    cls.__doc__ = f"`tf.layers.{name}`: {what}."
    return cls


def _transposed_class(count: int) -> Any:
    one = (1,) * count

    class Transposed(_Convolution):
        dims = count

        def __init__(
            self,
            filters: Any,
            kernel_size: Any,
            strides: Any = one,
            padding: str = "valid",
            data_format: str = "channels_last",
            activation: Any = None,
            use_bias: bool = True,
            kernel_initializer: Any = None,
            bias_initializer: Any = ZEROS,
            kernel_regularizer: Any = None,
            bias_regularizer: Any = None,
            activity_regularizer: Any = None,
            kernel_constraint: Any = None,
            bias_constraint: Any = None,
            trainable: bool = True,
            name: Any = None,
            **kwargs: Any,
        ) -> None:
            self.settle(dict(locals()))

        def _kernel_shape(self, depth: int) -> tuple[int, ...]:
            return (*self.kernel_size, self.filters, depth)

        def call(self, inputs: Any) -> Any:  # type: ignore[override]
            """The outputs."""
            first = self.data_format == "channels_first"
            shape = K.shape(inputs)
            space = []
            for i, (size, stride) in enumerate(zip(self.kernel_size, self.strides, strict=True)):
                at = i + 2 if first else i + 1
                dim = inputs.shape[at] if inputs.shape[at] is not None else shape[at]
                space.append(dim * stride + (max(size - stride, 0) if self.padding == "valid" else 0))
            batch = inputs.shape[0] if inputs.shape[0] is not None else shape[0]
            wanted = (batch, self.filters, *space) if first else (batch, *space, self.filters)
            convolve = K.conv2d_transpose if count == 2 else conv3d_transpose
            out = convolve(inputs, self.kernel, wanted, self.strides, self.padding, self.data_format)
            return self.finished(out, self.data_format)

    return _called(Transposed, f"Conv{count}DTranspose", f"a transposed convolution along {count} axes")


def _separable_class(count: int) -> Any:
    one: Any = 1 if count == 1 else (1,) * count

    class Separable(_Convolution):
        dims = count
        depth_multiplier: int

        def __init__(
            self,
            filters: Any,
            kernel_size: Any,
            strides: Any = one,
            padding: str = "valid",
            data_format: str = "channels_last",
            dilation_rate: Any = one,
            depth_multiplier: Any = 1,
            activation: Any = None,
            use_bias: bool = True,
            depthwise_initializer: Any = None,
            pointwise_initializer: Any = None,
            bias_initializer: Any = ZEROS,
            depthwise_regularizer: Any = None,
            pointwise_regularizer: Any = None,
            bias_regularizer: Any = None,
            activity_regularizer: Any = None,
            depthwise_constraint: Any = None,
            pointwise_constraint: Any = None,
            bias_constraint: Any = None,
            trainable: bool = True,
            name: Any = None,
            **kwargs: Any,
        ) -> None:
            self.settle(dict(locals()))

        def build(self, input_shape: Any) -> None:
            """Make both kernels and the bias."""
            depth = channels(input_shape, 1 if self.data_format == "channels_first" else -1, self)
            for name, shape in (
                ("depthwise", (*self.kernel_size, depth, self.depth_multiplier)),
                ("pointwise", (*(1,) * count, depth * self.depth_multiplier, self.filters)),
            ):
                own = [getattr(self, f"{name}_{part}") for part in ("initializer", "regularizer", "constraint")]
                made = self.add_weight(f"{name}_kernel", shape, None, own[0], own[1], constraint=own[2])
                setattr(self, f"{name}_kernel", made)
            self.bias = self.weight("bias", (self.filters,)) if self.use_bias else None

        def call(self, inputs: Any) -> Any:  # type: ignore[override]
            """The outputs."""
            kernels: Any = self.depthwise_kernel, self.pointwise_kernel  # type: ignore[attr-defined]
            strides, dilation, (depthwise, pointwise) = self.strides, self.dilation_rate, kernels
            flat = 2 if self.data_format == "channels_first" else 1
            if count == 1:  # as images one row high
                inputs, depthwise, pointwise = (
                    K.expand_dims(x, axis) for x, axis in ((inputs, flat), (depthwise, 0), (pointwise, 0))
                )
                strides, dilation = strides * 2, (1, *dilation)
            out = K.separable_conv2d(inputs, depthwise, pointwise, strides, self.padding, self.data_format, dilation)
            out = K.squeeze(out, flat) if count == 1 else out
            return self.finished(out, self.data_format)

    return _called(Separable, f"SeparableConv{count}D", f"a depthwise and a pointwise convolution along {count} axes")


def _pooling_class(count: int, mode: str) -> Any:
    class Pooling(Layer):
        def __init__(
            self,
            pool_size: Any,
            strides: Any,
            padding: str = "valid",
            data_format: str = "channels_last",
            name: Any = None,
            **kwargs: Any,
        ) -> None:
            super().__init__(name=name, **kwargs)
            self.pool_size, self.strides = (_tuple(x, count, "pool_size") for x in (pool_size, strides))
            self.padding, self.data_format = padding.lower(), data_format

        def call(self, inputs: Any) -> Any:  # type: ignore[override]
            """The outputs."""
            if count > 1:
                pool = getattr(K, f"pool{count}d")
                return pool(inputs, self.pool_size, self.strides, self.padding, self.data_format, mode)
            flat = 2 if self.data_format == "channels_last" else 3
            pooled = K.pool2d(
                K.expand_dims(inputs, flat),
                (*self.pool_size, 1),
                (*self.strides, 1),
                self.padding,
                self.data_format,
                mode,
            )
            return K.squeeze(pooled, flat)

    name = {"max": "MaxPooling", "avg": "AveragePooling"}[mode]
    return _called(Pooling, f"{name}{count}D", f"the {mode} of windows along {count} axes")


class Flatten(Layer):
    """`tf.layers.Flatten`: all axes but the first as one."""

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(name=kwargs.pop("name", None), **kwargs)
        self.data_format = data_format or "channels_last"

    def call(self, inputs: Any) -> Any:  # type: ignore[override]
        """The outputs."""
        if self.data_format == "channels_first" and (inputs.shape.rank or 0) > 2:
            inputs = K.permute_dimensions(inputs, (0, *range(2, inputs.shape.rank), 1))
        rest = None if inputs.shape.rank is None else inputs.shape[1:]
        if rest is not None and None not in rest:
            return K.reshape(inputs, (-1, math.prod(rest)))
        return K.reshape(inputs, K.stack([K.shape(inputs)[0], -1]))


class Dropout(Layer):
    """`tf.layers.Dropout`: zeros in random places while training."""

    def __init__(
        self, rate: Any = 0.5, noise_shape: Any = None, seed: Any = None, name: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any, training: Any = False) -> Any:  # type: ignore[override]
        """The outputs."""
        drop = functools.partial(V1_NN["dropout"], inputs, rate=self.rate, noise_shape=self.noise_shape, seed=self.seed)
        return _in_training(training, drop, lambda: ARRAYS["identity"](inputs))


def _in_training(training: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """The result of one of two functions, by a bool or a tensor."""
    if isinstance(training, (bool, int)) or training is None:
        return yes() if training else no()
    return CONTROL["cond"](K.cast(as_tensor(training), "bool"), yes, no)


class BatchNormalization(Layer):
    """`tf.layers.BatchNormalization`: with mean and variance of the batch while training, else with their averages."""

    unbiased = False  # whether the average is of the unbiased variance for other inputs than images, too

    def __init__(
        self,
        axis: Any = -1,
        momentum: Any = 0.99,
        epsilon: Any = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = ZEROS,
        gamma_initializer: Any = ONES,
        moving_mean_initializer: Any = ZEROS,
        moving_variance_initializer: Any = ONES,
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: Any = 0.99,
        fused: Any = None,
        trainable: bool = True,
        virtual_batch_size: Any = None,
        adjustment: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable, name, **kwargs)
        for option, value in (
            ("renorm", renorm),
            ("virtual_batch_size", virtual_batch_size),
            ("adjustment", adjustment),
        ):
            if value:
                raise NotImplementedError(
                    f"tf.layers.BatchNormalization(): {option} is not answered by kjax; got {value!r}"
                )
        self.axis = axis[0] if isinstance(axis, (list, tuple)) else axis
        self.momentum, self.epsilon, self.fused = momentum, epsilon, fused
        self._own = {
            "gamma": (gamma_initializer, gamma_regularizer, gamma_constraint) if scale else None,
            "beta": (beta_initializer, beta_regularizer, beta_constraint) if center else None,
        }
        self._moving = {"moving_mean": moving_mean_initializer, "moving_variance": moving_variance_initializer}
        self.gamma: Any = None
        self.beta: Any = None

    def build(self, input_shape: Any) -> None:
        """Make the variables."""
        size = (channels(input_shape, self.axis, self),)
        for name, own in self._own.items():
            if own is not None:
                setattr(self, name, self.add_weight(name, size, None, own[0], own[1], constraint=own[2]))
        for name, initializer in self._moving.items():
            setattr(self, name, self.add_weight(name, size, None, initializer, trainable=False))

    def call(self, inputs: Any, training: Any = False) -> Any:  # type: ignore[override]
        """The outputs."""
        rank = inputs.shape.rank
        axis = self.axis % rank
        others = [a for a in range(rank) if a != axis]
        unbiased = rank == 4 and axis in (1, 3) and self.fused is not False
        averages: Any = self.moving_mean, self.moving_variance  # type: ignore[attr-defined]

        def of_batch() -> list[Any]:
            mean, variance = TF_NN["moments"](inputs, others)
            kept = variance
            if unbiased or self.unbiased:  # what is kept is the variance of a population, from this sample
                count = K.cast(K.prod(K.shape(inputs)) // K.shape(inputs)[axis], "float32")
                kept = variance * (count / K.maximum(count - 1, 1.0))
            return [
                mean,
                variance,
                *(a * self.momentum + b * (1 - self.momentum) for a, b in zip(averages, (mean, kept), strict=True)),
            ]

        def of_averages() -> list[Any]:
            return [ops.convert_to_tensor(a) for a in (*averages, *averages)]

        mean, variance, *new = _in_training(training, of_batch, of_averages)
        if training is not False and training is not None:
            for average, value in zip(averages, new, strict=True):
                self.add_update(as_operation(K.update(average, value)))
        spread = [1] * rank
        spread[axis] = inputs.shape[axis]
        shaped = [None if part is None else K.reshape(part, spread) for part in (mean, variance, self.beta, self.gamma)]
        return V1_NN["batch_normalization"](inputs, *shaped, self.epsilon)


Conv1D, Conv2D, Conv3D = map(_convolution_class, (1, 2, 3))
Conv2DTranspose, Conv3DTranspose = map(_transposed_class, (2, 3))
SeparableConv1D, SeparableConv2D = map(_separable_class, (1, 2))
_POOLINGS = {cls.__name__: cls for cls in (_pooling_class(n, mode) for n in (1, 2, 3) for mode in ("max", "avg"))}
_CLASSES = [
    Dense, Conv1D, Conv2D, Conv3D, Conv2DTranspose, Conv3DTranspose, SeparableConv1D, SeparableConv2D,
    Flatten, Dropout, BatchNormalization, *_POOLINGS.values(),
]  # fmt: skip

# ----------------------------------------------------------------------------------------------------------- functions


def _function(cls: Any, *names: str) -> Callable[..., Any]:
    """A layer as a function: of its inputs, the parameters of the class in the order of `names`, and `reuse`."""
    known = {n: p for n, p in inspect.signature(cls).parameters.items() if n != "kwargs"}
    known["training"] = inspect.Parameter("training", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=False)
    known["reuse"] = known["training"].replace(name="reuse", default=None)
    inputs = known["training"].replace(name="inputs", default=inspect.Parameter.empty)
    signature = inspect.Signature([inputs, *(known[name] for name in names)])

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"tf.layers.{call.__name__}(): {error}") from None
        given = bound.arguments
        inputs = given.pop("inputs")
        more = {"training": given.pop("training")} if "training" in given else {}
        reuse = given.pop("reuse", None)
        return cls(**given, _reuse=reuse)(inputs, **more)

    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _of_class(cls: Any) -> Callable[..., Any]:
    names = [name for name in inspect.signature(cls).parameters if name != "kwargs"]
    return _function(cls, *names, *(["reuse"] if issubclass(cls, Weighted) else []))


_FUNCTIONS: Table = {
    **{name.lower().replace("pooling", "_pooling"): _of_class(cls) for name, cls in _POOLINGS.items()},
    "batch_normalization": _function(
        BatchNormalization,
        "axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer",
        "moving_mean_initializer", "moving_variance_initializer", "beta_regularizer", "gamma_regularizer",
        "beta_constraint", "gamma_constraint", "training", "trainable", "name", "reuse", "renorm", "renorm_clipping",
        "renorm_momentum", "fused", "virtual_batch_size", "adjustment",
    ),
    "conv1d": _of_class(Conv1D),
    "conv2d": _of_class(Conv2D),
    "conv2d_transpose": _of_class(Conv2DTranspose),
    "conv3d": _of_class(Conv3D),
    "conv3d_transpose": _of_class(Conv3DTranspose),
    "dense": _of_class(Dense),
    "dropout": _function(Dropout, "rate", "noise_shape", "seed", "training", "name"),
    "flatten": lambda inputs, name=None, data_format="channels_last": Flatten(data_format, name=name)(inputs),
    "separable_conv1d": _of_class(SeparableConv1D),
    "separable_conv2d": _of_class(SeparableConv2D),
}  # fmt: skip
V1_LAYERS: Table = {"Layer": Layer, **{cls.__name__: cls for cls in _CLASSES}, **_FUNCTIONS}

give_names({"tensorflow.compat.v1.layers": V1_LAYERS}, __name__)
