"""Functions of K on symbolic tensors of Keras 3: each call becomes an operation in the graph of a Keras model.

What a call gives, its static shape and dtype, is found out on tensors of kjax (`keras3_graphs`). The model then calls
the function on arrays.
"""

from __future__ import annotations

import functools
import importlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from kjax import backend
from kjax.core.foreign import Call, Kind, mapped, plain, plain_or_known
from kjax.core.graph import holds_symbolic, leaves, reachable
from kjax.core.operands import as_tensor
from kjax.core.phase import learning_phase
from kjax.core.plan import Plan
from kjax.core.pure import evaluated
from kjax.core.structures import flatten, packed, sorted_by_keys
from kjax.core.tensor import Placeholder, Tensor
from kjax.dialects import tensorflow_modules
from kjax.dialects.keras3_graphs import in_graph, inputs_of, is_symbolic, keep, tensor_of
from kjax.dialects.keras3_surroundings import STANDING
from kjax.dialects.keras3_variables import OF_GRAPHS, Mirror
from kjax.machine import surroundings
from kjax.machine.checks import is_tracer
from kjax.machine.scopes import scope
from kjax.ops import methods, state
from kjax.ops.indexing import getitem


class SymbolicTensors(Kind):
    """Symbolic tensors of Keras 3."""

    def recognises(self, cls: type) -> bool:
        """Whether objects of this class are symbolic tensors of Keras 3."""
        import keras

        return issubclass(cls, keras.KerasTensor)

    def call(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A symbolic tensor of Keras, an operation of a model; in graphs of kjax a tensor of kjax."""
        if call.function is state.is_keras_tensor:
            return True
        standing = STANDING.get()
        if standing is not None:
            return call.function(*mapped(args, standing.inward), **mapped(kwargs, standing.inward))
        updates = call.function in (state.update, state.update_add, state.update_sub, state.moving_average_update)
        if updates or call.function in OF_GRAPHS or holds_symbolic((args, kwargs)):
            return as_outputs(call.function(*in_graph(args), **in_graph(kwargs)), flatten((args, kwargs)))
        return applied(Application(call.function, (args, kwargs)))


class _Place:
    """Where a symbolic tensor stands among the arguments of a call."""

    def __init__(self, index: int) -> None:
        self.index = index


class Application:
    """A function, and its arguments with places in them for symbolic tensors.

    Attributes:
        symbols: the symbolic tensors among the arguments, and those that callbacks among them use.
        at: of the leaves of a result, the places of the tensors, which are the outputs in a model.
    """

    at: Sequence[int] = ()

    def __init__(self, function: Callable[..., Any], arguments: Any) -> None:
        self.function = function
        self.symbols: list[Any] = []
        self.callbacks = 0
        self._made: dict[tuple[int, ...], int] = {}  # what callbacks make: where they do, and where it then stands
        self._calling: tuple[tuple[int, ...], Iterator[int]] | None = None  # the callback that runs, and a count
        self.arguments = mapped(arguments, self._placed)

    def _placed(self, value: Any) -> Any:
        if is_symbolic(value):
            return _Place(self.index(value))
        if callable(value) and not isinstance(value, type):
            self.callbacks += 1
            return functools.partial(self._called, value, (self.callbacks,))
        return value

    def around(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        """A callback that the one which runs hands on."""
        assert self._calling is not None
        outer, count = self._calling
        return functools.partial(self._called, callback, (*outer, next(count)))

    def index(self, symbol: Any) -> int:
        """Where a symbol stands among the symbols; one that is met for the first time goes to their end.

        An operation of Keras in a callback makes another symbol each time that the callback runs: the same one here.
        """
        for i, known in enumerate(self.symbols):
            if known is symbol:
                return i
        if self._calling is None:
            self.symbols.append(symbol)
            return len(self.symbols) - 1
        callback, count = self._calling
        place = (*callback, next(count))
        if place not in self._made:
            self.symbols.append(symbol)
            self._made[place] = len(self.symbols) - 1
        return self._made[place]

    def _called(self, callback: Callable[..., Any], at: tuple[int, ...], *args: Any, **kwargs: Any) -> Any:
        """The result of a callback, without symbolic tensors of Keras."""
        around, self._calling = self._calling, (at, itertools.count())
        try:
            return mapped(callback(*args, **kwargs), STANDING.get() or tensor_of)
        finally:
            self._calling = around

    def on(self, values: Any) -> Any:
        """The result for tensors or arrays in the places of the symbolic tensors; more are met in callbacks."""
        values = list(values)
        args, kwargs = mapped(self.arguments, lambda part: values[part.index] if isinstance(part, _Place) else part)
        with scope(STANDING, _Standing(self, values) if self.callbacks else None):
            return self.function(*args, **kwargs)

    def config(self) -> dict[str, Any]:
        """What `_restored` makes the same of.

        Raises:
            NotImplementedError: there are callbacks among the arguments.
        """
        name = self.function.__name__
        if self.callbacks:
            raise NotImplementedError(
                f"{name}(): a model can't be saved with a function that is an argument of K.{name}; call K.{name} in a "
                "layer of your own, which Keras saves by its name"
            )
        if _found(self.function.__module__, name) is None:
            raise NotImplementedError(
                f"{name}(): a model can't be saved with a function of the program's as an operation; call it in a "
                "layer of your own, which Keras saves by its name"
            )
        import jax
        import keras

        def saved(value: Any) -> Any:
            if isinstance(value, _Place):
                return {"kjax_place": value.index}
            return np.asarray(value) if isinstance(value, (Tensor, jax.Array)) else value

        placed = mapped(self.arguments, saved)
        return {
            "function": f"{self.function.__module__}:{name}",
            "arguments": keras.saving.serialize_keras_object(list(placed)),
        }


class _Standing:
    """What symbolic tensors stand for while a callback computes on tensors."""

    def __init__(self, application: Application, values: list[Any]) -> None:
        self.application, self.values = application, values

    def __call__(self, value: Any) -> Any:
        """What a symbolic tensor stands for; anything else as it is."""
        if not is_symbolic(value):
            return value
        index = self.application.index(value)
        if index == len(self.values):  # met for the first time
            self.values.append(tensor_of(value))
        return self.values[index]

    def inward(self, value: Any) -> Any:
        """An argument of a function that a callback calls, which may be a callback, too."""
        if callable(value) and not isinstance(value, type):
            return self.application.around(value)
        return self(value)


def _restored(function: str, arguments: Any) -> Application:
    """The application of a saved configuration."""
    import keras

    module, _, name = function.partition(":")
    found = _found(module, name)
    if found is None:
        raise ValueError(f"a function of kjax that computes is needed; got {function!r}")
    application = Application(found, ((), {}))
    args, kwargs = keras.saving.deserialize_keras_object(arguments)
    application.arguments = (tuple(map(_with_places, args)), {key: _with_places(v) for key, v in kwargs.items()})
    return application


def _found(module: str, name: str) -> Any:
    """A function by its module and name, as a file names it; None for another one.

    Files come from anywhere: they may name what computes, and nothing else.
    """
    if module.startswith(("kjax.ops.", "kjax.sparse.")) and not name.startswith("_"):
        return getattr(importlib.import_module(module), name, None)
    return tensorflow_modules.computing(module, name)


def _with_places(value: Any) -> Any:
    if isinstance(value, dict):
        if list(value) == ["kjax_place"]:
            return _Place(value["kjax_place"])
        return {key: _with_places(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_with_places, value))
    return value


# ----------------------------------------------------------------------------------------------------- operations


def applied(application: Application) -> Any:
    """What the application gives: symbolic tensors of Keras for tensors."""
    result = application.on(map(tensor_of, application.symbols))
    result = sorted_by_keys(result)
    flat = flatten(result)
    tensors = _tensors_among(flat)
    if not tensors:
        return result
    known = {tensor_of(symbol) for symbol in application.symbols}
    random = any(node.op.random for node in reachable(tensors, lambda t: t in known or t._node is None))
    plain_operation, layer, _ = _classes()
    symbols = (layer if random else plain_operation)(application)(application.symbols)
    given = iter(symbols if isinstance(symbols, list) else [symbols])
    return packed(result, [next(given) if isinstance(leaf, Tensor) else leaf for leaf in flat])


def _tensors_among(leaves: Sequence[Any]) -> list[Tensor]:
    return [leaf for leaf in leaves if isinstance(leaf, Tensor)]


def _spec(application: Application, symbols: Any) -> Any:
    """The symbolic tensors of Keras that the application gives, each with its tensor of kjax."""
    leaves = flatten(sorted_by_keys(application.on(map(tensor_of, symbols))))
    application.at = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
    return _one_or_all([_symbol(application.function.__name__, tensor) for tensor in _tensors_among(leaves)])


def _symbol(name: str, tensor: Tensor) -> Any:
    if tensor.shape.rank is None:
        raise ValueError(f"{name}(): Keras needs the rank of a result, which is not known here")
    return keep(_symbol_class()(tuple(tensor.shape), tensor.dtype.name), tensor)


def _one_or_all(outputs: list[Any]) -> Any:
    """The outputs as an operation of Keras gives them."""
    return outputs[0] if len(outputs) == 1 else outputs


def as_outputs(result: Any, operands: Sequence[Any]) -> Any:
    """Tensors of kjax that are computed from inputs of a Keras model alone, as symbolic tensors of Keras.

    Gradients become a part of a model so: one operation, which computes the graph of kjax.

    Args:
        result: what a function gave, tensors in nested lists.
        operands: what it was given: the inputs are among what this is computed from.
    """
    symbols = [symbol for symbol in operands if is_symbolic(symbol)]
    inputs = {tensor_of(symbol): symbol for symbol in inputs_of(symbols)}
    used: dict[Tensor, Any] = {}

    def is_output(value: Any) -> bool:
        if not isinstance(value, Tensor) or value._node is None or value._node.op.updates is not None:
            return False
        needed = [t for t in leaves([value]) if isinstance(t, Placeholder) and not t._static]
        if not needed or not inputs.keys() >= set(needed):
            return False
        used.update((t, inputs[t]) for t in needed)
        return True

    tensors = [leaf for leaf in flatten(result) if is_output(leaf)]
    if not tensors:
        return result
    # (The operands are there for the layers before them, which are to be a part of the model.)
    before = [symbol for symbol in symbols if used.keys() >= set(map(tensor_of, inputs_of([symbol])))]
    made = _classes()[2](tensors, len(used))([*used.values(), *before])
    given = dict(zip(tensors, made if isinstance(made, list) else [made], strict=True))
    return mapped(result, lambda leaf: given.get(leaf, leaf) if isinstance(leaf, Tensor) else leaf)


@functools.cache
def _symbol_class() -> Any:
    """The class of symbolic tensors that functions of K make: its operators are theirs, too.

    So a part of a shape stays known where it is in a model, and other shapes can be made of it.
    """
    import keras

    def swapped(operation: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, other: operation(other, self)

    operators: dict[str, Any] = {f"__{name}__": operation for name, operation in methods.OPERATORS.items()}
    operators |= {f"__r{name}__": swapped(operation) for name, operation in methods.BINARY.items()}
    return type("KerasTensor", (keras.KerasTensor,), {**operators, "__getitem__": getitem, "__module__": __name__})


@functools.cache
def _classes() -> tuple[Any, Any, Any]:
    """The classes of the operations: one without state, a layer with a state of random numbers, a graph of kjax."""
    import keras

    class Applied(keras.Operation):  # type: ignore[misc]
        """A function of K, applied to symbolic tensors."""

        def __init__(self, application: Application, name: str | None = None) -> None:
            super().__init__(name=name)
            self.application = application

        def compute_output_spec(self, symbols: Any) -> Any:
            return _spec(self.application, symbols)

        def call(self, arrays: Any) -> Any:
            # (What is known of traced arrays, such as their shape, stays known.)
            known = any(map(is_tracer, arrays)) or all(isinstance(array, (np.ndarray, np.generic)) for array in arrays)
            # (Callbacks compute on tensors, whose operators know what a symbolic tensor from outside stands for.)
            values = map(as_tensor, arrays) if self.application.callbacks else arrays
            leaves = flatten(sorted_by_keys(self.application.on(values)))
            to_plain = plain_or_known if known else plain
            return _one_or_all([to_plain(leaves[i]) for i in self.application.at])

        def get_config(self) -> dict[str, Any]:
            return {"name": self.name, **self.application.config()}

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(_restored(config["function"], config["arguments"]), name=config["name"])

    class AppliedLayer(keras.layers.Layer):  # type: ignore[misc]
        """A function of K that draws random numbers, applied to symbolic tensors."""

        def __init__(self, application: Application, name: str | None = None) -> None:
            super().__init__(name=name, autocast=False)
            self.application = application
            self.seeds = keras.random.SeedGenerator()
            self.built = True

        compute_output_spec, call = Applied.compute_output_spec, Applied.call
        get_config, from_config = Applied.get_config, Applied.__dict__["from_config"]

    class Graph(keras.Operation):  # type: ignore[misc]
        """A graph of kjax, computed from inputs; other operands are what makes its layers a part of the model."""

        def __init__(self, tensors: Sequence[Tensor], count: int) -> None:
            super().__init__()
            self.tensors, self.count = tensors, count

        def compute_output_spec(self, symbols: Any) -> Any:
            self.plan = Plan(self.tensors, self.tensors, [tensor_of(symbol) for symbol in symbols[: self.count]])
            return _one_or_all([_symbol("gradients", tensor) for tensor in self.tensors])

        def call(self, arrays: Any) -> Any:
            variables: dict[Tensor, Any] = {v: v._value for v in self.plan.read_only if isinstance(v, Mirror)}
            phase = [learning_phase()] * len(self.plan.static)
            number = surroundings.seed() if self.plan.random else None
            outputs, _ = evaluated(self.plan, phase, arrays[: self.count], variables, number, "gradients()")
            return _one_or_all(outputs)

        def get_config(self) -> dict[str, Any]:
            raise NotImplementedError(
                "gradients(): a model with gradients among its outputs can't be saved; save the weights "
                "(model.save_weights), and build it again"
            )

    return Applied, AppliedLayer, Graph


def provide_operators() -> None:
    """Let variables of Keras stand before symbolic tensors, as in `w - 0.1 * gradient`. (Keras computes on values.)"""
    import keras

    def operator(operation: Callable[..., Any], on_values: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(on_values)
        def operator(self: Any, other: Any) -> Any:
            symbolic = is_symbolic(other) or (isinstance(other, Tensor) and other.is_symbolic)
            return (operation if symbolic else on_values)(self, other)

        return operator

    for name, operation in {**methods.BINARY, **methods.COMPARISON}.items():
        method = f"__{name}__"
        setattr(keras.Variable, method, operator(operation, getattr(keras.Variable, method)))


def register_operations() -> None:
    """Let Keras find the operations in saved models, and the functions of K where they are given to a layer."""
    import keras

    for operation in _classes()[:2]:
        keras.saving.register_keras_serializable("kjax")(operation)
    for name in backend.__all__:
        keras.saving.register_keras_serializable("kjax", name)(getattr(backend, name))
