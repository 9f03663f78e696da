"""Layers that prepare numbers and images: `tf.keras.layers.experimental.preprocessing`.

Those with `adapt` learn from data; those named `Random` change images while training, and leave them alone else.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.dialects.newer_layers import plain
from kjax.dialects.newer_parts import On, Part, shape_of
from kjax.dialects.tensorflow_image import IMAGE
from kjax.ops import framing, warping
from kjax.ops.indexing import slice as cut

_MODULE = "layers.experimental.preprocessing"


class PreprocessingLayer(Part):
    """The base of layers that learn from data by `adapt`."""

    def adapt(self, data: Any, reset_state: bool = True) -> None:
        """Learn from data: each layer has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no adapt()")


# ---------------------------------------------------------------------------------------------------------- numbers


class Normalization(PreprocessingLayer):
    """Subtracts the mean and divides by the standard deviation, both of the data given to `adapt`."""

    def __init__(self, axis: Any = -1, dtype: Any = None, **kwargs: Any) -> None:
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        if 0 in axes:
            raise ValueError("Normalization(): axis must not be 0, which is the batch")
        if not all(isinstance(i, int) for i in axes):
            raise TypeError(f"Normalization(): axis must be an int or several; got {axis!r}")
        super().__init__(dtype=dtype, **kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        """Make the weights."""
        shape = plain(input_shape)
        axes = self.axis if isinstance(self.axis, (list, tuple)) else [self.axis]
        self.kept = [i + len(shape) if i < 0 else i for i in axes]
        dims = [shape[i] for i in self.kept]
        if None in dims:
            raise ValueError(f"Normalization(): the dims at axis {self.axis} must be known; got shape {shape}")
        self.dims = [shape[i] if i in self.kept else 1 for i in range(len(shape))]
        self.mean = self.add_weight(name="mean", shape=dims, initializer="zeros", trainable=False)
        self.variance = self.add_weight(name="variance", shape=dims, initializer="ones", trainable=False)
        self.count = self.add_weight(name="count", shape=(), dtype="int32", initializer="zeros", trainable=False)
        self.built = True

    def adapt(self, data: Any, reset_state: bool = True) -> None:
        """Learn mean and variance.

        Args:
            data: an array, or an iterable of them.
            reset_state: whether what was learnt before is forgotten.
        """
        one = hasattr(data, "shape") or isinstance(data, (list, tuple))
        for batch in [data] if one else data:
            array = np.asarray(batch, "float64")
            if not self.built:
                self.build(array.shape)
                self.built = True
            self._learn(array, forget=reset_state)
            reset_state = False

    def _learn(self, array: Any, forget: bool) -> None:
        mean, variance, count = (np.asarray(weight, "float64") for weight in self.get_weights())
        others = tuple(i for i in range(array.ndim) if i not in self.kept)
        more = math.prod(array.shape[i] for i in others)
        new_mean, new_variance = array.mean(others), array.var(others)
        share = 1.0 if forget or not count else more / (count + more)
        whole = mean + (new_mean - mean) * share
        spread = (variance + (mean - whole) ** 2) * (1 - share) + (new_variance + (new_mean - whole) ** 2) * share
        self.set_weights(
            [whole.astype(K.floatx()), spread.astype(K.floatx()), np.int32(more + (0 if forget else count))]
        )

    def set_weights(self, weights: Any) -> None:
        """Set mean and variance, and the count where it is given."""
        keep: Any = super()
        keep.set_weights([*map(np.asarray, weights), np.int32(0)][:3])

    def call(self, inputs: Any) -> Any:
        """The normalised tensor."""
        dims: Any = self.dims
        mean, variance = K.reshape(self.mean, dims), K.reshape(self.variance, dims)
        return (_floats(inputs) - mean) / K.sqrt(variance)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "axis": self.axis}


def _floats(x: Any) -> Any:
    x = as_tensor(x)
    return x if x.dtype.is_floating else K.cast(x, K.floatx())


class Rescaling(Part):
    """Multiplies by a factor, and adds an offset."""

    def __init__(self, scale: Any, offset: Any = 0.0, name: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.scale, self.offset = scale, offset

    def call(self, inputs: Any) -> Any:
        """The rescaled tensor."""
        return _floats(inputs) * self.scale + self.offset

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}


class Discretization(PreprocessingLayer):
    """The number of the interval that each number lies in, of those between some limits."""

    def __init__(self, bins: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bins = [float(limit) for limit in bins]

    def call(self, inputs: Any) -> Any:
        """For each number, how many limits are not greater."""
        x = K.expand_dims(_floats(inputs), -1)
        return K.sum(K.cast(K.greater_equal(x, K.constant(self.bins, x.dtype)), "int32"), -1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "bins": self.bins}


class CategoryEncoding(PreprocessingLayer):
    """For each sample of integers, which of them there are (`"binary"`), or how many of each (`"count"`)."""

    def __init__(
        self, max_tokens: Any = None, output_mode: str = "binary", sparse: bool = False, **kwargs: Any
    ) -> None:
        if sparse:
            raise NotImplementedError("CategoryEncoding(): sparse must be False")
        if output_mode not in ("binary", "count"):
            raise NotImplementedError(
                f"CategoryEncoding(): output_mode must be 'binary' or 'count'; got {output_mode!r}"
            )
        super().__init__(**kwargs)
        self.max_tokens, self.output_mode = max_tokens, output_mode

    def adapt(self, data: Any, reset_state: bool = True) -> None:
        """Learn the number of integers."""
        if self.max_tokens is None:
            self.max_tokens = int(np.max(np.asarray(data))) + 1

    def call(self, inputs: Any) -> Any:
        """A tensor `(batch, max_tokens)`."""
        if self.max_tokens is None:
            raise RuntimeError("CategoryEncoding: max_tokens is not known: give it, or call adapt() before")
        hot = K.one_hot(K.cast(inputs, "int32"), self.max_tokens)
        counts = K.sum(hot, 1) if len(shape_of(hot)) > 2 else hot
        return K.cast(K.greater(counts, 0), K.floatx()) if self.output_mode == "binary" else counts

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        return (plain(input_shape)[0], self.max_tokens)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        own = {"max_tokens": self.max_tokens, "output_mode": self.output_mode, "sparse": False}
        return {**super().get_config(), **own}


# ----------------------------------------------------------------------------------------------------------- images


class _Sized(Part):
    """A layer that makes images of one size."""

    def __init__(self, height: int, width: int, name: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.height, self.width = height, width

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        batch, _, _, channels = plain(input_shape)
        return (batch, self.height, self.width, channels)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "height": self.height, "width": self.width}


def _size(images: Any) -> list[Any]:
    """Rows and columns of images: ints, and tensors where they are unknown."""
    if len(shape_of(images)) != 4:
        raise ValueError(f"images must be of rank 4, (batch, rows, columns, channels); got shape {images.shape}")
    return [K.shape(images)[i] if dim is None else dim for i, dim in enumerate(shape_of(images))][1:3]


def _interpolation(name: str, layer: str) -> str:
    known = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
    if name not in known:
        raise NotImplementedError(f"{layer}(): interpolation must be one of {known}; got {name!r}")
    return name


class Resizing(_Sized):
    """Images in another size."""

    def __init__(
        self, height: int, width: int, interpolation: str = "bilinear", name: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(height, width, name, **kwargs)
        self.interpolation = _interpolation(interpolation, "Resizing")

    def call(self, inputs: Any) -> Any:
        """The resized images."""
        return IMAGE["resize"](inputs, (self.height, self.width), self.interpolation)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "interpolation": self.interpolation}


class CenterCrop(_Sized):
    """The middle of images."""

    def call(self, inputs: Any) -> Any:
        """The part in the middle."""
        return _middle(inputs, self.height, self.width)


def _middle(images: Any, height: int, width: int) -> Any:
    top, left = ((whole - size) // 2 for whole, size in zip(_size(images), (height, width), strict=True))
    return framing.cropped("CenterCrop", images, top, left, height, width)


class _Random(Part):
    """A layer that draws random numbers while training."""

    def __init__(self, seed: Any = None, name: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.seed = seed

    def call(self, inputs: Any, training: Any = None) -> Any:
        """The changed images, while training."""
        return self._changed(inputs) if training else self._kept(inputs)

    def _changed(self, images: Any) -> Any:
        raise NotImplementedError

    def _kept(self, images: Any) -> Any:
        return images

    def _drawn(self, limits: tuple[float, float], images: Any = None) -> Any:
        """A random number, or one for each image."""
        shape = () if images is None else (K.shape(images)[0],)
        return K.random_uniform(shape, float(limits[0]), float(limits[1]), seed=self.seed)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "seed": self.seed}


def _limits(factor: Any, layer: str, name: str = "factor", least: float = -1.0) -> tuple[float, float]:
    """The limits of a random number: `(-factor, factor)`, or the two given."""
    low, high = (-factor, factor) if isinstance(factor, (int, float)) else factor
    if high < low or low < least or (isinstance(factor, (int, float)) and factor < 0):
        raise ValueError(f"{layer}(): {name} must be a positive number, or a lower and an upper limit; got {factor!r}")
    return low, high


class RandomCrop(_Random):
    """A part of images, at one random place in all images of a batch; while testing, the middle of resized ones."""

    def __init__(self, height: int, width: int, seed: Any = None, name: Any = None, **kwargs: Any) -> None:
        super().__init__(seed, name, **kwargs)
        self.height, self.width = height, width

    def _changed(self, images: Any) -> Any:
        rows, columns = _size(images)
        batch, *_, channels = (K.shape(images)[i] if dim is None else dim for i, dim in enumerate(shape_of(images)))
        room = [rows - self.height + 1, columns - self.width + 1]
        if any(isinstance(left, int) and left < 1 for left in room):
            raise ValueError(
                f"RandomCrop: the part of {self.height} by {self.width} must fit into images of shape {images.shape}"
            )
        top, left = (K.random_uniform((), 0, 2**31 - 1, "int32", self.seed) % one for one in room)
        return cut(images, K.stack([0, top, left, 0]), K.stack([batch, self.height, self.width, channels]))

    def _kept(self, images: Any) -> Any:
        rows, columns = _size(images)
        wanted = (columns * self.height) // rows, (rows * self.width) // columns
        size = [_larger(self.height, wanted[1]), _larger(self.width, wanted[0])]
        return _middle(IMAGE["resize"](images, size), self.height, self.width)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        batch, _, _, channels = plain(input_shape)
        return (batch, self.height, self.width, channels)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "height": self.height, "width": self.width}


def _larger(size: int, other: Any) -> Any:
    return max(size, other) if isinstance(other, int) else K.maximum(other, size)


class RandomFlip(_Random):
    """Each image as it is, or its mirror image."""

    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: Any = None, name: Any = None, **kwargs: Any
    ) -> None:
        if mode not in ("horizontal", "vertical", "horizontal_and_vertical"):
            raise ValueError(f"RandomFlip(): mode must be 'horizontal', 'vertical' or both; got {mode!r}")
        super().__init__(seed, name, **kwargs)
        self.mode = mode

    def _changed(self, images: Any) -> Any:
        for direction, flip in (("horizontal", "random_flip_left_right"), ("vertical", "random_flip_up_down")):
            if direction in self.mode:
                images = IMAGE[flip](images, self.seed)
        return images

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "mode": self.mode}


class RandomContrast(_Random):
    """Images with more or less contrast."""

    def __init__(self, factor: Any, seed: Any = None, name: Any = None, **kwargs: Any) -> None:
        low, high = (factor, factor) if isinstance(factor, (int, float)) else factor
        if low < 0 or high < 0 or low > 1:
            raise ValueError(f"RandomContrast(): factor must be a number from 0 to 1, or two; got {factor!r}")
        super().__init__(seed, name, **kwargs)
        self.factor, self.limits = factor, (1.0 - low, 1.0 + high)

    def _changed(self, images: Any) -> Any:
        return IMAGE["adjust_contrast"](images, self._drawn(self.limits))

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "factor": self.factor}


class _RandomSize(_Random):
    """A layer that changes the number of rows or columns of a batch of images."""

    axis: int

    def __init__(
        self, factor: Any, interpolation: str = "bilinear", seed: Any = None, name: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(seed, name, **kwargs)
        self.factor, self.limits = factor, _limits(factor, type(self).__name__)
        self.interpolation = _interpolation(interpolation, type(self).__name__)

    def _changed(self, images: Any) -> Any:
        size = _size(images)
        whole = K.cast(size[self.axis - 1], K.floatx()) * (1.0 + self._drawn(self.limits))
        size[self.axis - 1] = K.cast(whole, "int32")
        return IMAGE["resize"](images, K.stack(size), self.interpolation)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result, of which one dim is random."""
        return tuple(None if i == self.axis else dim for i, dim in enumerate(plain(input_shape)))

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "factor": self.factor, "interpolation": self.interpolation}


class RandomHeight(_RandomSize):
    """Images with more or fewer rows."""

    axis = 1


class RandomWidth(_RandomSize):
    """Images with more or fewer columns."""

    axis = 2


class _RandomPlace(_Random):
    """A layer that takes the points of an image from other places."""

    def __init__(self, fill_mode: str, interpolation: str, seed: Any, name: Any, **kwargs: Any) -> None:
        where = type(self).__name__
        if fill_mode not in warping.FILLS:
            raise NotImplementedError(f"{where}(): fill_mode must be one of {warping.FILLS}; got {fill_mode!r}")
        if interpolation not in warping.WAYS:
            raise NotImplementedError(f"{where}(): interpolation must be one of {warping.WAYS}; got {interpolation!r}")
        super().__init__(seed, name, **kwargs)
        self.fill_mode, self.interpolation = fill_mode, interpolation

    def _changed(self, images: Any) -> Any:
        rows, columns = (K.cast(size, images.dtype) for size in _size(images))
        matrix = self._matrix(images, rows, columns)
        one = K.ones_like(next(part for part in matrix if not isinstance(part, float)))
        transforms = K.stack([one * part for part in matrix], -1)
        return warping.warped(images, transforms, self.fill_mode, self.interpolation)

    def _matrix(self, images: Any, rows: Any, columns: Any) -> tuple[Any, ...]:
        """The six numbers of each transform, see `kjax.ops.warping.warped`."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "fill_mode": self.fill_mode, "interpolation": self.interpolation}


class RandomRotation(_RandomPlace):
    """Images turned around their middle, by a part of a full turn."""

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "constant",
        interpolation: str = "bilinear",
        seed: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, name, **kwargs)
        self.factor, self.limits = factor, _limits(factor, "RandomRotation", least=-math.inf)

    def _matrix(self, images: Any, rows: Any, columns: Any) -> tuple[Any, ...]:
        angle = self._drawn(self.limits, images) * (2.0 * math.pi)
        cos, sin = K.cos(angle), K.sin(angle)
        across, down = columns - 1.0, rows - 1.0
        x = (across - (cos * across - sin * down)) / 2.0
        y = (down - (sin * across + cos * down)) / 2.0
        return cos, -sin, x, sin, cos, y

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {**super().get_config(), "factor": self.factor}


class RandomTranslation(_RandomPlace):
    """Images shifted by a part of their height and of their width."""

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "constant",
        interpolation: str = "bilinear",
        seed: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, name, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.limits = [_limits(factor, "RandomTranslation") for factor in (height_factor, width_factor)]

    def _matrix(self, images: Any, rows: Any, columns: Any) -> tuple[Any, ...]:
        down, across = (self._drawn(limits, images) for limits in self.limits)
        return 1.0, 0.0, -across * columns, 0.0, 1.0, -down * rows

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        own = {"height_factor": self.height_factor, "width_factor": self.width_factor}
        return {**super().get_config(), **own}


class RandomZoom(_RandomPlace):
    """Images that show less of the image, enlarged, or more than the image."""

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, name, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        factors = (height_factor, height_factor if width_factor is None else width_factor)
        self.limits = [_limits(factor, "RandomZoom") for factor in factors]

    def _matrix(self, images: Any, rows: Any, columns: Any) -> tuple[Any, ...]:
        down = 1.0 + self._drawn(self.limits[0], images)
        across = down if self.width_factor is None else 1.0 + self._drawn(self.limits[1], images)
        x, y = (columns - 1.0) / 2.0 * (1.0 - across), (rows - 1.0) / 2.0 * (1.0 - down)
        return across, 0.0, x, 0.0, down, y

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        own = {"height_factor": self.height_factor, "width_factor": self.width_factor}
        return {**super().get_config(), **own}


PREPROCESSING: dict[str, Any] = {
    part.__name__: On("layers.Layer", part, _MODULE)
    for part in (
        CategoryEncoding,
        CenterCrop,
        Discretization,
        Normalization,
        PreprocessingLayer,
        RandomContrast,
        RandomCrop,
        RandomFlip,
        RandomHeight,
        RandomRotation,
        RandomTranslation,
        RandomWidth,
        RandomZoom,
        Rescaling,
        Resizing,
    )
}
