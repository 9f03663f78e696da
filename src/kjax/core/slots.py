"""Slots: the variables in which an optimizer keeps something for each element of a weight, such as its momentum.

Their names tell it in some libraries and not in others (`training/Adam/m_0`), the graph of the updates always does: the
new value of a weight is computed element by element from its slots, or from their new values.
"""

from __future__ import annotations

from kjax.core.graph import Node
from kjax.core.plan import Plan
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable


def slots_of(plan: Plan) -> dict[Variable, Variable]:
    """Each slot that a function updates, with its weight.

    A slot has the shape and is reached from the new value of the weight by operations whose results have that shape,
    but not through gradients, where other weights are. Where two variables are computed from each other (weight decay
    within a momentum), each is a slot of the other one.

    >>> import kjax
    >>> from kjax import backend as K
    >>> x, w, m = K.placeholder((None, 2)), K.ones((2, 2), name='w'), K.zeros((2, 2), name='m')
    >>> with kjax.graph_mode():
    ...     new = 0.9 * m - 0.1 * K.gradients(K.sum(K.dot(x, w)), [w])[0]
    ...     train = K.function([x], [], updates=[K.update(m, new), K.update_add(w, new)])
    >>> [(slot.name, weight.name) for slot, weight in slots_of(train.plan).items()]
    [('m:0', 'w:0')]
    """
    updated = set(plan.updated)
    found: dict[Variable, Variable] = {}
    for node in plan.nodes:
        weight = node.op.updates
        if isinstance(weight, Variable) and weight.shape.rank:
            for slot in _below(node, weight):
                if slot in updated and slot is not weight:
                    found.setdefault(slot, weight)
    return found


def _below(update: Node, weight: Variable) -> list[Variable]:
    """The variables of a weight's shape from which its new value is computed element by element."""
    found: dict[Variable, None] = {}
    seen: set[Node] = set()
    stack: list[Tensor] = [*update.inputs]
    while stack:
        tensor = stack.pop()
        if tensor.shape.rank is None or tuple(tensor.shape) != tuple(weight.shape):
            continue
        node = tensor._node
        if isinstance(tensor, Variable):
            found.setdefault(tensor)
        elif node is not None and not node.op.inner and node not in seen:
            seen.add(node)
            if isinstance(node.op.updates, Variable):
                found.setdefault(node.op.updates)
            stack += node.inputs
    return [*found]
