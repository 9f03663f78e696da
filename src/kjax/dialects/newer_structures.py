"""Models whose inputs and outputs are dicts, tuples, or lists within lists: Keras 2.3.1 has a flat list of each.

Within, such a model is Keras's, of flat lists. What it is called on is laid flat, and what it gives has the form of its
outputs again.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

from kjax.core.structures import flatten, is_flat, packed, sorted_by_keys
from kjax.dialects.repairs import wrap
from kjax.machine.scopes import scope


class _Forms(NamedTuple):
    """The structures that a model was made of."""

    inputs: Any
    outputs: Any


def adapt(keras: Any) -> None:
    """Let models be made of structures, be called on them and give them."""
    network, model = keras.engine.network.Network, keras.models.Model
    wrap(network, "_init_graph_network", _made)
    wrap(network, "__call__", _called)
    wrap(network, "get_config", _configured)
    network.from_config = classmethod(functools.partial(_from_config, network.from_config.__func__))
    for name in ("predict", "predict_generator", "predict_on_batch"):
        wrap(model, name, _predicted)
    for name in ("input", "output", "input_shape", "output_shape"):
        setattr(network, name, _in_form(getattr(network, name), name))


def _forms(model: Any) -> Any:
    return vars(model).get("_forms")


def _is_keras(form: Any) -> bool:
    """Whether Keras 2.3.1 has the form itself: one tensor, or a flat list of several."""
    return not isinstance(form, (list, tuple, Mapping)) or (is_flat(form) and len(form) > 1)


def _alone(form: Any) -> Any:
    """What a list holds that has a single leaf."""
    return form[0] if isinstance(form, list) and len(flatten(form)) == 1 else form


def _made(original: Any, model: Any, inputs: Any, outputs: Any, *args: Any, **kwargs: Any) -> None:
    forms = _Forms(*(sorted_by_keys(_alone(form)) for form in (inputs, outputs)))
    if all(map(_is_keras, forms)):
        original(model, inputs, outputs, *args, **kwargs)
        return
    original(model, *map(flatten, forms), *args, **kwargs)
    vars(model)["_forms"] = forms


def _configured(original: Any, model: Any) -> Any:
    config = original(model)
    forms = _forms(model)
    if forms is not None:
        for name, form in (("input_layers", forms.inputs), ("output_layers", forms.outputs)):
            config[name] = packed(form, config[name])
    return config


def _from_config(original: Any, cls: Any, config: Any, custom_objects: Any = None) -> Any:
    """A model from its configuration, in which the places of its inputs and outputs are nested as they are."""
    names = ("input_layers", "output_layers")
    nested = [_form_of(config[name]) for name in names] if all(name in config for name in names) else []
    forms = _Forms(*(sorted_by_keys(_alone(form)) for form in nested)) if nested else None
    if forms is None or all(map(_is_keras, forms)):
        return original(cls, config, custom_objects)
    flat = {name: [leaf.place for leaf in flatten(form)] for name, form in zip(names, forms, strict=True)}
    model = original(cls, {**config, **flat}, custom_objects)
    vars(model)["_forms"] = _Forms(*(packed(form, [None] * len(flatten(form))) for form in forms))
    return model


class _Place:
    """Where a tensor comes from, as configurations have it: the name of a layer, which call of it, which result."""

    def __init__(self, place: Any) -> None:
        self.place = [*place]


def _form_of(places: Any) -> Any:
    """A structure of such places."""
    if isinstance(places, Mapping):
        return {key: _form_of(part) for key, part in places.items()}
    if places and isinstance(places[0], str):
        return _Place(places)
    return type(places)(map(_form_of, places))


def _flat(model: Any, inputs: Any) -> Any:
    """What a model is called on, as Keras takes it. The keys of a dict are those of the inputs, else their names."""
    if isinstance(inputs, Mapping):
        form = _forms(model).inputs
        names = form if isinstance(form, Mapping) else model.input_names
        if all(name in inputs for name in names):
            inputs = [inputs[name] for name in names]
    flat = flatten(sorted_by_keys(inputs))
    return flat[0] if len(flat) == 1 else flat


def _packed(model: Any, outputs: Any) -> Any:
    form = _forms(model).outputs
    return packed(form, outputs if isinstance(outputs, list) else [outputs])


def _called(original: Any, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    if _forms(model) is None:
        return original(model, inputs, *args, **kwargs)
    return _packed(model, original(model, _flat(model, inputs), *args, **kwargs))


# Whether a method of a model runs in another one, which expects a flat list of it.
_within: ContextVar[bool] = ContextVar("_within", default=False)


def _predicted(original: Any, model: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    if _forms(model) is None or _within.get():
        return original(model, x, *args, **kwargs)
    with scope(_within, True):
        x = _flat(model, x) if isinstance(x, (list, tuple, Mapping)) else x
        outputs = original(model, x, *args, **kwargs)
    return _packed(model, outputs)


def _in_form(flat: Any, name: str) -> property:
    """A property of a model about its inputs or outputs."""
    kind, _, of_shapes = name.partition("_")

    def get(model: Any) -> Any:
        found = flat.fget(model)
        if _forms(model) is None:
            return found
        form = getattr(_forms(model), f"{kind}s")
        several = len(flatten(form)) > 1
        return packed(form if of_shapes else _alone(form), found if several else [found])

    return property(get)
