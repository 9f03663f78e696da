"""Matrix products hoisted out of loops: computed for all steps at once, before the loop or after it.

A step of a recurrent layer multiplies the inputs of one time step by a weight, and the state by another. The first does
not need the state, so that for all time steps together it is one large product before the loop: faster than many small
ones. So is the gradient of a weight: within a loop, that would be a small product for each step, added to a sum as
large as the weight; when the loop is done, it is one product of all states by all gradients.

On several devices, among which a batch is split, a bias is treated as the weight of a late product: within the loop,
the devices would have to add up its gradient at each step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from kjax.core.graph import Node, Values
from kjax.core.tensor import Tensor
from kjax.machine import config, meshes
from kjax.machine.checks import Conditions

_SUMS = ("Add", "BiasAdd")
LARGEST = 1 << 26  # elements of a product of all steps; beyond that, memory matters more than time


class Products(NamedTuple):
    """The products in the body of a loop by weights that are the same at each step.

    Attributes:
        early: products of slices, or of tensors that depend on slices only.
        late: products that need a state, by a tensor that is the same at each step; and sums of what is not the same at
            each step and such a tensor.
    """

    early: list[Tensor]
    late: list[Tensor]


def find_products(
    nodes: Sequence[Node], targets: Sequence[Tensor], slices: Iterable[Tensor], states: Iterable[Tensor]
) -> Products:
    """The products in the body of a loop.

    Args:
        nodes: the nodes of the body, each after those it needs.
        targets: the results and new states of the body.
        slices: the parameters of the body for the slices of one step.
        states: the parameters for the states before it.
    """
    if config.PLAIN:
        return Products([], [])
    # Whether a tensor depends on a slice, on a state (or on anything else that needs the steps in turn), or on neither.
    of_slice, of_state = 1, 2
    kinds: dict[Any, int] = {**dict.fromkeys(slices, of_slice), **dict.fromkeys(states, of_state)}
    outputs = {tensor._node: tensor for tensor in (*targets, *(t for node in nodes for t in node.inputs))}
    products = Products([], [])
    for node in nodes:
        needs = [kinds.get(t) or kinds.get(t._node, 0) for t in node.inputs]
        hoistable = node.op.elementary and not node.op.random
        kinds[node] = max(needs, default=0) if hoistable else of_state
        if hoistable and len(needs) == 2 and needs[0] and not needs[1]:
            if node.op.rows and needs[0] == of_slice:
                products.early.append(outputs[node])
            elif node.op.rows or node.op.label in _SUMS:
                products.late.append(outputs[node])
    return products


def _left(product: Tensor) -> Tensor:
    return product._node.inputs[0]  # type: ignore[union-attr]


def weight_of(product: Tensor) -> Tensor:
    """The right factor of a product."""
    return product._node.inputs[1]  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------------------ before the loop


def compute_early(
    products: Iterable[Tensor], slices: dict[Tensor, Any], outer: dict[Tensor, Any], conditions: Conditions
) -> dict[Tensor, Any]:
    """The tensors that change from step to step: the slices, and the early products.

    Args:
        products: early ones.
        slices: the parameter for each slice, and the slices of all steps, along the first axis.
        outer: the values of the captured tensors.
        conditions: where the conditions go that only a run can tell.

    Returns:
        `slices`, and with them the products of all steps.
    """
    known, done = dict(slices), dict(slices)
    for product in products:
        left = _left(product)
        if left not in known:
            known[left] = _at_each_step(left, known, outer, conditions)
        rows = known[left]
        if rows.ndim > 2 and meshes.is_over_several():
            # (Steps and rows as one dim could not be split by rows.)
            done[product] = known[product] = _at_each_step(product, {left: rows}, outer, conditions)
        elif rows.ndim > 2:  # otherwise it has no rows, and an error is due
            flat = rows.reshape(rows.shape[0] * rows.shape[1], *rows.shape[2:])
            values = Values({**outer, left: flat}, conditions=conditions)
            (out,) = values.compute([product])
            if out.size <= LARGEST:
                done[product] = known[product] = out.reshape(*rows.shape[:2], *out.shape[1:])
    return done


def _at_each_step(tensor: Tensor, known: dict[Tensor, Any], outer: dict[Tensor, Any], conditions: Conditions) -> Any:
    """The values at all steps of a tensor that depends on slices only."""
    import jax

    errors: list[Exception] = []

    def one(parts: list[Any]) -> Any:
        conditions: Conditions = []
        (out,) = Values({**outer, **dict(zip(known, parts, strict=True))}, conditions=conditions).compute([tensor])
        errors[:] = [error for _, error in conditions]
        return jax.numpy.asarray(out), [condition for condition, _ in conditions]

    out, holding = jax.vmap(one)(list(known.values()))
    conditions.extend((held.all(), error) for held, error in zip(holding, errors, strict=True))
    return out


# ------------------------------------------------------------------------------------------------------- after the loop

# One step of a loop: `body(states, slices, others, multiply) -> (new states, results)`; `multiply` is to
# compute the late products.
Body = Callable[[Any, Any, Any, "Lefts"], tuple[Any, Any]]


def compute_weights(products: Products, outer: dict[Tensor, Any], conditions: Conditions) -> dict[Tensor, Any]:
    """The values of tensors from outside of the loop, and of the weights that the body computes of them alone.

    Args:
        products: those of the loop.
        outer: the values of the captured tensors.
        conditions: where the conditions go that only a run can tell.
    """
    weights = [weight for product in products.late if (weight := weight_of(product)) not in outer]
    computed = Values(outer, conditions=conditions).compute(weights)
    return {**outer, **dict(zip(weights, computed, strict=True))}


def late_products(products: Products, values: dict[Tensor, Any]) -> Lefts:
    """The late products by matrices, and on several devices sums with vectors.

    Args:
        products: those of the loop.
        values: what JAX traces of the tensors from outside of the loop.
    """
    several, found = meshes.is_over_several(), {}
    for product in products.late:
        weight, of_rows = values.get(weight_of(product)), product._node.op.rows  # type: ignore[union-attr]
        if weight is not None and weight.ndim == (2 if of_rows else 1) and (of_rows or several):
            found[product] = weight
    return Lefts([*found], [*found.values()])


class Lefts:
    """Computes late products, and keeps their left factors."""

    def __init__(self, products: Sequence[Tensor], weights: Sequence[Any], plus: Sequence[Any] | None = None) -> None:
        self.products, self.weights, self.plus = products, weights, plus or [None] * len(products)
        self.found: list[Any] = []

    def __call__(self, values: Values) -> None:
        """Compute the products of one step; `plus` is added to them."""
        for product, weight, plus in zip(self.products, self.weights, self.plus, strict=True):
            (left,) = values.compute([_left(product)])
            out = _multiplied(product, left, weight, values.conditions)
            values.results[product._node] = (out if plus is None else out + plus,)  # type: ignore[index]
            self.found.append(left)


def _multiplied(product: Tensor, left: Any, weight: Any, conditions: Conditions | None = None) -> Any:
    node: Any = product._node
    return node.op.execute(node, Values({_left(product): left, weight_of(product): weight}, conditions=conditions))[0]


def scan(body: Body, states: Any, xs: Any, others: Any, lefts: Lefts) -> Any:
    """`jax.lax.scan`, with the gradients of weights computed when the loop back is done.

    Args:
        body: one step.
        states: the first ones.
        xs: the slices of all steps.
        others: all else that `body` needs of what JAX traces.
        lefts: the late products, their weights, which are matrices, and their left factors in one step.

    Returns:
        The states in the end, and the results of all steps.
    """
    import jax

    products, weights = lefts.products, list(lefts.weights)

    def looped(states: Any, xs: Any, others: Any, weights: Any, more: Any = None) -> Any:
        def step(carry: Any, x: Any) -> Any:
            multiply = Lefts(products, weights, x[1])
            new, results = body(carry, x[0], others, multiply)
            return new, (results, [] if more is None else multiply.found)

        final, (results, multiplied) = jax.lax.scan(step, states, (xs, more))
        return (final, results), multiplied

    if not products:
        return looped(states, xs, others, weights)[0]

    @jax.custom_vjp
    def loop(states: Any, xs: Any, others: Any, weights: Any) -> Any:
        return looped(states, xs, others, weights)[0]

    def forward(states: Any, xs: Any, others: Any, weights: Any) -> Any:
        # Differentiate by zeros added to each product, at each step.
        length = len(jax.tree.leaves(xs)[0])
        nothing = []
        for product, left, weight in zip(products, lefts.found, weights, strict=True):
            out = jax.eval_shape(partial(_multiplied, product), left, weight)
            nothing.append(jax.numpy.zeros((length, *out.shape), out.dtype))

        def given(states: Any, xs: Any, others: Any, more: Any) -> Any:
            return looped(states, xs, others, weights, more)

        out, back, multiplied = jax.vjp(given, states, xs, others, nothing, has_aux=True)
        return out, (back, multiplied, weights)

    def backward(saved: Any, gradients: Any) -> Any:
        back, multiplied, weights = saved
        *of_the_rest, of_products = back(gradients)
        of_weights = [_gradient(*parts) for parts in zip(products, multiplied, weights, of_products, strict=True)]
        return (*of_the_rest, of_weights)

    loop.defvjp(forward, backward)
    return loop(states, xs, others, weights)


def _gradient(product: Tensor, left: Any, weight: Any, gradient: Any) -> Any:
    """The gradient by a weight, from the left factors and the gradients by the product of all steps."""
    import jax

    if meshes.is_over_several():  # (likewise)
        multiplied: Any = jax.vmap(lambda left, weight: _multiplied(product, left, weight), (0, None))
        return jax.vjp(lambda weight: multiplied(left, weight), weight)[1](gradient)[0]
    count = math.prod(left.shape[:-1])
    rows, by_rows = left.reshape(count, left.shape[-1]), gradient.reshape(count, gradient.shape[-1])
    return jax.vjp(lambda weight: _multiplied(product, rows, weight), weight)[1](by_rows)[0]
