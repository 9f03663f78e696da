"""The values of expressions, as far as they matter: full names, and constants that decide conditions."""

from __future__ import annotations

import ast
import builtins
import sys
from typing import Any

from kjax.checking import conditions, methods, outlines
from kjax.checking.answers import PYTHON_2, Answers, is_outlined
from kjax.checking.reading import Source
from kjax.checking.spaces import (
    FOREIGN,
    NOTHING,
    UNKNOWN,
    Constant,
    Named,
    Space,
    Use,
    Values,
    computed,
    constant_of,
)

# Packages whose names matter for conditions alone.
TOLD = ("sys", "importlib", "six", "distutils", "packaging", "pkg_resources", "itertools", "string", "urllib")

ABSENT = {"ImportError", "ModuleNotFoundError"}
MISSING = {"AttributeError"}
ANY = {"Exception", "BaseException"}


_ways: dict[type, dict[type, Any]] = {}


class Expressions:
    """Notes the names in expressions as used.

    Args:
        source: the file, which has a tree.
        answers: what is answered.
    """

    def __init__(self, source: Source, answers: Answers) -> None:
        self.source, self.answers = source, answers
        self.uses: list[Use] = []
        self.methods: list[Use] = []  # of objects, that may be gone
        self.own: set[str] = set()  # full names that the program sets itself, and names of attributes
        self.guards: list[set[str]] = []  # the errors that are caught, by each `try` around
        self.later: list[tuple[Any, Space]] = []  # functions, which are followed when the module has been

    def target(self, target: ast.expr, given: ast.expr | None, values: Values, space: Space) -> None:
        """Assign to a target."""
        raise NotImplementedError

    def defaults(self, arguments: ast.arguments, space: Space) -> None:
        """Follow what is computed when a function is defined."""
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.value(default, space)
        for argument in parameters(arguments):
            if argument.annotation is not None:
                self.value(argument.annotation, space)

    def quietly(self, node: ast.expr, space: Space) -> Values:
        """The value of an expression whose uses are noted already."""
        uses, methods, later = len(self.uses), len(self.methods), len(self.later)
        values = self.value(node, space)
        del self.uses[uses:], self.methods[methods:], self.later[later:]
        return values

    # ------------------------------------------------------------------------------------------------- expressions

    def value(self, node: ast.expr, space: Space, call: ast.Call | None = None, noted: bool = True) -> Values:
        """What an expression may be; the names in it are noted as used."""
        if isinstance(node, ast.Attribute):
            return self._attribute(node, space, call, noted)
        if isinstance(node, ast.BinOp):  # (long sums are nested deeply)
            while isinstance(node, ast.BinOp):
                self.value(node.right, space)
                node = node.left
            self.value(node, space)
            return NOTHING
        if isinstance(node, ast.Name):
            return self._name(node, space, call)
        follow = self.ways(node)
        if follow is not None:
            values: Values = follow(self, node, space)
            return values
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, space)
            elif isinstance(child, ast.keyword):
                self.value(child.value, space)
        return NOTHING

    @classmethod
    def ways(cls, node: ast.AST) -> Any:
        """The method that follows a node of this kind; None for one that only has parts."""
        known = _ways.setdefault(cls, {})
        kind = type(node)
        if kind not in known:
            known[kind] = getattr(cls, f"_{kind.__name__}", None)
        return known[kind]

    def _Constant(self, node: ast.Constant, space: Space) -> Values:
        return frozenset({Constant(node.value)}) if conditions.is_plain(node.value) else NOTHING

    def _Tuple(self, node: ast.Tuple, space: Space) -> Values:
        parts = [self.value(part, space) for part in node.elts]
        plain = [constant_of(part) for part in parts]
        return NOTHING if any(p is None for p in plain) else frozenset({Constant(tuple(p.value for p in plain if p))})

    def _IfExp(self, node: ast.IfExp, space: Space) -> Values:
        truth = self.truth(self.value(node.test, space))
        if truth is not None:
            return self.value(node.body if truth else node.orelse, space)
        return self.value(node.body, space) | self.value(node.orelse, space)

    def _BoolOp(self, node: ast.BoolOp, space: Space) -> Values:
        decides = isinstance(node.op, ast.Or)
        found: Values = frozenset()
        for part in node.values:
            values = self.value(part, space)
            truth = self.truth(values)
            if truth is decides:
                return values
            found = found | values if truth is None else found
        return found or frozenset({Constant(not decides)})

    def _UnaryOp(self, node: ast.UnaryOp, space: Space) -> Values:
        truth = self.truth(self.value(node.operand, space))
        return frozenset({Constant(not truth)}) if isinstance(node.op, ast.Not) and truth is not None else NOTHING

    def _Compare(self, node: ast.Compare, space: Space) -> Values:
        parts = [constant_of(self.value(part, space)) for part in (node.left, *node.comparators)]
        result = True
        for op, left, right in zip(node.ops, parts, parts[1:], strict=False):
            if left is None or right is None:
                return NOTHING
            try:
                result = result and bool(conditions.compared(op, left.value, right.value))
            except conditions.Unknown:
                return NOTHING
        return frozenset({Constant(result)})

    def _Subscript(self, node: ast.Subscript, space: Space) -> Values:
        value = constant_of(self.value(node.value, space))
        if isinstance(node.slice, ast.Slice):
            bounds = [None if part is None else constant_of(self.value(part, space))
                      for part in (node.slice.lower, node.slice.upper, node.slice.step)]  # fmt: skip
            index: Any = slice(*(None if bound is None else bound.value for bound in bounds))
        else:
            found = constant_of(self.value(node.slice, space))
            index = None if found is None else found.value
        if value is None or index is None:
            return NOTHING
        return computed(conditions.item, value.value, index)

    def _NamedExpr(self, node: ast.NamedExpr, space: Space) -> Values:
        values = self.value(node.value, space)
        self.target(node.target, node.value, values, space)
        return values

    def _Lambda(self, node: ast.Lambda, space: Space) -> Values:
        self.defaults(node.args, space)
        self.later.append((node, space))
        return NOTHING

    def _comprehension(self, node: Any, space: Space) -> Values:
        inside = Space("function", space)
        for part in node.generators:
            self.value(part.iter, inside)
            self.target(part.target, None, NOTHING, inside)
            for test in part.ifs:
                self.value(test, inside)
        for name in ("elt", "key", "value"):
            if hasattr(node, name):
                self.value(getattr(node, name), inside)
        return NOTHING

    _ListComp = _SetComp = _GeneratorExp = _DictComp = _comprehension

    def _Call(self, node: ast.Call, space: Space) -> Values:
        arguments = [self.value(argument, space) for argument in node.args]
        for keyword in node.keywords:
            self.value(keyword.value, space)
        function = node.func
        if isinstance(function, ast.Attribute):
            at = constant_of(self.quietly(function.value, space))
            if at is not None:  # a method of a string
                plain = [part.value for part in map(constant_of, arguments) if part is not None]
                self.value(function.value, space)
                return computed(conditions.method, at.value, function.attr, plain)
        found = self.value(function, space, call=node)
        name = next((value.name for value in found if isinstance(value, Named)), "")
        if isinstance(function, ast.Name) and found == NOTHING and hasattr(builtins, function.id):
            name = function.id
        return self._called(name, node, arguments, space)

    def _called(self, name: str, node: ast.Call, arguments: list[Values], space: Space) -> Values:
        if name in ("hasattr", "getattr") and len(arguments) > 1:
            return self._by_name(name, node, arguments)
        first = constant_of(arguments[0]) if arguments else None
        if name in ("importlib.import_module", "__import__") and first is not None and isinstance(first.value, str):
            module = first.value if name != "__import__" or len(node.args) > 1 else first.value.partition(".")[0]
            if self.answers.knows(first.value):
                self.use(first.value, node, first.value, "import")
                return frozenset({Named(module)})
        if name.endswith(".backend.backend") and not node.args:
            return frozenset({Constant(self.answers.find(name).value())}) if self.answers.find(name).there else NOTHING
        plain = [constant_of(values) for values in arguments]
        if name and not any(part is None for part in plain):
            return computed(conditions.call, name, [part.value for part in plain if part is not None])
        return NOTHING

    def _by_name(self, function: str, node: ast.Call, arguments: list[Values]) -> Values:
        """`hasattr(tf, "name")`, `getattr(tf, "name")`."""
        attribute = constant_of(arguments[1])
        named = [value for value in arguments[0] if isinstance(value, Named)]
        if attribute is None or not isinstance(attribute.value, str) or len(named) != len(arguments[0]):
            return NOTHING
        names = [f"{value.name}.{attribute.value}" for value in named]
        if not all(self.answers.knows(name) or value.name == "sys" for name, value in zip(names, named, strict=True)):
            return NOTHING
        there = [self.answers.find(name).there for name in names]
        if function == "hasattr":
            sure = len({*there}) == 1 and not any(".contrib" in name for name in names)
            return frozenset({Constant(there[0])}) if sure else NOTHING
        if len(arguments) > 2 and not all(there):
            return arguments[2] if not any(there) else NOTHING
        for name in filter(self.answers.knows, names):
            self.use(name, node, ast.unparse(node), "attribute")
        return frozenset().union(*map(self.named, names))

    def _name(self, node: ast.Name, space: Space, call: ast.Call | None) -> Values:
        values = self._looked_up(node, space, call)
        if call is not None:
            for value in values:
                if (
                    isinstance(value, Named)
                    and self.answers.knows(value.name)
                    and (not self.uses or self.uses[-1].node is not node)
                ):
                    self.use(value.name, node, node.id, "call", call)
        return values

    def _looked_up(self, node: ast.Name, space: Space, call: ast.Call | None) -> Values:
        at: Space | None = space.elsewhere.get(node.id, space)
        first = at
        while at is not None:
            if node.id in at.names and (at.kind != "class" or at is first):
                return at.names[node.id]
            at = at.above
        for star in reversed(space.home().stars):
            if isinstance(star, Space):
                values = self.of_own(star, node.id)
                if values is not NOTHING and not node.id.startswith("_"):
                    return values
            elif isinstance(star, str) and self._gives(star, node.id):
                self.use(f"{star}.{node.id}", node, node.id, "star", call)
                return self.named(f"{star}.{node.id}")
        if f"builtins.{node.id}" in PYTHON_2 and UNKNOWN not in space.home().stars:
            self.use(f"builtins.{node.id}", node, node.id, "builtin")
        return NOTHING

    def _gives(self, module: str, name: str) -> bool:
        """Whether `from module import *` gives a name."""
        if is_outlined(module):
            return not name.startswith("_") and outlines.sees(f"{module}.{name}")
        found = self.answers.find(module)
        listed = getattr(found.value, "__all__", None)
        public = not name.startswith("_") if listed is None else name in listed
        return public and self.answers.find(f"{module}.{name}").there

    def _attribute(self, node: ast.Attribute, space: Space, call: ast.Call | None, noted: bool) -> Values:
        found: Values = frozenset()
        for value in self.value(node.value, space, noted=False):
            if isinstance(value, Space):
                found |= self.of_own(value, node.attr)
            elif isinstance(value, Named) and value.name == "sys" and node.attr == "version_info":
                found |= {Constant(tuple(sys.version_info[:3]))}
            elif isinstance(value, Named):
                name = f"{value.name}.{node.attr}"
                if noted and self.answers.knows(name) and name not in self.own:
                    self.use(name, node, ast.unparse(node), "attribute", call)
                found |= self.named(name)
            elif isinstance(value, Constant) and isinstance(value.value, tuple):
                found |= computed(conditions.part, value.value, node.attr)
            else:
                if value is UNKNOWN and methods.is_one(node, call):
                    self.methods.append(self.used(node.attr, node, ast.unparse(node), "attribute", call))
                found |= frozenset({value}) if value is FOREIGN else NOTHING
        return found or NOTHING

    # ------------------------------------------------------------------------------------------------------ values

    def of_own(self, space: Space, name: str) -> Values:
        """A name of a module or class of the program."""
        if name in space.names:
            return space.names[name]
        for star in reversed(space.stars):
            if isinstance(star, Space):
                values = self.of_own(star, name) if star is not space else NOTHING
                if values is not NOTHING:
                    return values
            elif isinstance(star, str) and self._gives(star, name):
                return self.named(f"{star}.{name}")
        return NOTHING

    def named(self, name: str) -> Values:
        """What has a full name: a constant, if it is one."""
        if name.rpartition(".")[2] in ("__version__", "VERSION", "PY2", "PY3"):
            found = self.answers.find(name) if self.answers.knows(name) else None
            if found is not None and found.there and conditions.is_plain(found.value):
                return frozenset({Constant(found.value)})
            if name.startswith("six.PY"):
                return frozenset({Constant(name == "six.PY3")})
        return frozenset({Named(name)})

    def truth(self, values: Values) -> bool | None:
        """Whether a condition holds; None where that can't be told."""
        known = constant_of(values)
        return None if known is None else bool(known.value)

    def use(self, name: str, node: ast.AST, written: str, how: str, call: ast.Call | None = None) -> None:
        """Note a use of a name."""
        self.uses.append(self.used(name, node, written, how, call))

    def used(self, name: str, node: ast.AST, written: str, how: str, call: ast.Call | None = None) -> Use:
        """A use of a name."""
        caught: set[str] = set().union(*self.guards)
        guards = ANY | (ABSENT if how == "import" else {"NameError"} if how == "builtin" else MISSING)
        return Use(self.source, name, node, written, how, call, not guards.isdisjoint(caught))


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters of a function."""
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
