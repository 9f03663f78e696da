"""The names under which classes are saved and found again: `register_keras_serializable` and its like."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from kjax.dialects.newer_parts import of_keras
from kjax.dialects.repairs import wrap
from kjax.machine.scopes import scope

_names: dict[Any, str] = {}  # of registered classes and functions


def register_keras_serializable(package: str = "Custom", name: Any = None) -> Callable[[Any], Any]:
    """A decorator that makes a class or a function known, so that models with it can be loaded.

    Args:
        package: the first part of its name.
        name: the second part, its own name by default.

    Returns:
        A decorator, which returns the class or function as it is.

    Raises:
        ValueError: a class without `get_config`, or a name that is taken by another one.

    Source: `tf.keras.utils.register_keras_serializable`, TF 2.2.
    """

    def register(known: Any) -> Any:
        full = f"{package}>{known.__name__ if name is None else name}"
        if inspect.isclass(known) and not hasattr(known, "get_config"):
            raise ValueError(f"register_keras_serializable(): class {known.__name__} has no method get_config")
        taken = of_keras("utils.get_custom_objects")().get(full)
        if taken is not None and taken is not known:
            raise ValueError(f"register_keras_serializable(): {full!r} is the name of {taken!r} already")
        of_keras("utils.get_custom_objects")()[full] = known
        _names[known] = full
        return known

    return register


def get_registered_name(obj: Any) -> str:
    """The name under which a class or function was registered, else its own name.

    Source: `tf.keras.utils.get_registered_name`, TF 2.2.

    >>> get_registered_name(dict)
    'dict'
    """
    found = _names.get(obj)
    return str(obj.__name__ if found is None else found)


def get_registered_object(name: str, custom_objects: Any = None, module_objects: Any = None) -> Any:
    """The class or function of a name: of the registered ones, of `custom_objects`, or of `module_objects`; or None.

    Source: `tf.keras.utils.get_registered_object`, TF 2.2.
    """
    for objects in (of_keras("utils.get_custom_objects")(), custom_objects or {}, module_objects or {}):
        if name in objects:
            return objects[name]
    return None


UTILS: dict[str, Any] = {
    "get_registered_name": get_registered_name,
    "get_registered_object": get_registered_object,
    "register_keras_serializable": register_keras_serializable,
}


# Gives a layer for a configuration, while a model is cloned by a function; None for others.
_cloning: ContextVar[Callable[[Any], Any] | None] = ContextVar("_cloning", default=None)


def clone_model(model: Any, input_tensors: Any = None, clone_function: Any = None) -> Any:
    """A model of the same form with new weights.

    Args:
        model: a functional or sequential model.
        input_tensors: tensors to build it on; by default it gets inputs of its own.
        clone_function: a function from each layer but inputs to its clone.

    Returns:
        A model.

    Raises:
        ValueError: the model has a `call` of its own.
        NotImplementedError: both `input_tensors` and `clone_function` are given.

    Source: `tf.keras.models.clone_model`, TF 2.2.
    """
    if clone_function is None and input_tensors is None and "_forms" in vars(model):  # Keras's clones are of flat lists
        clone_function = _renewed
    if clone_function is None:
        return of_keras("models.clone_model")(model, input_tensors)
    if input_tensors is not None:
        raise NotImplementedError("clone_model(): give either input_tensors or clone_function")
    if not model._is_graph_network and not isinstance(model, of_keras("models.Sequential")):
        raise ValueError(f"clone_model(): model {model.name!r} has a call of its own, and can't be cloned")
    inputs = of_keras("layers.InputLayer")
    layers = {layer.name: layer for layer in model.layers if not isinstance(layer, inputs)}

    def clone(config: Any) -> Any:
        layer = layers.get(config.get("name")) if isinstance(config, dict) else None
        with scope(_cloning, None):
            return None if layer is None else clone_function(layer)

    with scope(_cloning, clone):
        return type(model).from_config(model.get_config())


def _renewed(layer: Any) -> Any:
    return type(layer).from_config(layer.get_config())


MODELS: dict[str, Any] = {"clone_model": clone_model}


def adapt(keras: Any, own: Callable[[str], Mapping[str, Any]]) -> None:
    """Let Keras find the classes that `own` gives for each of its modules, and those that were registered."""
    for name in ("layers", "initializers", "activations", "regularizers", "constraints"):
        of = [functools.partial(own, module) for module in (name, *_BELOW.get(name, ()))]
        wrap(getattr(keras, name), "deserialize_keras_object", functools.partial(_found, of))


# Modules whose classes are found by their names alone, too.
_BELOW = {"layers": ("layers.experimental", "layers.experimental.preprocessing")}


def _found(
    own: Sequence[Callable[[], Mapping[str, Any]]],
    original: Any,
    identifier: Any,
    module_objects: Any = None,
    custom_objects: Any = None,
    printable_module_name: str = "object",
) -> Any:
    clone = _cloning.get()
    if clone is not None and isinstance(identifier, dict) and printable_module_name == "layer":
        found = clone(identifier.get("config", {}))
        if found is not None:
            return found
    registered = {known.__name__: known for known in _names}
    whole = {**registered, **(module_objects or {})}
    for entries in own:
        whole.update(entries())
    return original(identifier, whole, custom_objects, printable_module_name)
