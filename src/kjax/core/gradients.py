"""`K.gradients`: a gradient is a node like any other.

It computes `jax.vjp` of the part of the graph between the tensors it differentiates by and the loss. The results of its
forward pass are handed on, so that the loss and all nodes between are computed once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from kjax.core.dependence import dependences
from kjax.core.dtypes import DType
from kjax.core.foreign import public
from kjax.core.graph import Node, Operation, Values, leaves, outputs_of, reachable
from kjax.core.shape import Shape
from kjax.core.stretches import Stretch
from kjax.core.tensor import Tensor
from kjax.machine.forks import jax_to_compute
from kjax.machine.scopes import wide_types


@public
def gradients(loss: Tensor | Sequence[Tensor], variables: Tensor | Sequence[Tensor]) -> list[Tensor | Any]:
    """Gradients of a symbolic loss.

    Args:
        loss: a symbolic tensor (its elements are summed), or a list of them.
        variables: the tensor, or the list of tensors, to differentiate by: variables, placeholders, or anything
            between them and the loss.

    Returns:
        A list with a symbolic tensor of the shape of each of `variables`, or None where the loss does not depend on
        it (or only through operations without derivative, such as `K.round`, `K.stop_gradient`, a cast to integers).

    Raises:
        ValueError: the loss is a value rather than a symbolic tensor, and does not remember how it was computed.
        TypeError: something is no tensor at all.

    Source: `tf.keras.backend.gradients`, TF 2.2. Differs: works in eager mode too, on what depends on placeholders.

    >>> from kjax import backend as K
    >>> x = K.placeholder(shape=(2,))
    >>> slope = K.function([x], K.gradients(K.sum(x ** 3), [x]))
    >>> slope([[1., 2.]])[0].tolist()
    [3.0, 12.0]
    """
    losses = _tensors(loss, "loss")
    wrt = _tensors(variables, "variables")
    for tensor in losses:
        if tensor._value is not None and type(tensor) is Tensor:
            raise ValueError(
                f"gradients(): loss is a value ({tensor.dtype} of shape {tensor.shape}), computed eagerly, and does "
                "not remember what it was computed from. Build it from a K.placeholder, or inside "
                "`with kjax.graph_mode():` (for the whole program: kjax.disable_eager_execution(), or "
                "`kjax run --graph`)."
            )
    return slopes(losses, wrt)


# Which nodes gradients go through.
Through = Callable[[Node], bool]


def slopes(
    losses: Sequence[Tensor],
    wrt: Sequence[Tensor],
    weights: Sequence[Tensor] = (),
    each: bool = False,
    through: Through = lambda node: True,
) -> list[Tensor | None]:
    """Symbolic gradients of the sum of `losses` by each of `wrt`; None where they don't depend on it.

    Args:
        losses: symbolic tensors.
        wrt: tensors that they may depend on.
        weights: what each loss is multiplied by; 1 without them.
        each: whether to differentiate each element of the only loss: a result has the dims of the loss before its own.
        through: which nodes gradients go through; what others compute counts as given.
    """
    at = [i for i, loss in enumerate(losses) if _inexact(loss.dtype)]
    losses, weights = [losses[i] for i in at], [weights[i] for i in at] if weights else []
    connected = _uses(losses, through)
    found: dict[Tensor, Tensor] = {}
    for group in levels([w for w in dict.fromkeys(wrt) if w in connected]):
        operation = _Gradient(losses, group, weights, through, each)
        node = Node(operation, (), operation.inputs)
        specs = [(_behind(losses[0].shape, w.shape) if each else w.shape, w.dtype) for w in group]
        found.update(zip(group, outputs_of(node, specs), strict=True))
    return [found.get(w) for w in wrt]


class Picked(NamedTuple):
    """The gradient by a tensor of which only rows were picked.

    Attributes:
        indices: the positions of the rows, a tensor for each time that rows were picked.
        slopes: the gradients by the rows there, each of the shape of its positions and of one row.
    """

    indices: list[Tensor]
    slopes: list[Tensor]

    def mapped(self, new: Callable[[Tensor], Tensor]) -> Picked:
        """The same of other tensors."""
        return Picked([*map(new, self.indices)], [*map(new, self.slopes)])

    def reversed(self) -> Picked:
        """The same, what was picked last first."""
        return Picked(self.indices[::-1], self.slopes[::-1])


def slopes_by_rows(
    losses: Sequence[Tensor],
    wrt: Sequence[Tensor],
    weights: Sequence[Tensor] = (),
    through: Through = lambda node: True,
) -> list[Tensor | Picked | None]:
    """As `slopes`, but `Picked` by a tensor of which the losses depend on picked rows alone."""
    picks = picks_of(losses, wrt, through)
    wanted = [w for w in wrt if w not in picks] + [row for rows in picks.values() for row in rows]
    found = dict(zip(wanted, slopes(losses, wanted, weights, through=through), strict=True))

    def picked(rows: list[Tensor]) -> Picked:
        return Picked([row._node.args[1] for row in rows], [found[row] for row in rows])  # type: ignore[union-attr,misc]

    return [picked(picks[w]) if w in picks else found[w] for w in wrt]


def picks_of(
    losses: Sequence[Tensor], wrt: Iterable[Tensor], through: Through = lambda node: True
) -> dict[Tensor, list[Tensor]]:
    """Those of `wrt` that reach `losses` by picked rows alone; with these rows, in the order of their nodes."""
    uses, whole = _uses(losses, through), set(losses)
    found: dict[Tensor, list[Tensor]] = {}
    for w in wrt:
        nodes = [(use._node, use) for use in uses.get(w, ()) if use._node is not None]
        if nodes and w not in whole and all(node.op.picks and node.args[0] is w for node, _ in nodes):
            found[w] = [use for _, use in sorted(nodes, key=lambda pair: pair[0].serial)]
    return found


def _behind(first: Shape, second: Shape) -> Shape:
    return Shape.UNKNOWN if first.rank is None or second.rank is None else Shape((*first, *second))


def _tensors(value: Any, name: str) -> list[Tensor]:
    listed = list(value) if isinstance(value, (list, tuple)) else [value]
    for tensor in listed:
        if not isinstance(tensor, Tensor):
            raise TypeError(f"gradients(): {name} must be a tensor or a list of tensors; got {tensor!r}")
    return listed


def _inexact(dtype: DType) -> bool:
    return dtype.is_floating or dtype.is_complex


def _uses(losses: Iterable[Tensor], through: Through) -> dict[Tensor, list[Tensor]]:
    """All tensors from which a derivative reaches one of the losses, and what it comes through next."""
    uses: dict[Tensor, list[Tensor]] = {loss: [] for loss in losses if _inexact(loss.dtype)}
    stack = list(uses)
    while stack:
        tensor = stack.pop()
        node = tensor._node
        if node is None or not node.op.differentiable or not through(node):
            continue
        for t in node.op.dependent(tensor._index) if isinstance(node.op, _Gradient) else dict.fromkeys(node.inputs):
            if _inexact(t.dtype):
                if t not in uses:
                    stack.append(t)
                uses.setdefault(t, []).append(tensor)
    return uses


def levels(wrt: Sequence[Tensor]) -> list[list[Tensor]]:
    """`wrt` in groups of which no member depends on another, nor on one of a later group.

    Within a group, the forward pass may start from the members' values; of two tensors one behind the other, the
    front one's gradient must flow through the one behind.
    """
    level: dict[Tensor, int] = {}
    inner = [w for w in wrt if w._node is not None]
    order = {node: i for i, node in enumerate(reachable(inner))} if inner else {}
    for w in sorted(wrt, key=lambda t: -1 if t._node is None else order[t._node]):
        if w._node is None:
            level[w] = 0
            continue
        behind = {t for node in reachable([w]) for t in node.inputs}
        level[w] = 1 + max((level[v] for v in level if v in behind), default=-1)
    groups: dict[int, list[Tensor]] = {}
    for w in wrt:
        groups.setdefault(level[w], []).append(w)
    return [groups[key] for key in sorted(groups)]


class _Gradient(Operation):
    """The gradients of the sum of `losses` by `wrt`, see `slopes`. Its forward pass computes all nodes between."""

    name = "gradients"
    label = "gradients"
    covers = True

    def __init__(
        self, losses: Sequence[Tensor], wrt: list[Tensor], weights: Sequence[Tensor], through: Through, each: bool
    ) -> None:
        self.losses, self.wrt, self.weights, self.each = losses, wrt, weights, each
        starts = set(wrt)
        between: dict[Node, None] = {}
        outside: dict[Tensor, None] = dict.fromkeys([*wrt, *weights])
        for node in reachable(losses, lambda t: t in starts or t._node is None or not through(t._node)):
            if any(t in starts or t._node in between for t in node.inputs):
                between.setdefault(node)
        for node in between:
            outside.update(dict.fromkeys(t for t in node.inputs if t._node not in between))
        outside.update(dict.fromkeys(t for t in losses if t._node not in between))
        self.inner, self.inner_inputs, self.inner_targets = list(between), wrt, losses
        self.inputs = list(outside)
        self.random = any(step.op.random for step in self.inner)
        self._dependent: list[frozenset[Tensor]] | None = None

    def dependent(self, index: int) -> frozenset[Tensor]:
        """The inputs that the gradient by `wrt[index]` depends on."""
        if self._dependent is None:
            # (TensorFlow's gradient of a rectifier counts as one that depends on its input.)
            rectified = frozenset(t for step in self.inner if step.op.name == "relu" for t in self._below(step))
            found = dependences(self.inputs, len(self.wrt), lambda values: self.execute(None, values))
            self._dependent = [tensors | rectified for tensors in found]
        return self._dependent[index]

    def _below(self, step: Node) -> list[Tensor]:
        """The inputs of all that `step` is computed from."""
        own = set(self.inputs)
        return [t for t in leaves(step.inputs, lambda t: t in own or t._node is None) if t in own]

    def execute(self, node: Node | None, values: Values) -> tuple[Any, ...]:
        jax = jax_to_compute()
        jnp = jax.numpy
        stretch = Stretch(self.inner)

        def forward(starts: list[Any]) -> tuple[Any, Any]:
            inner, handed_on = stretch.run(values, dict(zip(self.wrt, starts, strict=True)))
            return [jnp.asarray(inner(loss)) for loss in self.losses], handed_on

        with wide_types(jax):
            starts = [jnp.asarray(values(w)) for w in self.wrt]
            losses, backward, handed_on = jax.vjp(forward, starts, has_aux=True)
            slopes = self._backward(jax, backward, losses, [values(weight) for weight in self.weights])
        stretch.take_over(values, handed_on)
        # TensorFlow's gradient by a complex tensor is the conjugate of JAX's.
        return tuple(jnp.conj(s) if np.issubdtype(s.dtype, np.complexfloating) else s for s in slopes)

    def _backward(self, jax: Any, backward: Callable[..., Any], losses: list[Any], weights: list[Any]) -> Any:
        """The slopes by `wrt`, for the weights of the losses."""
        jnp = jax.numpy
        if not self.each:
            given = (
                [jnp.broadcast_to(w, loss.shape) for w, loss in zip(weights, losses, strict=True)] if weights else []
            )
            return backward(given or [jnp.ones_like(loss) for loss in losses])[0]
        (loss,) = losses
        ones = jnp.eye(loss.size, dtype=loss.dtype).reshape(loss.size, *loss.shape)
        (slopes,) = jax.vmap(backward)([ones])
        return [slope.reshape(loss.shape + slope.shape[1:]) for slope in slopes]
