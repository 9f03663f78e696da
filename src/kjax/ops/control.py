"""Control flow: `switch`, the choice between training and testing, and `stop_gradient`."""

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from kjax import shapes
from kjax.core.foreign import public, public_with_branches
from kjax.core.graph import MODE, Node, Operation, Values, now, outputs_of
from kjax.core.op import op
from kjax.core.operands import Array, Condition, MaybeArray, as_tensor
from kjax.core.phase import known_phase, symbolic_phase
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.structures import flatten, folded, form_of, unfolded
from kjax.core.tensor import Tensor
from kjax.core.updates import noted, refuse_updates
from kjax.core.variable import Variable
from kjax.loops.subgraph import Subgraph, building
from kjax.machine import surroundings
from kjax.machine.checks import is_tracer
from kjax.machine.plurals import counted
from kjax.ops.elementwise import cast

# -------------------------------------------------------------------------------------------------------------- switch


@overload
def switch(
    condition: Array, then_expression: "Tensor | Callable[[], Tensor]", else_expression: "Tensor | Callable[[], Tensor]"
) -> Tensor: ...
@overload
def switch(condition: Array, then_expression: Any, else_expression: Any) -> Any: ...
@public_with_branches
def switch(condition: Array, then_expression: Any, else_expression: Any) -> Any:
    """One of two tensors, or for each element one of two elements.

    Args:
        condition: a bool or number, or a tensor of them; anything but 0 counts as true.
        then_expression: the result where the condition is true: a tensor, or a function without arguments that returns
            one (or lists, tuples, dicts of them).
        else_expression: the result elsewhere, likewise, of the same dtype.

    Returns:
        For a scalar condition: the chosen expression; of a function, its result. If the condition has a value, only
        the chosen function is called. If it is symbolic, both are called to build the graph, and only the chosen
        branch runs when a function computes the result; a static dim is unknown where the branches differ.
        For a condition of higher rank: a tensor of the broadcast shape. A condition of rank 1 is aligned with the last
        axis of the branches, one of rank 2 or more with their first axes.

    Raises:
        TypeError: the branches are of different dtypes.
        ValueError: the condition is of higher rank than the branches, or shapes or structures don't go together.
        NotImplementedError: the condition is symbolic, and a variable is updated in one of the functions.

    Source: `tf.keras.backend.switch`, TF 2.2.

    >>> from kjax import backend as K
    >>> x = K.constant([1., -2.])
    >>> switch(K.sum(x) > 0, x, lambda: -x).numpy().tolist()
    [-1.0, 2.0]
    >>> switch(x > 0, x, 0.).numpy().tolist()
    [1.0, 0.0]
    """
    where = "switch()"
    condition = as_tensor(condition, where=f"{where}: condition")
    if not condition.dtype.is_bool:
        condition = cast(condition, "bool")
    if condition.shape.rank:
        return _elementwise(condition, _evaluated(then_expression), _evaluated(else_expression))
    if is_tracer(condition._value):
        return _traced(condition, then_expression, else_expression)
    if condition._value is not None and not (MODE.get().graph and isinstance(condition, Variable)):
        return _evaluated(then_expression if condition else else_expression)
    start = now()
    return _branched(condition, _branch(then_expression, where), _branch(else_expression, where), start)


def _traced(condition: Tensor, then: Any, otherwise: Any) -> Any:
    """The choice where JAX traces the condition for the program: only the chosen branch runs."""
    from kjax.loops.traced import chosen

    structures = []

    def branch(expression: Any) -> Callable[[], list[Tensor]]:
        def run() -> list[Tensor]:
            structure = _evaluated(expression)
            structures.append(form_of(structure))  # (what JAX traces in a branch must not outlive it)
            return [as_tensor(part, where="switch()") for part in flatten(unfolded(structure))]

        return run

    results = chosen("switch()", condition, branch(then), branch(otherwise))
    return folded(structures[-1], results)


def _evaluated(expression: Any) -> Any:
    return expression() if callable(expression) else expression


_UPDATED = (
    "{}: {{}} is updated inside a branch; update it outside, "
    "by the result of a switch between its new value and its old one"
)


def _branch(expression: Any, where: str) -> Any:
    """The result of a branch; it must not update variables, since it may not run."""
    with building(_UPDATED.format(where)):
        return _evaluated(expression)


def _elementwise(condition: Tensor, then: Any, otherwise: Any) -> Tensor:
    tensors = [part for part in (then, otherwise) if isinstance(part, Tensor)]
    like = tensors[0].dtype if tensors else None
    return _selected(condition, as_tensor(then, like, "switch()"), as_tensor(otherwise, like, "switch()"))


def _selected_shape(where: str, condition: Tensor, then: Tensor, otherwise: Tensor) -> Shape:
    rank, known = condition.shape.rank, then.shape.rank
    if rank is None or known is None:
        return shapes.UNKNOWN
    if rank > known:
        raise ValueError(f"{where}: the rank of condition, {rank}, must not exceed the branches' rank, {known}")
    fitted = Shape((*condition.shape, *(1,) * (known - rank))) if rank > 1 else condition.shape
    return shapes.broadcast(where, fitted, then.shape, otherwise.shape)


@op(name="switch", shape=_selected_shape, label="SelectV2")
def _selected(xp, condition: Condition, then: Array, otherwise: Array):
    rank = condition.ndim
    if rank > then.ndim:
        raise ValueError("the rank of condition must not exceed the branches' rank")
    if rank > 1:
        condition = condition.reshape(condition.shape + (1,) * (then.ndim - rank))
    return xp.where(condition, then, otherwise)


# ------------------------------------------------------------------------------------------------ branches of a graph


def _branched(condition: Tensor, then: Any, otherwise: Any, start: int) -> Any:
    """The symbolic choice between the results of two branches, whose nodes were created after `start`."""
    structure = then
    then, otherwise = unfolded(then), unfolded(otherwise)
    first, second = flatten(then), flatten(otherwise)
    if len(first) != len(second):
        raise ValueError(
            "switch(): then_expression and else_expression must have the same structure; "
            f"got {counted(len(first), 'tensor')} and {counted(len(second), 'tensor')}"
        )
    pairs = [_matched(a, b) for a, b in zip(first, second, strict=True)]
    chosen = _Branches(condition, [a for a, _ in pairs], [b for _, b in pairs], start)
    node = Node(chosen, (), chosen.inputs)
    outputs = outputs_of(node, [(_merged(a.shape, b.shape), a.dtype) for a, b in pairs])
    if then is not structure:  # the shape of the whole must be known while a function is compiled
        outputs = [a if a is b else out for (a, b), out in zip(pairs, outputs, strict=True)]
    return folded(structure, outputs)


def _matched(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    like = a.dtype if isinstance(a, Tensor) else b.dtype if isinstance(b, Tensor) else None
    a, b = as_tensor(a, like, "switch(): then_expression"), as_tensor(b, like, "switch(): else_expression")
    if a.dtype != b.dtype:
        raise TypeError(
            f"switch(): the branches must be of one dtype; got {a.dtype} and {b.dtype}. Convert one of them with K.cast"
        )
    return a, b


def _merged(a: Shape, b: Shape) -> Shape:
    if a.rank is None or a.rank != b.rank:
        return shapes.UNKNOWN
    return Shape(m if m == n else None for m, n in zip(a, b, strict=True))


class _Branches(Operation):
    """Run one of two sub-graphs. The inputs are the condition and the tensors that the branches captured."""

    name = "switch"
    label = "cond"

    def __init__(self, condition: Tensor, then: list[Tensor], otherwise: list[Tensor], start: int) -> None:
        self.branches = [Subgraph(targets, start, _UPDATED.format("switch()")) for targets in (otherwise, then)]
        self.inputs = [condition, *dict.fromkeys(t for branch in self.branches for t in branch.captured)]
        self.random = any(branch.random for branch in self.branches)
        self.own = [node for branch in self.branches for node in branch.nodes]

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        condition = values(node.inputs[0])
        if condition.size != 1:
            raise ValueError(f"switch(): condition must be a scalar; got shape {tuple(condition.shape)}")
        condition = condition.reshape(())
        if not is_tracer(condition):
            return self._branch(values, bool(condition))
        import jax

        def branch(which: bool) -> Any:
            return [jax.numpy.asarray(out) for out in self._branch(values, which)]

        try:
            return tuple(jax.lax.cond(condition, lambda: branch(True), lambda: branch(False)))
        except TypeError:
            if _shapes(jax, branch, True) == _shapes(jax, branch, False):
                raise
            # The result's shape depends on the condition, which has no value yet: bool() raises JAX's error for that.
            return self._branch(values, bool(condition))

    def _branch(self, values: Values, which: bool) -> tuple[Any, ...]:
        branch = self.branches[which]
        return tuple(branch.compute(branch.outer(values), values.run_key))


def _shapes(jax: Any, branch: Any, which: bool) -> Sequence[Any]:
    return [out.shape for out in jax.eval_shape(lambda: branch(which))]


# ------------------------------------------------------------------------------------------------------ learning phase


@overload
def in_train_phase(
    x: "Tensor | Callable[[], Tensor]", alt: "Tensor | Callable[[], Tensor]", training: MaybeArray = None
) -> Tensor: ...
@overload
def in_train_phase(x: Any, alt: Any, training: MaybeArray = None) -> Any: ...
@public_with_branches
def in_train_phase(x: Any, alt: Any, training: MaybeArray = None) -> Any:
    """`x` while training, `alt` while testing.

    Args:
        x: the result while training: a tensor, or a function without arguments that returns one.
        alt: the result while testing, likewise.
        training: whether training is on: 0, 1, a bool or a scalar tensor; None is the learning phase.

    Returns:
        If the phase is known: `x` or `alt`; of a function, its result (the other is not called). Otherwise a symbolic
        tensor, as `switch` returns; if it depends on the learning phase, its attribute `_uses_learning_phase` is True.
        That is the case in graph mode, and in eager mode if the phase was never set and `alt` is symbolic: a function
        of it trains when it is fed `K.learning_phase()` or runs under `learning_phase_scope(1)`.

    Raises:
        TypeError: symbolic `x` and `alt` are of different dtypes.
        ValueError: `training` is none of the above.
        NotImplementedError: a variable is updated in the function `alt`, and a run of a function is to choose.

    Source: `tf.keras.backend.in_train_phase`, TF 2.2. Differs: in eager mode, a symbolic result follows the phase
    in which a function runs (there the phase at the time of this call decides).

    >>> in_train_phase('training', lambda: 'testing')
    'testing'
    >>> in_train_phase(lambda: 'training', 'testing', training=True)
    'training'
    """
    start = None
    if training is None:
        training = known_phase()
        if training is None:
            start = now()
            if not MODE.get().graph:
                made: list[Tensor] = []
                if callable(alt):
                    with noted() as made:
                        alt = alt()
                if not _any_symbolic(alt) and not (not callable(x) and _any_symbolic(x)):
                    return alt
                refuse_updates(made, _UPDATED.format("in_train_phase()"))
            training = symbolic_phase()
    if not isinstance(training, Tensor):
        if training not in (0, 1):
            raise ValueError(f"in_train_phase(): training must be 0, 1, a bool or a tensor; got {training!r}")
        if surroundings.shaping():  # (the other branch may need a state of its own)
            _evaluated(alt if training else x)
        chosen = x if training else alt
        return chosen() if callable(chosen) else chosen
    if not training._static:
        return switch(training, x, alt)
    start = now() if start is None else start
    # The branch for training may return updates, for the function that trains; the branch for testing must not.
    result = _branched(training, _evaluated(x), _branch(alt, "in_train_phase()"), start)
    for tensor in flatten(result):
        tensor._uses_learning_phase = True
    return result


def _any_symbolic(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value._value is None
    return any(isinstance(part, Tensor) and part.is_symbolic for part in flatten(unfolded(value)))


@overload
def in_test_phase(
    x: "Tensor | Callable[[], Tensor]", alt: "Tensor | Callable[[], Tensor]", training: MaybeArray = None
) -> Tensor: ...
@overload
def in_test_phase(x: Any, alt: Any, training: MaybeArray = None) -> Any: ...
@public_with_branches
def in_test_phase(x: Any, alt: Any, training: MaybeArray = None) -> Any:
    """`x` while testing, `alt` while training.

    Args:
        x: the result while testing: a tensor, or a function without arguments that returns one.
        alt: the result while training, likewise.
        training: whether training is on: 0, 1, a bool or a scalar tensor; None is the learning phase.

    Returns:
        As for `in_train_phase`, with `x` and `alt` exchanged.

    Raises:
        TypeError: symbolic `x` and `alt` are of different dtypes.
        ValueError: `training` is none of the above.

    Source: `tf.keras.backend.in_test_phase`, TF 2.2.

    >>> in_test_phase('testing', 'training')
    'testing'
    """
    return in_train_phase(alt, x, training)


# ----------------------------------------------------------------------------------------------------------- gradients


def _passed(jnp: Any, variables: Any) -> Any:
    import jax

    return jax.lax.stop_gradient(variables)


@op(name="stop_gradient", shape=shapes.same, differentiable=False, runs=NUMPY, jax_kernel=_passed)
def _stop_gradient(xp, variables: Array):
    return np.asarray(variables)


@overload
def stop_gradient(variables: "list[Tensor] | tuple[Tensor, ...]") -> list[Tensor]: ...
@overload
def stop_gradient(variables: Array) -> Tensor: ...
@public
def stop_gradient(variables: Any) -> Any:
    """Tensors as constants: no gradient passes.

    Args:
        variables: a tensor, or a list of tensors.

    Returns:
        A tensor with the same value, or a list of them, through which `K.gradients` gives None.

    Source: `tf.keras.backend.stop_gradient`, TF 2.2.

    >>> from kjax import backend as K
    >>> x = K.placeholder(shape=())
    >>> K.function([x], K.gradients(x * stop_gradient(x), [x]))([3.])
    [np.float32(3.0)]
    """
    if isinstance(variables, (list, tuple)):
        return [_stop_gradient(variable) for variable in variables]
    return _stop_gradient(variables)
