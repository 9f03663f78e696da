"""What a picture of a graph shows: its operations and tensors in the boxes of their name scopes, and what flows."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from kjax.core.graph import Node, leaves, reachable
from kjax.core.pure import PureFunction
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.variable import Variable
from kjax.machine.errors import shown
from kjax.machine.plurals import counted

Scope = tuple[str, ...]


class Vertex(NamedTuple):
    """A thing in a picture.

    Attributes:
        kind: `operation`, `input`, `variable`, `constant`, or `group` for operations that are shown as one.
        label: its name without the scopes.
        detail: what else there is to know: shape and dtype, the kind of operation, the size of the group.
        scope: the name scopes that it is in, from the outermost on.
        is_output: whether it is what the graph is computed for.
        line: of an operation the line of the program that asked for it.
    """

    kind: str
    label: str
    detail: str
    scope: Scope
    is_output: bool = False
    line: str = ""


class Picture:
    """The vertices by their keys, each after those that it needs, and the edges with what flows along them.

    An edge without a text leads from an update to its variable.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.vertices: dict[Hashable, Vertex] = {}
        self.edges: dict[tuple[Hashable, Hashable], str] = {}


def picture(target: Any, most: int) -> Picture:
    """The picture of a function, a tensor or tensors, with no more than about `most` vertices.

    A larger one shows the inner name scopes, as many levels as need be, as one vertex each; if that is not enough, also
    operations that have no scope and were asked for in one line of the program.

    Raises:
        TypeError: `target` is something else.
    """
    whole = _whole(target)
    if len(whole.vertices) <= most:
        return whole
    smaller = whole
    deepest = max(len(vertex.scope) for vertex in whole.vertices.values())
    for depth in range(deepest, -1, -1):
        if depth:
            smaller = _grouped(whole, lambda vertex, depth=depth: _by_scope(vertex, depth))  # type: ignore[misc]
        else:
            smaller = _grouped(whole, lambda vertex: _by_scope(vertex, 1) or _by_line(vertex))
        if len(smaller.vertices) <= most:
            break
    return smaller


def _whole(target: Any) -> Picture:
    plan = getattr(target, "plan", None)
    if isinstance(target, Tensor):
        target = [target]
    if plan is not None:
        nodes, targets, fed, outputs = plan.nodes, plan.targets, set(plan.fed), set(plan.outputs)
        title = getattr(target, "name", None) or (plan.name if isinstance(target, PureFunction) else "function")
    elif isinstance(target, (list, tuple)) and target and all(isinstance(t, Tensor) for t in target):
        nodes, targets, fed, outputs = reachable(target), target, set(), set(target)
        title = target[0].op.name
    else:
        raise TypeError(f"draw(): a function, a tensor or a list of tensors is needed; got {shown(target)}")
    made = Picture(title)
    keys: dict[Any, int] = {}

    def add(thing: Any, vertex: Vertex) -> int:
        made.vertices[keys.setdefault(thing, len(keys))] = vertex
        return keys[thing]

    updated = [node.op.updates for node in nodes if node.op.updates is not None]
    ends = dict.fromkeys([*leaves(targets, lambda t: t in fed or t._node is None), *updated])
    for tensor in [t for t in ends if t in outputs or _number(t) is None]:
        add(tensor, _end(tensor, tensor in fed, tensor in outputs))
    results: dict[Node, list[Tensor]] = {node: [] for node in nodes}
    for tensor in dict.fromkeys([*targets, *(t for node in nodes for t in node.inputs)]):
        if tensor not in fed and tensor._node in results:
            results[tensor._node].append(tensor)
    for node in nodes:
        key = add(node, _operation(node, results[node], any(t in outputs for t in results[node])))
        for tensor in [t for t in node.inputs if t in keys or t._node in keys]:
            edge = keys[tensor if tensor in keys else tensor._node], key
            made.edges[edge] = _and(made.edges.get(edge), _type(tensor))
        if node.op.updates is not None:
            made.edges[key, keys[node.op.updates]] = ""
    return made


def _end(tensor: Tensor, fed: bool, is_output: bool) -> Vertex:
    """The vertex of what is not computed."""
    *scope, label = tensor.op.name.split("/")
    if fed or isinstance(tensor, Placeholder):
        return Vertex("input", label, _type(tensor), tuple(scope), is_output)
    if isinstance(tensor, Variable):
        return Vertex("variable", label, _type(tensor), tuple(scope), is_output)
    return Vertex("constant", _number(tensor) or "constant", _type(tensor), (), is_output)


def _operation(node: Node, results: Sequence[Tensor], is_output: bool) -> Vertex:
    *scope, label = (node.name or node.op.name).split("/")
    kind = node.op.label_of(node)
    numbers = [] if node.op.covers else filter(None, map(_number, node.inputs))
    types = ", ".join(dict.fromkeys([*map(_type, results), *numbers]))
    detail = types if label.rstrip("0123456789").rstrip("_") == kind else f"{kind} {types}"
    line = "" if node.place is None else f"{os.path.basename(node.place[0])}:{node.place[1]}"
    return Vertex("operation", label, detail.strip(), tuple(scope), is_output, line)


def _number(tensor: Tensor) -> str | None:
    """A constant that is a number, which is a part of the operation that it goes into."""
    value = None if isinstance(tensor, Variable) or tensor._node is not None else tensor._value
    return str(np.asarray(value)[()]) if value is not None and not value.ndim else None


def _type(tensor: Tensor) -> str:
    dims = tensor.shape
    shape = "(...)" if dims.rank is None else f"({', '.join('?' if dim is None else str(dim) for dim in dims)})"
    return f"{shape} {tensor.dtype}"


def _and(text: str | None, more: str) -> str:
    return more if not text or text == more else text if more in text.split("\n") else f"{text}\n{more}"


# --------------------------------------------------------------------------------------------------------- large graphs


def _by_scope(vertex: Vertex, depth: int) -> Scope | None:
    """The outer scopes, if the vertex is in more of them, or as deep as they are."""
    return vertex.scope[:depth] if len(vertex.scope) >= depth else None


def _by_line(vertex: Vertex) -> Scope | None:
    return (vertex.line,) if vertex.line else None


def _grouped(whole: Picture, group: Callable[[Vertex], Scope | None]) -> Picture:
    """A picture in which the vertices that have the same group are one, if they are several."""
    groups = {key: group(vertex) for key, vertex in whole.vertices.items()}
    sizes = Counter(groups.values())
    made = Picture(whole.title)
    place: dict[Hashable, Hashable] = {}
    inside: dict[Scope, list[Vertex]] = {}
    for key, vertex in whole.vertices.items():
        scope = groups[key]
        if scope is None or sizes[scope] == 1:
            place[key] = key
            made.vertices[key] = vertex
            continue
        place[key] = scope
        inside.setdefault(scope, []).append(vertex)
        made.vertices[scope] = _one(scope, inside[scope])
    for (source, to), text in whole.edges.items():
        pair = place[source], place[to]
        if pair[0] != pair[1]:
            made.edges[pair] = _and(made.edges.get(pair), text)
    return made


def _one(scope: Scope, vertices: Sequence[Vertex]) -> Vertex:
    counts = Counter(vertex.kind for vertex in vertices)
    kinds = [kind for kind in ("operation", "variable", "input", "constant") if counts[kind]]
    detail = ", ".join(counted(counts[kind], kind) for kind in kinds)
    return Vertex("group", scope[-1], detail, scope[:-1], any(vertex.is_output for vertex in vertices))


# ---------------------------------------------------------------------------------------------------------------- boxes


def boxes(made: Picture) -> dict[Scope, list[Hashable]]:
    """The keys of the vertices in each box, outer boxes before inner ones."""
    found: dict[Scope, list[Hashable]] = {(): []}
    for key, vertex in made.vertices.items():
        for depth in range(1, len(vertex.scope) + 1):
            found.setdefault(vertex.scope[:depth], [])
        found[vertex.scope].append(key)
    return found


def numbered(made: Picture) -> dict[Hashable, str]:
    """A short name for each vertex."""
    return {key: f"n{i}" for i, key in enumerate(made.vertices)}


def nested(scopes: Iterable[Scope], outer: Scope) -> list[Scope]:
    """The boxes directly inside of one."""
    return [scope for scope in scopes if len(scope) == len(outer) + 1 and scope[: len(outer)] == outer]
