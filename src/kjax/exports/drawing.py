"""`kjax.draw`: the picture of a graph as text, Mermaid, DOT, SVG or PNG."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Hashable, Iterator
from typing import Any

from kjax.exports.pictures import Picture, Scope, Vertex, boxes, nested, numbered, picture
from kjax.machine.errors import public, shown

_MOST = 60  # things that one looks at in a picture


class Drawing(str):
    """The text of a picture, which shows itself: as it is at the prompt, and drawn in a notebook.

    Notebooks draw Mermaid; where Graphviz is there, they get its SVG.
    """

    def __new__(cls, text: str, made: Picture) -> Drawing:
        """A text with its picture."""
        self = super().__new__(cls, text)
        self._made = made
        return self

    _made: Picture

    def __repr__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return str, (str(self),)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        mermaid = _mermaid(self._made)
        bundle = {"text/plain": str(self), "text/vnd.mermaid": mermaid, "text/markdown": f"```mermaid\n{mermaid}\n```"}
        with contextlib.suppress(NotImplementedError):
            bundle["image/svg+xml"] = _rendered(_dot(self._made), "svg").decode()
        return bundle


@public
def draw(target: Any, path: str | os.PathLike[str] | None = None, most: int = _MOST) -> Drawing:
    """Draw a graph: operations, variables and inputs, in boxes for their name scopes, with the shapes that flow.

    Args:
        target: what `K.function` or `kjax.pure` gave, a symbolic tensor, or a list of them.
        path: the file to write: `.txt` for text, `.mmd` for Mermaid, `.dot` for Graphviz, or `.svg`, `.png`, `.pdf`,
            which Graphviz makes: its program `dot`, and `pip install "kjax[draw]"`. By default none.
        most: how many things to show at most. In a larger graph inner name scopes are shown as one thing each, and so
            are the operations without a scope that one line of the program asked for.

    Returns:
        The picture as text; with a path of `.mmd` or `.dot`, in that form. At the prompt it shows itself, and in a
        notebook the drawn picture.

    Raises:
        TypeError: `target` is something else.
        ValueError: another suffix.
        NotImplementedError: Graphviz is not there.

    >>> from kjax import backend as K
    >>> x, w = K.placeholder((None, 3), name='x'), K.variable([[1.], [2.], [3.]], name='w')
    >>> with K.name_scope('dense'):
    ...     y = K.relu(K.dot(x, w))
    >>> print(draw(y))
    dense/Relu
      x  input (?, 3) float32
      w  variable (3, 1) float32
      dense/
        MatMul  (?, 1) float32  <- x, w
        Relu  (?, 1) float32  <- MatMul  [output]
    """
    if type(most) is not int or most < 1:
        raise ValueError(f"draw(): most must be a positive integer; got {shown(most)}")
    made = picture(target, most)
    if path is None:
        return Drawing(_text(made), made)
    suffix = pathlib.PurePath(path).suffix
    if suffix in _FORMS:
        text = _FORMS[suffix](made)
        pathlib.Path(path).write_text(text + "\n", encoding="utf-8")
        return Drawing(text, made)
    if suffix not in _RENDERED:
        raise ValueError(f"draw(): the suffix must be one of {', '.join([*_FORMS, *_RENDERED])}; got {shown(suffix)}")
    pathlib.Path(path).write_bytes(_rendered(_dot(made), suffix[1:]))
    return Drawing(_text(made), made)


def _rendered(dot: str, form: str) -> bytes:
    try:
        import graphviz

        return bytes(graphviz.Source(dot).pipe(format=form))
    except ImportError:
        pass
    except graphviz.ExecutableNotFound:
        pass
    raise NotImplementedError(
        f'draw() to .{form} needs Graphviz, its program `dot` and `pip install "kjax[draw]"`; '
        f"{', '.join(_FORMS)} need neither"
    )


# ----------------------------------------------------------------------------------------------------------------- text


def _text(made: Picture) -> str:
    """A line for each vertex, with the names of what it is computed from."""
    inside, sources = boxes(made), _sources(made)

    def lines(scope: Scope, indent: str) -> Iterator[str]:
        for key in inside[scope]:
            vertex = made.vertices[key]
            kind = f"{vertex.kind} " if vertex.kind not in ("operation", "group") else ""
            names = [_seen_from(scope, made.vertices[source]) for source in sources[key]]
            behind = f"  <- {', '.join(names)}" if names else ""
            updates = "".join(f"  -> {made.vertices[to].label}" for to in _updated(made, key))
            output = "  [output]" if vertex.is_output else ""
            yield f"{indent}{_name(vertex)}  {kind}{vertex.detail}{behind}{updates}{output}"
        for box in nested(inside, scope):
            yield f"{indent}{box[-1]}/"
            yield from lines(box, indent + "  ")

    return "\n".join([made.title, *lines((), "  ")])


def _name(vertex: Vertex) -> str:
    return f"{vertex.label} ..." if vertex.kind == "group" else vertex.label


def _seen_from(scope: Scope, vertex: Vertex) -> str:
    return _name(vertex) if vertex.scope == scope else "/".join([*vertex.scope, _name(vertex)])


def _sources(made: Picture) -> dict[Hashable, list[Hashable]]:
    found: dict[Hashable, list[Hashable]] = {key: [] for key in made.vertices}
    for (source, to), text in made.edges.items():
        if text:
            found[to].append(source)
    return found


def _updated(made: Picture, key: Hashable) -> list[Hashable]:
    return [to for (source, to), text in made.edges.items() if source == key and not text]


# -------------------------------------------------------------------------------------------------------------- Mermaid

_MERMAID = {
    "operation": '["{}"]',
    "group": '[["{}"]]',
    "input": '(["{}"])',
    "variable": '[("{}")]',
    "constant": '("{}")',
}


def _mermaid(made: Picture) -> str:
    names, inside = numbered(made), boxes(made)

    def lines(scope: Scope, indent: str) -> Iterator[str]:
        for key in inside[scope]:
            vertex = made.vertices[key]
            label = "<br/>".join(_escaped(part) for part in (vertex.label, vertex.detail) if part)
            yield f"{indent}{names[key]}{_MERMAID[vertex.kind].format(label)}"
        for box in nested(inside, scope):
            yield f'{indent}subgraph {_box(box)}["{_escaped(box[-1])}"]'
            yield from lines(box, indent + "  ")
            yield f"{indent}end"

    edges = [
        f'  {names[a]} -->|"{"<br/>".join(map(_escaped, text.splitlines()))}"| {names[b]}'
        if text
        else f"  {names[a]} -.-> {names[b]}"
        for (a, b), text in made.edges.items()
    ]
    outputs = [names[key] for key, vertex in made.vertices.items() if vertex.is_output]
    styles = [f"  style {name} stroke-width:3px" for name in outputs]
    return "\n".join(["flowchart TD", *lines((), "  "), *edges, *styles])


def _box(scope: Scope) -> str:
    return "box_" + "_".join(part.encode().hex() for part in scope)


def _escaped(text: str) -> str:
    return "".join(c if c.isalnum() or c in " _-.,:()?" else f"#{ord(c)};" for c in text)


# ------------------------------------------------------------------------------------------------------------------ DOT

_DOT = {
    "operation": 'shape=box, style="rounded,filled", fillcolor="#e8eef4"',
    "group": 'shape=box3d, style=filled, fillcolor="#dfe7d8"',
    "input": 'shape=ellipse, style=filled, fillcolor="#fdebd0"',
    "variable": 'shape=cylinder, style=filled, fillcolor="#f6dcdc"',
    "constant": "shape=plaintext",
}


def _dot(made: Picture) -> str:
    names, inside = numbered(made), boxes(made)

    def lines(scope: Scope, indent: str) -> Iterator[str]:
        for key in inside[scope]:
            vertex = made.vertices[key]
            label = _quoted("\n".join(filter(None, (vertex.label, vertex.detail))))
            width = ", penwidth=3" if vertex.is_output else ""
            yield f"{indent}{names[key]} [label={label}, {_DOT[vertex.kind]}{width}]"
        for box in nested(inside, scope):
            yield f"{indent}subgraph {_quoted('cluster_' + '/'.join(box))} {{"
            yield f'{indent}  label={_quoted(box[-1])}; style="rounded"; color="#8899aa"'
            yield from lines(box, indent + "  ")
            yield f"{indent}}}"

    edges = [
        f"  {names[a]} -> {names[b]} [{f'label={_quoted(text)}' if text else 'style=dashed, constraint=false'}]"
        for (a, b), text in made.edges.items()
    ]
    head = [f"digraph {_quoted(made.title)} {{", '  node [fontname="sans-serif", fontsize=11]']
    return "\n".join([*head, '  edge [fontname="sans-serif", fontsize=9]', *lines((), "  "), *edges, "}"])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


_FORMS = {".txt": _text, ".mmd": _mermaid, ".dot": _dot}
_RENDERED = (".svg", ".png", ".pdf")
