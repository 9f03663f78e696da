"""Products hoisted out of loops: computed for all steps at once, before the loop or after it.

A step of a recurrent layer multiplies the inputs of one time step by a weight, and the state by another. The first does
not need the state, so that for all time steps together it is one large product before the loop: faster than many small
ones. So is the gradient of a weight: within a loop, that would be a small product for each step, added to a sum as
large as the weight; when the loop is done, it is one product of all states by all gradients.

Products are those of matrices, and convolutions. Several of the same factor, as the gates of a cell have them, are one
product by their weights side by side: each alone would read the factor, or gather the elements of its windows, anew.

On several devices, among which a batch is split, a bias is treated as the weight of a late product: within the loop,
the devices would have to add up its gradient at each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
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


def weight_of(product: Tensor) -> Tensor:
    """The right factor of a product."""
    return product._node.inputs[1]  # type: ignore[union-attr]


# --------------------------------------------------------------------------------------------------------- side by side


class Together:
    """Products of one left factor, computed as one, by their weights side by side; or a tensor by itself."""

    def __init__(self, products: list[Tensor], widths: Sequence[int] = ()) -> None:
        self.products, self._widths, self._axis = products, widths, 0

    @property
    def left(self) -> Tensor:
        """The left factor."""
        return self.products[0]._node.inputs[0]  # type: ignore[union-attr]

    def weight(self, values: dict[Tensor, Any]) -> Any:
        """The weights side by side."""
        import jax

        weights = [values[weight_of(product)] for product in self.products]
        return weights[0] if len(weights) == 1 else jax.numpy.concatenate(weights, -1)

    def multiplied(self, left: Any, weight: Any, conditions: Conditions | None = None) -> Any:
        """The products side by side."""
        import jax

        out = self._multiplied(left, weight, conditions)
        if self._widths and not self._axis:
            # The axis of columns is that along which a narrower weight gives less; it is counted from behind.
            first = jax.ShapeDtypeStruct((*weight.shape[:-1], self._widths[0]), weight.dtype)  # type: ignore[no-untyped-call]
            one = jax.eval_shape(self._multiplied, left, first).shape
            self._axis = next(i for i in range(-out.ndim, 0) if one[i] != out.shape[i])
        return out

    def _multiplied(self, left: Any, weight: Any, conditions: Conditions | None = None) -> Any:
        node: Any = self.products[0]._node
        values = Values({self.left: left, weight_of(self.products[0]): weight}, conditions=conditions)
        return node.op.execute(node, values)[0]

    def parts(self, out: Any) -> dict[Tensor, Any]:
        """Each product by itself."""
        import jax

        parts = jax.lax.split(out, self._widths, out.ndim + self._axis) if self._widths else [out]
        return dict(zip(self.products, parts, strict=True))


def together(products: Iterable[Tensor], values: dict[Tensor, Any]) -> list[Together]:
    """Products, those of the same factor together whose weights have the same form.

    Args:
        products: each after those it needs.
        values: of the weights.
    """
    several, groups = meshes.is_over_several(), dict[Any, list[Tensor]]()
    for product in products:
        node: Any = product._node
        weight = values[weight_of(product)]
        how = tuple(arg for arg in node.args if not isinstance(arg, Tensor))
        alike = node.op.rows and not several and weight.ndim > 1 and weight.size
        key = (node.op, node.inputs[0], how, weight.shape[:-1], weight.dtype) if alike else product
        groups.setdefault(key, []).append(product)
    widths = [[values[weight_of(p)].shape[-1] for p in group] if len(group) > 1 else [] for group in groups.values()]
    return [*map(Together, groups.values(), widths)]


# ------------------------------------------------------------------------------------------------------ before the loop


def compute_early(
    products: Iterable[Tensor], slices: dict[Tensor, Any], outer: dict[Tensor, Any], conditions: Conditions
) -> dict[Together, Any]:
    """What changes from step to step: the slices, and the early products.

    Args:
        products: early ones.
        slices: the parameter for each slice, and the slices of all steps, along the first axis.
        outer: the values of the captured tensors, and of the weights.
        conditions: where the conditions go that only a run can tell.

    Returns:
        `slices`, and with them the products of all steps.
    """
    known, several = dict(slices), meshes.is_over_several()
    done = {Together([tensor]): rows for tensor, rows in slices.items()}
    for group in together(products, outer):
        left = group.left
        if left not in known:
            known[left] = _at_each_step(left, known, outer, conditions)
        rows, weight = known[left], group.weight(outer)
        if rows.ndim > 2 and several:
            if weight.ndim == 2:  # (convolutions would be computed one step after the other)
                # (Steps and rows as one dim could not be split by rows.)
                done[group] = _at_each_step(group.products[0], {left: rows}, outer, conditions)
        elif rows.ndim > 2:  # otherwise it has no rows, and an error is due
            out = group.multiplied(_flat(rows), weight, conditions)
            if out.size <= LARGEST * len(group.products):
                done[group] = out.reshape(*rows.shape[:2], *out.shape[1:])
        if group in done:
            known.update(group.parts(done[group]))
    return done


def _flat(rows: Any) -> Any:
    """The rows of all steps, along one axis."""
    return rows.reshape(rows.shape[0] * rows.shape[1], *rows.shape[2:]) if rows.ndim > 2 else rows


def at_one_step(sliced: Iterable[Together], arrays: Iterable[Any]) -> dict[Tensor, Any]:
    """The tensors that change from step to step, of one step."""
    return {t: part for group, array in zip(sliced, arrays, strict=True) for t, part in group.parts(array).items()}


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
    weights = [weight for found in products for product in found if (weight := weight_of(product)) not in outer]
    computed = Values(outer, conditions=conditions).compute(weights)
    return {**outer, **dict(zip(weights, computed, strict=True))}


def late_products(products: Products, values: dict[Tensor, Any]) -> Lefts:
    """The late products by weights, and on several devices those by matrices and sums with vectors.

    Args:
        products: those of the loop.
        values: what JAX traces of the tensors from outside of the loop.
    """
    several, found = meshes.is_over_several(), []
    for product in products.late:
        weight, of_rows = values.get(weight_of(product)), product._node.op.rows  # type: ignore[union-attr]
        if weight is None or not (of_rows or several):
            continue
        if weight.ndim == (2 if of_rows else 1) or (weight.ndim > 2 and of_rows and not several):
            found.append(product)
    groups = together(found, values)
    return Lefts(groups, [group.weight(values) for group in groups])


class Lefts:
    """Computes late products, and keeps their left factors."""

    def __init__(self, groups: Sequence[Together], weights: Sequence[Any], slopes: Sequence[Any] | None = None) -> None:
        self.groups, self.weights, self.slopes = groups, weights, slopes or [None] * len(groups)
        self.found: list[Any] = []

    def __call__(self, values: Values) -> None:
        """Compute the products of one step; the slopes by them are also those by `slopes`."""
        for group, weight, slope in zip(self.groups, self.weights, self.slopes, strict=True):
            (left,) = values.compute([group.left])
            out = group.multiplied(left, weight, values.conditions)
            if slope is not None:
                out = _tapped()(out, slope)
            for product, part in group.parts(out).items():
                values.results[product._node] = (part,)  # type: ignore[index]
            self.found.append(left)


@cache
def _tapped() -> Any:
    """The first of two arrays; the slopes by it are those by the second one, too."""
    import jax

    @jax.custom_vjp
    def tapped(out: Any, slope: Any) -> Any:
        return out

    tapped.defvjp(lambda out, slope: (out, None), lambda _, slopes: (slopes, slopes))
    return tapped


# What costs less to compute anew than to keep for each step: it is fused into what needs it.
_CHEAP = frozenset(
    ("add", "add_any", "sub", "mul", "neg", "max", "min", "sign", "square", "integer_pow", "tanh", "logistic", "clamp")
    + ("eq", "ne", "ge", "gt", "le", "lt", "and", "or", "not", "select_n", "convert_element_type")
    + ("broadcast_in_dim", "reshape", "split", "squeeze")
)


def _is_kept(primitive: Any, *kinds: Any, **_: Any) -> bool:
    """Whether results of a step are kept for the loop back. (Floats of integers are random numbers, as a rule.)"""
    drawn = primitive.name == "convert_element_type" and kinds[0].dtype.kind in "iu"
    return drawn or primitive.name not in _CHEAP


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

    groups, weights = lefts.groups, list(lefts.weights)

    def looped(states: Any, xs: Any, others: Any, weights: Any, more: Any = None) -> Any:
        def step(carry: Any, x: Any) -> Any:
            multiply = Lefts(groups, weights, x[1])
            new, results = body(carry, x[0], others, multiply)
            return new, (results, [] if more is None else multiply.found)

        if more is not None:  # (what is kept is written by one core, and each array of all steps is filled at first)
            step = jax.checkpoint(step, prevent_cse=False, policy=_is_kept)
        final, (results, multiplied) = jax.lax.scan(step, states, (xs, more))
        return (final, results), multiplied

    if not groups:
        return looped(states, xs, others, weights)[0]

    @jax.custom_vjp
    def loop(states: Any, xs: Any, others: Any, weights: Any) -> Any:
        return looped(states, xs, others, weights)[0]

    def forward(states: Any, xs: Any, others: Any, weights: Any) -> Any:
        # Differentiate by arrays that stand for each product, at each step.
        length = len(jax.tree.leaves(xs)[0])
        nothing = []
        for group, left, weight in zip(groups, lefts.found, weights, strict=True):
            out = jax.eval_shape(group.multiplied, left, weight)
            nothing.append(jax.numpy.zeros((length, *out.shape), out.dtype))

        def given(states: Any, xs: Any, others: Any, more: Any) -> Any:
            return looped(states, xs, others, weights, more)

        out, back, multiplied = jax.vjp(given, states, xs, others, nothing, has_aux=True)
        return out, (back, multiplied, weights)

    def backward(saved: Any, gradients: Any) -> Any:
        back, multiplied, weights = saved
        *of_the_rest, of_products = back(gradients)
        of_weights = [_gradient(*parts) for parts in zip(groups, multiplied, weights, of_products, strict=True)]
        return (*of_the_rest, of_weights)

    loop.defvjp(forward, backward)
    return loop(states, xs, others, weights)


def _gradient(group: Together, left: Any, weight: Any, gradient: Any) -> Any:
    """The gradient by a weight, from the left factors and the gradients by the product of all steps."""
    import jax

    if meshes.is_over_several():  # (likewise)
        multiplied: Any = jax.vmap(group.multiplied, (0, None))
        return jax.vjp(lambda weight: multiplied(left, weight), weight)[1](gradient)[0]
    rows, slopes = _flat(left), gradient.reshape(-1, *gradient.shape[2:])
    return jax.vjp(lambda weight: group.multiplied(rows, weight), weight)[1](slopes)[0]
