"""`kjax port`: a file that uses K, written anew for `jax.numpy` or for `keras.ops` of Keras 3.

Formatting and comments stay as they are. What has no counterpart is left, with a comment `# kjax: ...` above it; the
file then imports K from kjax, which takes arrays of JAX, and tensors of Keras 3.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import libcst as cst
from libcst import metadata

from kjax import backend
from kjax.checking import fixing
from kjax.checking.answers import OURS
from kjax.checking.helpers import HELPERS
from kjax.checking.importing import (
    BACKENDS,
    IMPORTS,
    OTHER,
    ROOTS,
    Importing,
    as_called,
    code_of,
    in_keras3,
    names_in,
    with_imports,
)
from kjax.checking.patterns import Alternative, alternatives
from kjax.checking.ports import CHANGING, HINTS, IGNORED, PORTS, TF_PORTS, TF_VALUES, VARIABLES, Row
from kjax.checking.reading import Source
from kjax.checking.spaces import Use
from kjax.core.dtypes import as_dtype
from kjax.dialects import tensorflow_modules

TARGETS = ("keras3", "jax")


class Change(NamedTuple):
    """A changed place, or one that is left (then `after` is empty)."""

    line: int
    before: str
    after: str
    note: str = ""

    def told(self) -> str:
        """One line on it."""
        if not self.after:
            return self.note
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{before} -> {after}" + (f" ({self.note})" if self.note else "")


class Ported(NamedTuple):
    """A file, written anew.

    Attributes:
        path: the file.
        before: its text.
        after: its new text.
        changes: what was changed, and why anything is left.
    """

    path: str
    before: str
    after: str
    changes: Sequence[Change]

    @property
    def left(self) -> list[Change]:
        """The places that have no counterpart."""
        return [change for change in self.changes if not change.after]

    def diff(self) -> str:
        """The changes, as a unified diff."""
        return fixing.diff(self.path, self.before, self.after)


def port(source: Source, uses: Sequence[Use], target: str) -> Ported:
    """A file for `"jax"` or `"keras3"`; `uses` are the names that it uses."""
    text = "\n".join(source.lines)
    module = metadata.MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)  # (the tree is nobody else's)
    taken = {name for name in OTHER if name in names_in(module.module) and IMPORTS[name] not in text}
    changing = {f"{module}.{name}" for module in BACKENDS for name in CHANGING}
    calls = _Calls(_by_position(source, uses), target, {name: OTHER[name] for name in taken})
    calls.keeps_variables = any(use.name in changing for use in uses)
    after = module.visit(calls)
    after = after.visit(Importing(after, target))
    after = with_imports(after, target, calls.needed, calls.aliases, module.module.body)
    changes = sorted(calls.changes, key=lambda change: change.line)
    return Ported(source.path, text, after.code, changes)


Position = tuple[int, int, int, int]


def _by_position(source: Source, uses: Sequence[Use]) -> dict[Position, str]:
    """The full names of what stands where, in code points from 0; a place of several names is left out."""
    found: dict[Position, str] = {}
    for use in uses:
        if use.how == "import":
            continue
        node: Any = use.node
        start, end = (source.place(node.lineno, node.col_offset), source.place(node.end_lineno, node.end_col_offset))
        at = (start.line, start.column - 1, end.line, end.column - 1)
        same = (_known(found[at]) if at in found else _known(use.name)) == _known(use.name)
        found[at] = use.name if same else ""
    return found


class Known(NamedTuple):
    """A function of K, or one of `tf` that has a row."""

    name: str
    row: Row | None
    parameters: Mapping[str, inspect.Parameter]


@functools.cache
def _known(name: str) -> Known | None:
    """The function that a full name is; None for what is neither of K nor in the table of `tf`."""
    module, _, last = name.rpartition(".")
    if module in BACKENDS:
        function = getattr(backend, last, None)
        parameters = {} if function is None else inspect.signature(function).parameters
        return Known(f"K.{last}", PORTS.get(last) if function is not None else None, parameters)
    below = re.sub(r"^tensorflow\.(compat\.v[12]\.)?", "", name)
    row = TF_PORTS.get(below) if name.startswith("tensorflow.") else None
    if row is None:
        return None
    module, _, last = below.rpartition(".")
    function = tensorflow_modules.answers(module, 2)[last]
    return Known(f"tf.{below}", row, inspect.signature(function).parameters)


class _Calls(cst.CSTTransformer):
    """Changes calls of K."""

    METADATA_DEPENDENCIES = (metadata.PositionProvider,)

    def __init__(self, names: dict[Position, str], target: str, aliases: dict[str, str]) -> None:
        super().__init__()
        self.names, self.target, self.aliases = names, target, aliases
        self.changes: list[Change] = []
        self.keeps_variables = False  # whether what K has as variables are to stay variables
        self.needed: set[str] = set()  # modules and helpers that the new code names
        self._called: set[cst.CSTNode] = set()
        self._marks: list[list[str]] = []

    # ---------------------------------------------------------------------------------------------------- statements

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note what is called, and begin a statement."""
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            self._marks.append([])
        if isinstance(node, cst.Call):
            self._called.add(node.func)
        return super().on_visit(node)

    def on_leave(self, original: Any, updated: Any) -> Any:
        """Change an expression, or put comments above a statement."""
        if isinstance(original, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            return _marked(updated, self._marks.pop())
        if isinstance(original, cst.Call):
            known = _known(self._name(original.func))
            return self._of_shape(original, updated) if known is None else self._ported(known, original, updated)
        if isinstance(original, (cst.Attribute, cst.Name)):
            name = self._name(original)
            if name and _known(name) is None and name not in BACKENDS:
                return self._of_others(name, original, updated)
            return updated if original in self._called else self._reference(original, updated)
        if isinstance(original, cst.ImportFrom) and self.target == "jax":
            self._look_at_import(original)
        return super().on_leave(original, updated)

    def _name(self, node: cst.CSTNode) -> str:
        at = self.get_metadata(metadata.PositionProvider, node, None)
        return "" if at is None else self.names.get((at.start.line, at.start.column, at.end.line, at.end.column), "")

    def _line(self, node: cst.CSTNode) -> int:
        return int(self.get_metadata(metadata.PositionProvider, node).start.line)

    def _look_at_import(self, node: cst.ImportFrom) -> None:
        module = "" if node.module is None or node.relative else code_of(node.module)
        if module.partition(".")[0] not in OURS or module in BACKENDS:
            return
        names = [] if isinstance(node.names, cst.ImportStar) else [code_of(alias.name) for alias in node.names]
        if [name for name in names if f"{module}.{name}" not in BACKENDS]:
            self._mark(node, module, f"{module} is left: jax.numpy has nothing in its place")

    def _of_others(self, name: str, original: Any, updated: Any) -> Any:
        """A name of TensorFlow or Keras which is not of K."""
        written = code_of(original)
        if name.partition(".")[0] not in OURS or not isinstance(original, cst.Attribute):
            return updated
        kind = re.fullmatch(r"tensorflow\.(compat\.v1\.|dtypes\.)?(bool|u?int(8|16|32|64)|b?float(16|32|64))", name)
        if kind:
            return self._put(original, updated, repr(kind[2]), "")
        if name == "tensorflow.Tensor":
            return self._put(original, updated, "keras.KerasTensor" if self.target == "keras3" else "jax.Array", "")
        if name.removeprefix("tensorflow.") in TF_VALUES:
            return self._put(original, updated, TF_VALUES[name.removeprefix("tensorflow.")], "")
        keras = re.match(r"\w+\.(python\.)?keras\.(.*)$", written, re.DOTALL)
        if self.target == "keras3" and keras:
            return self._put(original, updated, in_keras3(f"keras.{keras[2]}"), "")
        last = in_keras3(name).rpartition(".")[2]
        if self.target == "keras3" and last != original.attr.value:
            return self._put(original, updated, f"{code_of(original.value)}.{last}", "")
        if self.target != "keras3" or "keras" not in name.split(".")[:3]:
            self._mark(original, written, f"{written} is left: it is not ported")
        return updated

    def _of_shape(self, original: cst.Call, updated: cst.Call) -> Any:
        """A method of TensorFlow's tensors and shapes that arrays do not have."""
        method = updated.func
        if updated.args or not isinstance(method, cst.Attribute):
            return updated
        value = code_of(method.value)
        if method.attr.value == "get_shape":
            return self._put(original, updated, f"{value}.shape", "")
        if method.attr.value == "as_list" and value.endswith(".shape"):
            return self._put(original, updated, f"list({value})", "")
        return updated

    def _mark(self, node: cst.CSTNode, written: str, told: str) -> None:
        if self._marks and told not in self._marks[-1]:
            self._marks[-1].append(told)
        self.changes.append(Change(self._line(node), written, "", told))

    def _leave(self, node: cst.CSTNode, known: Known, why: str) -> None:
        hint = HINTS.get(known.name.removeprefix("K."), ("", ""))[self.target == "keras3"]
        self._mark(node, known.name, f"{known.name} is left: {why}" + (f"; instead: {hint}" if hint else ""))

    # ----------------------------------------------------------------------------------------------------- functions

    def _pattern(self, known: Known) -> tuple[Alternative, ...]:
        row = known.row
        found = () if row is None else alternatives(row.keras3 if self.target == "keras3" else row.jax)
        if not self._is_kept(known):
            return found
        if self.target == "jax":
            return ()
        as_is = "keras.Variable("
        return tuple(
            pattern if pattern.text.startswith(as_is) else pattern._replace(text=f"{as_is}{pattern.text})")
            for pattern in found
        )

    def _is_kept(self, known: Known) -> bool:
        """Whether a function of K makes variables, in a file that changes them."""
        return self.keeps_variables and known.name.removeprefix("K.") in VARIABLES

    def _reference(self, original: Any, updated: Any) -> Any:
        """A function of K that is not called here, as in `map(K.square, values)`."""
        known = _known(self._name(original))
        if known is None:
            return updated
        calls = [call for call in (pattern.call() for pattern in self._pattern(known)[:1]) if call is not None]
        if not calls or any(keyword not in (None, name) for name, keyword in calls[0][1].items()):
            self._leave(original, known, "it is not called here")
            return updated
        return self._put(original, updated, calls[0][0], "")

    def _ported(self, known: Known, original: cst.Call, updated: cst.Call) -> Any:
        found = self._pattern(known)
        if not found:
            why = "the file changes its variables" if self._is_kept(known) else "has no counterpart"
            self._leave(original, known, why if self._is_kept(known) else f"{_TITLES[self.target]} {why}")
            return updated
        bound = _bound(known, updated)
        if isinstance(bound, str):
            self._leave(original, known, bound)
            return updated
        taken = frozenset().union(*(pattern.mentions() for pattern in found))
        bound = {key: argument for key, argument in bound.items() if key in taken or key not in IGNORED}
        for key in _SIZES & {*bound}:
            bound[key] = bound[key].with_changes(value=_listed(bound[key].value))
        if "dtype" in bound:
            bound["dtype"] = bound["dtype"].with_changes(value=_plain_dtype(bound["dtype"].value))
        given = {key: code_of(argument.value) for key, argument in bound.items()}
        alternative = next((pattern for pattern in found if pattern.holds(given)), None)
        if alternative is None:
            missing = {*given} - taken
            what = f"argument {min(missing)!r} has no counterpart" if missing else "not with these arguments"
            self._leave(original, known, what)
            return updated
        if any(not re.fullmatch(r"-?[\w.]+", given[key]) for key in alternative.repeats() & {*given}):
            self._leave(original, known, f"an expression would be computed twice; give {alternative.repeats()} a name")
            return updated
        changed = self._in_place(alternative, bound, updated)
        if changed is not None:
            return self._noted(known, original, changed)
        text = self._named(alternative.filled(given))
        if updated.lpar:
            text = "(" * len(updated.lpar) + text + ")" * len(updated.rpar)
        expression = cst.parse_expression(text)
        if not isinstance(expression, (cst.Call, cst.Attribute, cst.Subscript, cst.SimpleString, cst.Float, cst.List)):
            expression = _in_parentheses(expression)
        comments = [comment for comment in _comments(updated) if comment not in text]
        if comments and self._marks:
            self._marks[-1] += comments
        return self._noted(known, original, expression)

    def _in_place(self, pattern: Alternative, bound: dict[str, cst.Arg], updated: cst.Call) -> cst.Call | None:
        """The call with another function and other keywords, where its arguments can stay where they are."""
        call = pattern.call()
        if call is None:
            return None
        function, keywords = call
        order = [name for name in keywords if name in bound]
        if order != [name for name in bound if name in keywords] or len(bound) != len(updated.args):
            return None
        arguments, named = [], False
        for argument, name in zip(bound.values(), bound, strict=True):
            keyword = keywords[name]
            named = named or keyword is not None
            if keyword is None and argument.keyword is not None:
                argument = argument.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)
            elif keyword is not None:
                equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
                argument = argument.with_changes(
                    keyword=cst.Name(keyword), equal=argument.equal if argument.keyword else equal
                )
            arguments.append(argument)
        return updated.with_changes(func=cst.parse_expression(self._named(function)), args=arguments)

    def _put(self, original: Any, updated: Any, text: str, note: str) -> Any:
        new = cst.parse_expression(self._named(text))
        self.changes.append(Change(self._line(original), code_of(original), text, note))
        return new

    def _noted(self, known: Known, original: cst.Call, new: Any) -> Any:
        note = "" if known.row is None else known.row.note
        self.changes.append(Change(self._line(original), code_of(original), code_of(new), note))
        return new

    def _named(self, text: str) -> str:
        """Code, whose modules and helpers are noted as needed."""
        helpers = {name for name in HELPERS if re.search(rf"\b{name}\b", text)}
        self.needed |= helpers | {*ROOTS.findall(text)}
        return as_called(text, self.aliases)


_TITLES = {"keras3": "Keras 3", "jax": "JAX"}


def _bound(known: Known, call: cst.Call) -> dict[str, cst.Arg] | str:
    """The arguments of a call by the names of its parameters, without defaults; or why they can't be told."""
    parameters = known.parameters
    if any(argument.star for argument in call.args):
        return "it is called with * or **"
    found: dict[str, cst.Arg] = {}
    for argument, parameter in zip(call.args, parameters.values(), strict=False):
        if argument.keyword is None:
            found[parameter.name] = argument
    found.update({argument.keyword.value: argument for argument in call.args if argument.keyword is not None})
    if not {*found} <= {*parameters}:
        return "it is called with arguments that it does not have"
    kept = {}
    for key, argument in found.items():
        default = parameters[key].default
        if not _is_default(code_of(argument.value), default):
            kept[key] = argument
    return kept


# Arguments that are sizes. (Of an array made of them JAX would not know the values within jit.)
_SIZES = {"dims", "multiples", "n", "shape"}


def _listed(node: Any) -> Any:
    """Sizes as a list, where they are stacked: `jnp.stack([n, 1])` is `[n, 1]`."""
    stacked = isinstance(node, cst.Call) and re.fullmatch(r"(jnp|jax_numpy|ops|keras_ops)\.stack", code_of(node.func))
    if not stacked or len(node.args) != 1 or not isinstance(node.args[0].value, (cst.List, cst.Tuple)):
        return node
    return node.args[0].value


def _plain_dtype(node: Any) -> Any:
    """A dtype by the name that all libraries know: `'float'` is `'float32'`, as in TensorFlow."""
    try:
        return cst.SimpleString(repr(as_dtype(ast.literal_eval(code_of(node))).name))
    except (ValueError, SyntaxError, TypeError):
        return node


def _is_default(text: str, default: Any) -> bool:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return default is not inspect.Parameter.empty and type(value) is type(default) and bool(value == default)


def _in_parentheses(node: Any) -> Any:
    return node if node.lpar else node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _comments(node: cst.CSTNode) -> list[str]:
    found: list[str] = []

    class Finds(cst.CSTVisitor):
        def visit_Comment(self, node: cst.Comment) -> None:
            found.append(node.value)

    node.visit(Finds())
    return found


def _marked(statement: Any, marks: Sequence[str]) -> Any:
    """A statement with comments above it."""
    if not marks:
        return statement
    lines = [cst.EmptyLine(comment=cst.Comment(mark if mark.startswith("#") else f"# kjax: {mark}")) for mark in marks]
    return statement.with_changes(leading_lines=[*statement.leading_lines, *lines])
