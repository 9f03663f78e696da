"""Graphs, variable scopes and collections, as programs for TensorFlow 1 know them.

There is no graph that holds its tensors: a graph is what a tensor reaches. What a `tf.Graph` has is names: those given
in its `with` block, the variables made there, and the collections that the program keeps.
"""

from __future__ import annotations

import contextlib
import enum
import gc
import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from kjax import backend as K
from kjax.core.dtypes import as_dtype
from kjax.core.graph import MODE, Names, naming, unique_name
from kjax.core.session import Session, as_operation
from kjax.core.shape import as_shape
from kjax.core.tensor import OperationView, Tensor
from kjax.core.updates import control_dependencies
from kjax.core.variable import Variable
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import ARRAYS
from kjax.dialects.tensorflow_initial import glorot_uniform_initializer, zeros_initializer
from kjax.dialects.tensorflow_overrides import overriding
from kjax.dialects.tensorflow_quiet import device
from kjax.machine.plurals import counted
from kjax.machine.scopes import scope

# ------------------------------------------------------------------------------------------------------------- graphs


class GraphKeys:
    """The names of collections that TensorFlow itself uses."""

    ACTIVATIONS = "activations"
    ASSET_FILEPATHS = "asset_filepaths"
    BIASES = "biases"
    CONCATENATED_VARIABLES = "concatenated_variables"
    COND_CONTEXT = "cond_context"
    EVAL_STEP = "eval_step"
    GLOBAL_STEP = "global_step"
    GLOBAL_VARIABLES = "variables"
    INIT_OP = "init_op"
    LOCAL_INIT_OP = "local_init_op"
    LOCAL_RESOURCES = "local_resources"
    LOCAL_VARIABLES = "local_variables"
    LOSSES = "losses"
    METRIC_VARIABLES = "metric_variables"
    MODEL_VARIABLES = "model_variables"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    QUEUE_RUNNERS = "queue_runners"
    READY_FOR_LOCAL_INIT_OP = "ready_for_local_init_op"
    READY_OP = "ready_op"
    REGULARIZATION_LOSSES = "regularization_losses"
    RESOURCES = "resources"
    SAVEABLE_OBJECTS = "saveable_objects"
    SAVERS = "savers"
    SUMMARIES = "summaries"
    SUMMARY_OP = "summary_op"
    TABLE_INITIALIZERS = "table_initializer"
    TRAINABLE_RESOURCE_VARIABLES = "trainable_resource_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    TRAIN_OP = "train_op"
    UPDATE_OPS = "update_ops"
    VARIABLES = "variables"
    WEIGHTS = "weights"
    WHILE_CONTEXT = "while_context"


class _NoTensorError(KeyError, ValueError):
    """There is no tensor of a name."""


class Graph:
    """`tf.Graph`: names, variables and collections of their own.

    >>> graph = Graph()
    >>> with graph.as_default():
    ...     step = get_variable('step', (), initializer=zeros_initializer())
    >>> [variable.name for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES)]
    ['step:0']
    """

    def __init__(self) -> None:
        self._names = Names()
        self.seed: Any = None
        _graphs[self._names] = self

    @contextlib.contextmanager
    def as_default(self) -> Iterator[Graph]:
        """A `with` block in graph mode in which names are given here."""
        with naming(self._names), scope(_current, None):
            yield self

    # -------------------------------------------------------------------------------------------------- what is there

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor `"name:0"`, as long as the program has it.

        Raises:
            ValueError: `name` is no name of a tensor.
            KeyError: there is none of that name.
        """
        if not isinstance(name, str) or ":" not in name:
            raise ValueError(f"Graph.get_tensor_by_name(): a tensor has a name like 'dense/kernel:0'; got {name!r}")
        # Nothing is kept for the sake of this rare call: Python knows what lives.
        found = [x for x in gc.get_objects() if isinstance(x, Tensor) and x.name == name]
        if not found:
            raise _NoTensorError(f"The name {name!r} refers to a Tensor which does not exist, or is no longer in use")
        return max(found, key=lambda x: -1 if x._node is None else x._node.serial)

    def get_operation_by_name(self, name: str) -> OperationView:
        """The operation behind the tensor `"name:0"`."""
        return self.get_tensor_by_name(f"{name}:0").op

    def as_graph_element(self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True) -> Any:
        """`obj` if it is a tensor, else the tensor of that name."""
        return self.get_tensor_by_name(obj if ":" in obj else f"{obj}:0") if isinstance(obj, str) else obj

    def as_graph_def(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotImplementedError: a graph can't be written to a file."""
        raise NotImplementedError("Graph.as_graph_def(): kjax has no graph files; save a Keras model or its weights")

    # --------------------------------------------------------------------------------------------------- collections

    @property
    def collections(self) -> list[Any]:
        """The names of the collections."""
        return self.get_all_collection_keys()

    def get_all_collection_keys(self) -> list[Any]:
        """The names of the collections that have entries."""
        keys = [GraphKeys.GLOBAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES, *self._names.collections]
        return [key for key in dict.fromkeys(keys) if self.get_collection(key)]

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """The entries of a collection; with `scope` those whose names it matches as a regular expression."""
        found = [*self._variables(name), *self._names.collections.get(name, ())]
        if scope is not None:
            found = [x for x in found if hasattr(x, "name") and re.match(scope, x.name)]
        return found

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The list behind a collection, which may be changed."""
        if name in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES):
            return self.get_collection(name)
        return self._names.collections.setdefault(name, [])

    def _variables(self, name: Any) -> list[Any]:
        if name == GraphKeys.GLOBAL_VARIABLES:
            local = {id(variable) for variable in self._names.collections.get(GraphKeys.LOCAL_VARIABLES, ())}
            return [variable for variable in self._names.living() if id(variable) not in local]
        if name == GraphKeys.TRAINABLE_VARIABLES:
            return [variable for variable in self._names.living() if variable.trainable]
        return []

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Add an entry to a collection."""
        self._names.collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Add an entry to several collections."""
        for name in [names] if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def clear_collection(self, name: Any) -> None:
        """Let a collection be empty."""
        self._names.collections.pop(name, None)

    # ---------------------------------------------------------------------------------------------------- the rest

    def finalize(self) -> None:
        """Nothing: a graph may grow at any time."""

    finalized = False
    building_function = False

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name`, with a number behind it if it was used before."""
        with naming(self._names):
            return unique_name(name)

    def name_scope(self, name: str) -> Any:
        """A `with` block in which names get a prefix."""
        return K.name_scope(name or "")

    def get_name_scope(self) -> str:
        """The prefix of names."""
        return MODE.get().scope.rstrip("/")

    def control_dependencies(self, control_inputs: Any) -> Any:
        """A `with` block whose tensors are computed after others."""
        return control_dependencies(control_inputs or [])

    def gradient_override_map(self, op_type_map: Any) -> Any:
        """A `with` block in which operations of some types get gradients that `tf.RegisterGradient` has registered."""
        return overriding(op_type_map)

    def device(self, device_name_or_function: Any) -> Any:
        """A `with` block; the compiler chooses the device."""
        return device(device_name_or_function)

    def __repr__(self) -> str:
        return f"<kjax graph of {counted(len(self._names.living()), 'variable')}>"

    def _repr_html_(self) -> str:
        from kjax.core import showing

        rows = [(v.name, str(v.shape), str(v.dtype)) for v in self._names.living()]
        return showing.table(rows, repr(self))


_graphs: WeakKeyDictionary[Names, Graph] = WeakKeyDictionary()


def get_default_graph() -> Graph:
    """The graph in which names are given now."""
    names = MODE.get().names
    found = _graphs.get(names)
    if found is None:
        found = Graph.__new__(Graph)
        found._names, found.seed = names, None
        _graphs[names] = found
    return found


def variables_of(graph: Graph) -> tuple[list[Any], list[Any]]:
    """The variables of a graph, and those of all others."""
    others = [variable for names in [*_graphs] if names is not graph._names for variable in names.living()]
    return graph._names.living(), others


# ---------------------------------------------------------------------------------------------------- variable scopes


class _ReuseMode(enum.Enum):
    AUTO_REUSE = 1


AUTO_REUSE = _ReuseMode.AUTO_REUSE


class VariableScope:
    """A prefix of the names of variables, and what holds for them.

    Attributes:
        name: the prefix, without the slash at its end.
        reuse: True if variables must be there already, None if they must not, `AUTO_REUSE` if either.
        initializer, regularizer, constraint, dtype: of variables for which none is given.
    """

    def __init__(
        self,
        reuse: Any,
        name: Any = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        name_scope: Any = "",
        dtype: Any = "float32",
        use_resource: Any = None,
        constraint: Any = None,
    ) -> None:
        self.name, self.reuse, self.original_name_scope = name, reuse, name_scope or (f"{name}/" if name else "")
        self.initializer, self.regularizer, self.constraint = initializer, regularizer, constraint
        self.custom_getter, self.dtype = custom_getter, as_dtype(dtype)

    def reuse_variables(self) -> None:
        """Let variables be those that are there already."""
        self.reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Set the initializer of variables for which none is given."""
        self.initializer = initializer

    def set_regularizer(self, regularizer: Any) -> None:
        """Set the regularizer of variables for which none is given."""
        self.regularizer = regularizer

    def global_variables(self) -> list[Any]:
        """The variables made in the scope."""
        return get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES, f"{self.name}/")

    def trainable_variables(self) -> list[Any]:
        """The trainable variables made in the scope."""
        return get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES, f"{self.name}/")

    def __repr__(self) -> str:
        return f"<kjax variable scope {self.name!r} reuse={self.reuse}>"


_current: ContextVar[VariableScope | None] = ContextVar("kjax_variable_scope", default=None)


def get_variable_scope() -> VariableScope:
    """The variable scope that the program is in."""
    found = _current.get()
    if found is None:
        found = get_default_graph()._names.kept.setdefault("scope", VariableScope(None))
    return found


class variable_scope(contextlib.ContextDecorator):
    """`tf.compat.v1.variable_scope`: a `with` block in which variables get a prefix, and are shared by their names.

    Args:
        name_or_scope: a name, or a scope to enter again.
        default_name: the name where `name_or_scope` is None, made unique.
        initializer, regularizer, constraint, dtype, custom_getter: for variables for which none is given.
        reuse: True if variables must be there already, `AUTO_REUSE` if they may.
        values, caching_device, partitioner, use_resource, auxiliary_name_scope: ignored.
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: Any = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: Any = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if name_or_scope is None and default_name is None:
            raise TypeError("tf.compat.v1.variable_scope(): give name_or_scope or default_name")
        self._name, self._default, self._reuse = name_or_scope, default_name, reuse
        self._own = {
            "initializer": initializer,
            "regularizer": regularizer,
            "constraint": constraint,
            "custom_getter": custom_getter,
            "dtype": None if dtype is None else as_dtype(dtype),
        }
        self._stacks: list[contextlib.ExitStack] = []

    def __enter__(self) -> VariableScope:
        outer = get_variable_scope()
        if isinstance(self._name, VariableScope):
            outer, full = self._name, self._name.name
        else:
            name = self._name if self._name is not None else self._unique(outer)
            full = f"{outer.name}/{name}" if outer.name and name else outer.name or name
        defaults = {key: getattr(outer, key) if own is None else own for key, own in self._own.items()}
        entered = VariableScope(outer.reuse if self._reuse is None else self._reuse or None, full, **defaults)
        stack = contextlib.ExitStack()
        if full:
            prefix = MODE.get().scope
            inner = full.rpartition("/")[2]
            stack.enter_context(K.name_scope(f"{unique_name(prefix + inner)}/"))
        stack.enter_context(scope(_current, entered))
        self._stacks.append(stack)
        return entered

    def __exit__(self, *error: Any) -> None:
        self._stacks.pop().__exit__(*error)

    def _unique(self, outer: VariableScope) -> str:
        counts = get_default_graph()._names.kept.setdefault("scopes", {})
        base = f"{outer.name}/{self._default}"
        count = next(counts.setdefault(base, itertools.count()))
        return f"{self._default}_{count}" if count else str(self._default)


def get_variable(
    name: Any,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Any = None,
    trainable: Any = None,
    collections: Any = None,
    caching_device: Any = None,
    partitioner: Any = None,
    validate_shape: bool = True,
    use_resource: Any = None,
    custom_getter: Any = None,
    constraint: Any = None,
    synchronization: Any = "AUTO",
    aggregation: Any = "NONE",
) -> Any:
    """`tf.compat.v1.get_variable`: the variable of that name in the scope, made if need be.

    Args:
        name: its name, to which the scope's is added.
        shape: its shape; may be left out where `initializer` is a tensor, or the variable is there.
        dtype: its dtype, float32 by default.
        initializer: a function of shape and dtype, or the value itself; by default Glorot's uniform distribution, and
            zeros for integers.
        regularizer: a function of the variable; its result goes to the collection of regularization losses.
        trainable: whether optimizers change it.
        collections: the collections it goes to, beside those of all variables.
        constraint: what an optimizer applies to it.
        custom_getter: is called instead, with this function as its first argument.
        caching_device, partitioner, validate_shape, use_resource, synchronization, aggregation: ignored.

    Raises:
        ValueError: it is there and may not be used again, or is not there and must be, or has another shape; or no
            shape is given.
    """
    around = get_variable_scope()
    getter = around.custom_getter if custom_getter is None else custom_getter
    if getter is not None:
        inner = VariableScope(around.reuse, around.name, around.initializer, around.regularizer, dtype=around.dtype)
        inner.constraint = around.constraint

        def get(name: Any, *args: Any, **kwargs: Any) -> Any:
            with scope(_current, inner):
                return get_variable(name.removeprefix(f"{around.name}/"), *args, **kwargs)

        full = f"{around.name}/{name}" if around.name else name
        return getter(get, full, shape=shape, dtype=dtype, initializer=initializer, trainable=trainable)
    full = f"{around.name}/{name}" if around.name else name
    shared = get_default_graph()._names.kept.setdefault("shared", {})
    found = shared.get(full)
    if found is None and around.reuse is True:
        raise ValueError(
            f"Variable {full} does not exist, or was not created with tf.get_variable(). Did you mean to set "
            "reuse=tf.AUTO_REUSE in VarScope?"
        )
    if found is not None:
        if not around.reuse:
            raise ValueError(
                f"Variable {full} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE in "
                "VarScope?"
            )
        if shape is not None and not as_shape(shape, "tf.get_variable(): shape").is_compatible_with(found.shape):
            raise ValueError(f"Trying to share variable {full}, but specified shape {shape} and found {found.shape}.")
        return found
    made = _made(
        full,
        shape,
        around.dtype if dtype is None else as_dtype(dtype),
        around.initializer if initializer is None else initializer,
    )
    made.trainable = trainable is not False
    made.constraint = constraint or around.constraint
    shared[full] = made
    wanted = regularizer or around.regularizer
    if wanted is not None:
        loss = wanted(made)
        if loss is not None:
            get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
    own = (GraphKeys.GLOBAL_VARIABLES, GraphKeys.TRAINABLE_VARIABLES)
    get_default_graph().add_to_collections([key for key in collections or () if key not in own], made)
    return made


def _made(name: str, shape: Any, dtype: Any, initializer: Any) -> Variable:
    if initializer is None:
        initializer = glorot_uniform_initializer() if dtype.is_floating else zeros_initializer()
    if inspect.isclass(initializer):
        initializer = initializer()
    if not callable(initializer):
        value = ops.convert_to_tensor(initializer)
    elif shape is None:
        raise ValueError(f"Shape of a new variable ({name}) must be fully defined, but instead was <unknown>.")
    else:
        dims = as_shape(shape, "tf.get_variable(): shape", allow_none=False)
        value = initializer([*dims], dtype=dtype)
    variable: Any = ops.Variable
    made: Variable = variable(value, name=name)
    made._name = f"{name}:0"
    return made


def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: Any = None,
    custom_getter_: Any = None,
    **kwargs: Any,
) -> Callable[..., Any]:
    """`tf.compat.v1.make_template`: a function whose variables are made at its first call, and shared by all."""
    entered: list[VariableScope] = []

    def call(*args: Any, **more: Any) -> Any:
        again = entered[0] if entered else unique_name_
        with variable_scope(again, None if again else name_, reuse=bool(entered), custom_getter=custom_getter_) as own:
            if not entered:
                entered.append(own)
            return func_(*args, **more, **kwargs)

    return call


# ---------------------------------------------------------------------------------------------------------- variables


def _collected(key: str) -> Callable[..., list[Any]]:
    def of(scope: Any = None) -> list[Any]:
        return get_default_graph().get_collection(key, scope)

    return of


def _variables_initializer(var_list: Any, name: Any = "init") -> Any:
    """What gives variables the values that they had first; None in eager mode."""
    if not MODE.get().graph:
        return None
    variables: list[Any] = list(var_list)
    with control_dependencies([variable.initializer for variable in variables]):
        return as_operation(ARRAYS["identity"](0))


def _initializer_of(key: str) -> Callable[[], Any]:
    return lambda: _variables_initializer(get_default_graph().get_collection(key))


_global_variables_initializer = _initializer_of(GraphKeys.GLOBAL_VARIABLES)
_local_variables_initializer = _initializer_of(GraphKeys.LOCAL_VARIABLES)


def local_variable(value: Any, name: str, *keys: str) -> Any:
    """A variable of a computation's own: not trained, not saved, and in collections of its own."""
    variable: Any = ops.Variable
    made = variable(value, trainable=False, name=name)
    get_default_graph().add_to_collections([GraphKeys.LOCAL_VARIABLES, *keys], made)
    return made


def _reset_default_graph() -> None:
    names = MODE.get().names
    K.clear_session()
    names.forget()


def _get_collection_ref(key: Any) -> list[Any]:
    return get_default_graph().get_collection_ref(key)


Session.graph = property(lambda session: session._graph or get_default_graph())  # type: ignore[attr-defined]

TF: dict[str, Any] = {"Graph": Graph}
V1: dict[str, Any] = {
    "AUTO_REUSE": AUTO_REUSE,
    "Graph": Graph,
    "GraphKeys": GraphKeys,
    "VariableScope": VariableScope,
    "add_to_collection": lambda name, value: get_default_graph().add_to_collection(name, value),
    "add_to_collections": lambda names, value: get_default_graph().add_to_collections(names, value),
    "all_variables": lambda: get_default_graph().get_collection(GraphKeys.GLOBAL_VARIABLES),
    "get_collection": lambda key, scope=None: get_default_graph().get_collection(key, scope),
    "get_collection_ref": _get_collection_ref,
    "get_default_graph": get_default_graph,
    "get_variable": get_variable,
    "get_variable_scope": get_variable_scope,
    "global_variables": _collected(GraphKeys.GLOBAL_VARIABLES),
    "global_variables_initializer": _global_variables_initializer,
    "initialize_all_variables": _global_variables_initializer,
    "initialize_local_variables": _local_variables_initializer,
    "initialize_variables": _variables_initializer,
    "is_variable_initialized": lambda variable: ops.constant(True),
    "local_variables": _collected(GraphKeys.LOCAL_VARIABLES),
    "local_variables_initializer": _local_variables_initializer,
    "make_template": make_template,
    "model_variables": _collected(GraphKeys.MODEL_VARIABLES),
    "moving_average_variables": _collected(GraphKeys.MOVING_AVERAGE_VARIABLES),
    "no_regularizer": lambda _: None,
    "report_uninitialized_variables": lambda var_list=None, name="report_uninitialized_variables": ops.fill([0], 0),
    "reset_default_graph": _reset_default_graph,
    "tables_initializer": lambda name="init_all_tables": _variables_initializer([]),
    "trainable_variables": _collected(GraphKeys.TRAINABLE_VARIABLES),
    "variable_scope": variable_scope,
    "variables_initializer": _variables_initializer,
}
