"""`layer.losses` of `tf.keras`: what a layer and those in it add to the loss, as of now.

Keras 2.3.1 has a list of symbolic tensors, made when weights were made and when the layer was called on symbolic
inputs. A program with a step of its own asks for the losses after a call, at once or in a `tf.function`, and takes
gradients of them, so they are

- the losses of the last call, activity regularizers and what `add_loss` was given in it; and
- those that stand whatever the layer is called on, computed anew: regularizers of weights, and functions that
  `add_loss` was given.

A layer that was called on no values has the symbolic ones of its call on symbolic inputs. So has each where a graph is
built, as `compile` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kjax.core import graph
from kjax.core.function import Function
from kjax.core.graph import leaves
from kjax.core.operands import as_tensor
from kjax.core.tape import Call, called, kept
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.updates import is_in_order
from kjax.dialects.newer_base import below
from kjax.dialects.repairs import wrap


def adapt(keras: Any) -> None:
    """Give layers and models of Keras 2.3.1 the `losses` of `tf.keras`."""
    for owner in (keras.layers.Layer, keras.engine.network.Network):
        owner.losses = property(_Asked(owner.losses))
    wrap(keras.models.Model, "_prepare_total_loss", _symbolic)


def _symbolic(original: Any, *args: Any) -> Any:
    """The loss that `compile` makes: each step computes it anew, and the losses of layers in it."""
    with graph.graph_mode():
        return original(*args)


class _Asked:
    """The property `losses`, given that of Keras."""

    def __init__(self, of_keras: Any) -> None:
        self._of_keras = of_keras

    def __call__(self, layer: Any) -> list[Any]:
        if not graph.executing_eagerly() and not is_in_order():
            found: list[Any] = self._of_keras.fget(layer)
            return found
        owners = [layer, *below(layer)]
        owners = list({id(owner): owner for owner in owners}.values())
        if any(_CALL in vars(owner) for owner in owners):
            losses = [loss for owner in owners for loss in (*vars(owner).get(_CALL, ()), *standing(owner))]
        else:
            losses = self._of_keras.fget(layer)
        return _computed(layer, losses)


# Attributes of layers: losses of the last call, and tensors that stand whatever the layer is called on.
_CALL, _STANDING, _MADE = "_losses_of_call", "_standing_losses", "_losses_made"


def standing(layer: Any) -> list[Any]:
    """The symbolic losses that a layer has whatever it is called on."""
    found: list[Any] = vars(layer).setdefault(_STANDING, [])
    return found


def of_call(layer: Any, losses: Iterable[tuple[Any, Any]]) -> None:
    """Note that a call of a layer is over, in which it and layers in it added `losses`, each with its layer."""
    for owner in (layer, *below(layer)):
        vars(owner)[_CALL] = []
    for owner, loss in losses:
        vars(owner).setdefault(_CALL, []).append(loss)


def is_known(layer: Any, loss: Any) -> bool:
    """Whether a loss was there before: Keras hands those of a layer to the model around it at each call."""
    return any(loss is one for owner in (layer, *below(layer)) for one in vars(owner).get("_losses", ()))


def _computed(layer: Any, losses: Sequence[Any]) -> list[Any]:
    """Losses, of which those that depend on variables alone are computed now: tapes that record are told of them."""
    free = [loss for loss in losses if isinstance(loss, Tensor) and loss._value is None and _is_free(loss)]
    if not free:
        return list(losses)
    made, function = vars(layer).get(_MADE, ((), None))
    if len(made) != len(free) or any(one is not other for one, other in zip(made, free, strict=True)):
        with graph.graph_mode():
            function = Function([], free, fetch=kept)
        vars(layer)[_MADE] = free, function
    values = dict(zip(map(id, free), _results(function, free), strict=True))
    return [values.get(id(loss), loss) for loss in losses]


def _is_free(loss: Tensor) -> bool:
    """Whether nothing need be fed for a loss, which was made out of a function."""
    return not any(isinstance(x, Placeholder) and x._default is None for x in leaves([loss]))


def _results(function: Any, losses: Sequence[Tensor]) -> Sequence[Tensor]:
    if graph.executing_eagerly():
        return called(function, [], [])
    plan = function.plan
    node = graph.Node(Call(function, ()), (*plan.updated, *plan.read_only, as_tensor(0)))
    return graph.outputs_of(node, [(loss.shape, loss.dtype) for loss in losses])
