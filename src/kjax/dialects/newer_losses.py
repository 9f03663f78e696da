"""The losses of `tf.keras` in TensorFlow 2.2 where Keras 2.3.1 has none, or means something else.

`adapt` changes Keras 2.3.1, which the models use, for a program that asks for `tensorflow.keras`:

- targets are cast to the dtype of the predictions, which may be lists and arrays;
- of a vector and a matrix of one column a loss object takes the column for the vector;
- `Reduction.AUTO` is the default, and means the mean of the losses of a batch;
- losses of several dtypes are added up in the widest of them;
- `huber_loss` is the mean along the last axis; a vector of targets for `categorical_crossentropy` can be smoothed.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from kjax import backend
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects.repairs import wrap
from kjax.machine.scopes import scope

K: Any = backend


class Reduction:
    """How the losses of a batch become one number."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """The names of all of them.

        >>> Reduction.all()
        ('auto', 'none', 'sum', 'sum_over_batch_size')
        """
        return cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE

    @classmethod
    def validate(cls, key: str) -> None:
        """Raise if this is no reduction.

        Raises:
            ValueError: it is none.
        """
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}; there are {cls.all()}")


# Functions of targets and predictions in `keras.losses`.
FUNCTIONS = (
    "binary_crossentropy",
    "categorical_crossentropy",
    "categorical_hinge",
    "cosine_proximity",
    "hinge",
    "huber_loss",
    "kullback_leibler_divergence",
    "logcosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_crossentropy",
    "squared_hinge",
)


class CosineSimilarity:
    """The loss `-sum(l2_norm(y_true) * l2_norm(y_pred))`."""

    def __init__(self, axis: int = -1, reduction: str = Reduction.AUTO, name: str = "cosine_similarity") -> None:
        fn = sys.modules["keras.losses"].cosine_similarity
        super().__init__(fn, reduction=reduction, name=name, axis=axis)  # type: ignore[call-arg]


def adapt(keras: Any) -> None:
    """Make the losses of Keras 2.3.1 those of TensorFlow 2.2."""
    losses, utils = keras.losses, keras.utils.losses_utils
    own = {"categorical_crossentropy": _categorical_crossentropy, "huber_loss": _huber_loss}
    replace(
        [losses, keras.metrics],
        {name: cast_first(getattr(losses, name), own.get(name)) for name in FUNCTIONS},
    )
    losses.cosine_similarity = losses.cosine_proximity
    losses.CosineSimilarity = type("CosineSimilarity", (CosineSimilarity, losses.LossFunctionWrapper), {})
    vars(utils)["Reduction"] = Reduction
    wrap(utils, "compute_weighted_loss", _compute_weighted_loss)
    wrap(losses.LossFunctionWrapper, "call", _columns_as_vectors)
    wrap(losses.Loss, "__init__", _validated)
    for cls in {value for value in vars(losses).values() if inspect.isclass(value) and issubclass(value, losses.Loss)}:
        _default_reduction(cls)
    _default_reduction(losses.Loss)
    model = keras.models.Model
    wrap(model, "_prepare_total_loss", _in_one_dtype)
    model.losses = property(functools.partial(_losses, model.losses))


def LOSSES() -> dict[str, Any]:
    """What `tf.keras.losses` has beyond Keras 2.3.1."""
    losses = sys.modules["keras.losses"]
    names = ("CosineSimilarity", "cosine_similarity")
    newer = {"huber": losses.huber_loss, "log_cosh": losses.logcosh}
    return {"Reduction": Reduction, **{name: getattr(losses, name) for name in names}, **newer}


def replace(modules: list[Any], functions: dict[str, Any]) -> None:
    """Put functions in the place of those of their names, also where modules have them under other names."""
    old = {id(getattr(modules[0], name)): function for name, function in functions.items()}
    for module in modules:
        for name, value in [*vars(module).items()]:
            if id(value) in old:
                setattr(module, name, old[id(value)])


def cast_first(original: Any, instead: Any = None) -> Any:
    """A function of losses that takes lists and arrays; targets are cast to the dtype of the predictions."""

    @functools.wraps(original)
    def cast(y_true: Any, y_pred: Any, *args: Any, **kwargs: Any) -> Any:
        y_pred = as_tensor(y_pred)
        return (instead or original)(K.cast(as_tensor(y_true), y_pred.dtype.name), y_pred, *args, **kwargs)

    return cast


def _huber_loss(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    error = K.abs(y_pred - y_true)
    near = K.minimum(error, float(delta))
    return K.mean(0.5 * K.square(near) + delta * (error - near), axis=-1)


def _categorical_crossentropy(y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: Any = 0) -> Any:
    if isinstance(label_smoothing, Tensor) or label_smoothing:
        classes = K.cast(K.shape(y_true)[-1], y_pred.dtype.name)
        smoothing = K.cast(label_smoothing, y_pred.dtype.name)
        y_true = y_true * (1.0 - smoothing) + smoothing / classes
    return K.categorical_crossentropy(y_true, y_pred, from_logits=from_logits)


def _columns_as_vectors(original: Any, loss: Any, y_true: Any, y_pred: Any) -> Any:
    if isinstance(y_true, Tensor) and isinstance(y_pred, Tensor) and None not in (K.ndim(y_true), K.ndim(y_pred)):
        y_pred, y_true = sys.modules["keras.utils.losses_utils"].squeeze_or_expand_dimensions(y_pred, y_true)
    return original(loss, y_true, y_pred)


def _compute_weighted_loss(
    original: Any, losses: Any, sample_weight: Any = None, reduction: str = Reduction.AUTO, name: Any = None
) -> Any:
    Reduction.validate(reduction)
    return original(as_tensor(losses), sample_weight, _settled(reduction), name)


def _settled(reduction: str) -> str:
    return Reduction.SUM_OVER_BATCH_SIZE if reduction == Reduction.AUTO else reduction


def _validated(original: Any, loss: Any, reduction: str = Reduction.AUTO, name: Any = None) -> None:
    Reduction.validate(reduction)
    original(loss, reduction, name)


def _default_reduction(cls: Any) -> None:
    """Make `Reduction.AUTO` the default of a constructor."""
    function = inspect.unwrap(vars(cls).get("__init__", None)) if "__init__" in vars(cls) else None
    defaults = getattr(function, "__defaults__", None)
    if function is not None and defaults:
        auto = (Reduction.AUTO if value == Reduction.SUM_OVER_BATCH_SIZE else value for value in defaults)
        function.__defaults__ = tuple(auto)


# ------------------------------------------------------------------------------------------- losses of several dtypes


def alike(values: Iterable[Any]) -> list[Any]:
    """Tensors of floats, all in the widest of their dtypes; numbers stay as they are.

    >>> [x.dtype.name for x in alike([K.constant(1.0, "float16"), K.constant(2.0, "float32")])]
    ['float32', 'float32']
    """
    listed = [*values]
    wide = widest(x.dtype.name for x in listed if isinstance(x, Tensor))
    return [K.cast(x, wide) if isinstance(x, Tensor) and x.dtype.name != wide else x for x in listed]


def widest(names: Iterable[str]) -> str:
    """The widest of dtypes of floats; the default one of none.

    >>> widest(["float16", "float64", "float32"])
    'float64'
    """
    found: str = max({*names} or {K.floatx()}, key=("bfloat16", "float16", "float32", "float64").index)
    return found


def _in_one_dtype(original: Any, model: Any, masks: Any = None) -> Any:
    """The total loss of a model, of outputs and losses of layers in several dtypes, or of half precision."""
    outputs = [K.dtype(output) for output in model.outputs]
    wide = widest([*outputs, *(K.dtype(loss) for loss in model.losses if isinstance(loss, Tensor))])
    if {*outputs} == {wide} == {K.floatx()}:
        return original(model, masks)
    about = vars(model)
    kept = {name: about[name] for name in ("loss_functions", "sample_weights")}
    about["loss_functions"] = [loss and functools.partial(_cast_loss, wide, loss) for loss in kept["loss_functions"]]
    weights = zip(kept["sample_weights"], outputs, strict=True)
    about["sample_weights"] = [None if weight is None else K.cast(weight, dtype) for weight, dtype in weights]
    try:
        with scope(_dtype_of_losses, wide):
            return original(model, masks)
    finally:
        about.update(kept)


def _cast_loss(dtype: str, loss: Any, *args: Any, **kwargs: Any) -> Any:
    return K.cast(loss(*args, **kwargs), dtype)


# The dtype of a model's losses, while they are added up.
_dtype_of_losses: ContextVar[str | None] = ContextVar("_dtype_of_losses", default=None)


def _losses(original: Any, model: Any) -> Any:
    found, dtype = original.fget(model), _dtype_of_losses.get()
    return found if dtype is None else [K.cast(loss, dtype) if isinstance(loss, Tensor) else loss for loss in found]
