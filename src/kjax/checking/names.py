"""The full names that a program uses: `K.sum` is `tensorflow.keras.backend.sum`, whatever `K` is called where.

A program is followed statement by statement, as Python would run it, with names in place of values. Of a condition
that can be told (`kjax.checking.conditions`) one branch is followed, of others both; functions are followed once,
after the module that defines them. Nothing is imported or run.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from kjax.checking import conditions
from kjax.checking.answers import PYTHON_2, Answers
from kjax.checking.reading import Source


class Named(NamedTuple):
    """A thing with a full name, of a package that is told of."""

    name: str


class Constant(NamedTuple):
    """A constant: a version, a string, the result of a comparison."""

    value: Any


class Space:
    """The names of a module, a class or a function."""

    def __init__(self, kind: str, above: Space | None = None) -> None:
        self.kind, self.above = kind, above
        self.names: dict[str, Values] = {}
        self.stars: list[Any] = []  # full names and spaces of modules, all names of which were imported
        self.elsewhere: dict[str, Space] = {}  # what `global` and `nonlocal` say
        self.methods_of: Space | None = None

    def home(self) -> Space:
        """The module."""
        space = self
        while space.above is not None:
            space = space.above
        return space


class _Unknown:
    """A value of which nothing is known."""


UNKNOWN = _Unknown()
Values = frozenset[Any]  # alternatives, each a Named, a Constant, a Space or UNKNOWN
NOTHING: Values = frozenset({UNKNOWN})


class Use(NamedTuple):
    """A use of a name.

    Attributes:
        source: the file.
        name: the full name.
        node: where it stands.
        written: the name as it is written there.
        how: `"import"`, `"attribute"`, `"star"` (a name that came by `import *`), `"call"` (of an
            imported name), or `"builtin"` (a built-in name of Python 2).
        call: the call that it is the function of, if it is.
        guarded: whether the program catches the error that a missing name raises.
    """

    source: Source
    name: str
    node: ast.AST
    written: str
    how: str
    call: ast.Call | None = None
    guarded: bool = False


class Modules(Protocol):
    """The program's own modules."""

    def space(self, importer: Source, module: str, level: int) -> Space | None:
        """The names of a module that a file imports; None for one that is not the program's own."""


_ABSENT = {"ImportError", "ModuleNotFoundError"}
_MISSING = {"AttributeError"}
_ANY = {"Exception", "BaseException"}


class Walk:
    """Follows one file; `uses` are the names of packages that `answers` knows.

    Args:
        source: the file, which has a tree.
        answers: what is answered.
        modules: finds the other files of the program.
    """

    def __init__(self, source: Source, answers: Answers, modules: Modules) -> None:
        assert source.tree is not None
        self.source, self.answers, self.modules = source, answers, modules
        self.uses: list[Use] = []
        self.space = Space("module")
        self.own: set[str] = set()  # full names that the program sets itself
        self._guards: list[set[str]] = []
        self._later: list[tuple[Any, Space]] = []

    def module(self) -> None:
        """Follow what runs when the module is imported."""
        assert self.source.tree is not None
        self.block(self.source.tree.body, self.space)

    def functions(self) -> None:
        """Follow the functions of the module."""
        while self._later:
            waiting, self._later = self._later, []
            # Those that set names of the module come first.
            waiting.sort(key=lambda work: not any(isinstance(node, ast.Global) for node in _statements(work[0])))
            for function, space in waiting:
                self._function(function, space)

    # ------------------------------------------------------------------------------------------------- statements

    def block(self, statements: Iterable[ast.stmt], space: Space) -> bool:
        """Follow statements; return whether what comes after them is reached."""
        for statement in statements:
            if not self._statement(statement, space):
                return False
        return True

    def _statement(self, node: ast.stmt, space: Space) -> bool:
        follow = getattr(self, f"_{type(node).__name__}", None)
        if follow is not None:
            reached: bool | None = follow(node, space)
            return reached is not False
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, space)
        return not isinstance(node, (ast.Return, ast.Raise, ast.Continue, ast.Break))

    def _Import(self, node: ast.Import, space: Space) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            own = self.modules.space(self.source, alias.name, 0)
            if own is not None:
                first = own if alias.asname else self.modules.space(self.source, root, 0)
                values: Values = frozenset({first if first is not None else UNKNOWN})
            elif self.answers.knows(root):
                self._use(alias.name, alias, alias.name, "import")
                values = frozenset({Named(alias.name if alias.asname else root)})
            else:
                values = frozenset({Named(alias.name)}) if root in _TOLD else NOTHING
            self._bind(alias.asname or root, values, space)

    def _ImportFrom(self, node: ast.ImportFrom, space: Space) -> None:
        module = node.module or ""
        own = self.modules.space(self.source, module, node.level)
        ours = not node.level and own is None
        for alias in node.names:
            known = ours and (self.answers.knows(module) or self.answers.knows(f"{module}.{alias.name}"))
            if alias.name == "*":
                space.home().stars.append(own or (module if known else UNKNOWN))
                if known:
                    self._use(module, node, module, "import")
                continue
            if own is not None:
                values = self._of_own(own, alias.name)
                below = self.modules.space(self.source, f"{module}.{alias.name}".lstrip("."), node.level)
                if values is NOTHING and below is not None:
                    values = frozenset({below})
            elif known:
                self._use(f"{module}.{alias.name}", alias, f"{module}.{alias.name}", "import")
                values = self._named(f"{module}.{alias.name}")
            else:
                root = module.partition(".")[0]
                found = Named(f"{module}.{alias.name}") if root in _TOLD and not node.level else UNKNOWN
                values = frozenset({found})
            self._bind(alias.asname or alias.name, values, space)

    def _Assign(self, node: ast.Assign, space: Space) -> None:
        values = self.value(node.value, space)
        for target in node.targets:
            self._target(target, node.value, values, space)

    def _AnnAssign(self, node: ast.AnnAssign, space: Space) -> None:
        self.value(node.annotation, space)
        if node.value is not None:
            self._target(node.target, node.value, self.value(node.value, space), space)

    def _AugAssign(self, node: ast.AugAssign, space: Space) -> None:
        self.value(node.value, space)
        self._target(node.target, None, NOTHING, space)

    def _Delete(self, node: ast.Delete, space: Space) -> None:
        pass

    def _For(self, node: ast.For | ast.AsyncFor, space: Space) -> None:
        self.value(node.iter, space)
        self._target(node.target, None, NOTHING, space)
        self._branches([node.body, []], space)
        self.block(node.orelse, space)

    _AsyncFor = _For

    def _While(self, node: ast.While, space: Space) -> None:
        self.value(node.test, space)
        self._branches([node.body, []], space)
        self.block(node.orelse, space)

    def _With(self, node: ast.With | ast.AsyncWith, space: Space) -> bool:
        guards: set[str] = set()
        for item in node.items:
            self.value(item.context_expr, space)
            if item.optional_vars is not None:
                self._target(item.optional_vars, None, NOTHING, space)
            call = item.context_expr
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("suppress", "contextlib.suppress"):
                guards.update(_last(argument) for argument in call.args)
        self._guards.append(guards)
        reached = self.block(node.body, space)
        self._guards.pop()
        return reached or bool(guards)

    _AsyncWith = _With

    def _If(self, node: ast.If, space: Space) -> bool:
        truth = self.truth(self.value(node.test, space))
        if truth is not None:
            return self.block(node.body if truth else node.orelse, space)
        return self._branches([node.body, node.orelse], space)

    def _Match(self, node: ast.Match, space: Space) -> bool:
        self.value(node.subject, space)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    self._bind(name, NOTHING, space)
        return self._branches([*(case.body for case in node.cases), []], space)

    def _Try(self, node: Any, space: Space) -> bool:
        caught: set[str] = set()
        for handler in node.handlers:
            caught |= _caught(handler)
        before, first = dict(space.names), len(self.uses)
        self._guards.append(caught)
        reached = self.block(node.body, space)
        self._guards.pop()
        fails, certain = self._fails(self.uses[first:], node.body)
        reached = self.block(node.orelse, space) and reached if not (fails and certain) else False
        ends = [dict(space.names)] if reached else []
        for handler in node.handlers:
            if _caught(handler) <= _ABSENT | _MISSING and not fails and certain:
                continue  # never reached
            space.names = dict(before) if fails and certain else _merged([before, dict(space.names)])
            if handler.name:
                space.names[handler.name] = NOTHING
            if self.block(handler.body, space):
                ends.append(dict(space.names))
        space.names = _merged(ends) if ends else space.names
        return self.block(node.finalbody, space) and bool(ends)

    _TryStar = _Try

    def _fails(self, uses: Sequence[Use], body: Sequence[ast.stmt]) -> tuple[bool, bool]:
        """Whether the block of a `try` fails for a name that is not there, and whether that is certain."""
        fails = any(not self.answers.find(use.name).there for use in uses if use.how != "call")
        others = [node for node in _statements_of(body) if isinstance(node, (ast.Import, ast.ImportFrom))]
        named = {id(use.node) for use in uses}
        certain = all(
            id(alias) in named or id(node) in named or self._is_sure(node, alias) for node in others for alias in node.names
        )
        return fails, certain or fails

    def _is_sure(self, node: Any, alias: ast.alias) -> bool:
        """Whether an import of another package can't fail."""
        module = alias.name if isinstance(node, ast.Import) else node.module or ""
        level = getattr(node, "level", 0)
        return module.partition(".")[0] in sys.stdlib_module_names or bool(self.modules.space(self.source, module, level))

    def _branches(self, blocks: Sequence[Sequence[ast.stmt]], space: Space) -> bool:
        before, ends = dict(space.names), []
        for block in blocks:
            space.names = dict(before)
            if self.block(block, space):
                ends.append(space.names)
        space.names = _merged(ends) if ends else before
        return bool(ends)

    def _Global(self, node: ast.Global | ast.Nonlocal, space: Space) -> None:
        for name in node.names:
            at = space.home() if isinstance(node, ast.Global) else space.above
            if at is not None and at is not space:
                space.elsewhere[name] = at

    _Nonlocal = _Global

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, space: Space) -> None:
        for decorator in node.decorator_list:
            self.value(decorator, space)
        self._defaults(node.args, space)
        if node.returns is not None:
            self.value(node.returns, space)
        self._bind(node.name, NOTHING, space)
        self._later.append((node, space))

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, node: ast.ClassDef, space: Space) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.value(part, space)
        inside = Space("class", space)
        self.block(node.body, inside)
        self._bind(node.name, frozenset({inside}), space)

    def _defaults(self, arguments: ast.arguments, space: Space) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.value(default, space)
        for argument in _parameters(arguments):
            if argument.annotation is not None:
                self.value(argument.annotation, space)

    def _function(self, node: Any, space: Space) -> None:
        inside = Space("function", space)
        parameters = _parameters(node.args)
        inside.names = {argument.arg: NOTHING for argument in parameters}
        if space.kind == "class" and parameters:
            inside.names[parameters[0].arg] = frozenset({space})  # `self` has the names of its class
        if isinstance(node, ast.Lambda):
            self.value(node.body, inside)
        else:
            self.block(node.body, inside)

    # --------------------------------------------------------------------------------------------------- bindings

    def _bind(self, name: str, values: Values, space: Space) -> None:
        space.elsewhere.get(name, space).names[name] = values

    def _target(self, target: ast.expr, given: ast.expr | None, values: Values, space: Space) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, values, space)
        elif isinstance(target, (ast.Tuple, ast.List)):
            elements: list[Any] = [None] * len(target.elts)
            if isinstance(given, (ast.Tuple, ast.List)) and len(given.elts) == len(target.elts):
                elements = list(given.elts)
            for part, element in zip(target.elts, elements, strict=True):
                known = NOTHING if element is None else self._quietly(element, space)
                self._target(part, element, known, space)
        elif isinstance(target, ast.Starred):
            self._target(target.value, None, NOTHING, space)
        elif isinstance(target, ast.Attribute):
            for value in self.value(target.value, space):
                if isinstance(value, Space):
                    value.names[target.attr] = value.names.get(target.attr, frozenset()) | values
                elif isinstance(value, Named):
                    self.own.add(f"{value.name}.{target.attr}")
        else:
            self.value(target, space)

    def _quietly(self, node: ast.expr, space: Space) -> Values:
        """The value of an expression whose uses are noted already."""
        uses, later = len(self.uses), len(self._later)
        values = self.value(node, space)
        del self.uses[uses:], self._later[later:]
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
        follow = getattr(self, f"_{type(node).__name__}", None)
        if follow is not None:
            values: Values = follow(node, space)
            return values
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, space)
            elif isinstance(child, ast.keyword):
                self.value(child.value, space)
        return NOTHING

    def _Constant(self, node: ast.Constant, space: Space) -> Values:
        return frozenset({Constant(node.value)}) if conditions.is_plain(node.value) else NOTHING

    def _Tuple(self, node: ast.Tuple, space: Space) -> Values:
        parts = [self.value(part, space) for part in node.elts]
        plain = [_constant(part) for part in parts]
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
                return found | values
            found = found | values if truth is None else found
        return found or frozenset({Constant(not decides)})

    def _UnaryOp(self, node: ast.UnaryOp, space: Space) -> Values:
        truth = self.truth(self.value(node.operand, space))
        return frozenset({Constant(not truth)}) if isinstance(node.op, ast.Not) and truth is not None else NOTHING

    def _Compare(self, node: ast.Compare, space: Space) -> Values:
        parts = [_constant(self.value(part, space)) for part in (node.left, *node.comparators)]
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
        value = _constant(self.value(node.value, space))
        if isinstance(node.slice, ast.Slice):
            bounds = [None if part is None else _constant(self.value(part, space))
                      for part in (node.slice.lower, node.slice.upper, node.slice.step)]  # fmt: skip
            index: Any = slice(*(None if bound is None else bound.value for bound in bounds))
        else:
            found = _constant(self.value(node.slice, space))
            index = None if found is None else found.value
        if value is None or index is None:
            return NOTHING
        return _computed(conditions.item, value.value, index)

    def _NamedExpr(self, node: ast.NamedExpr, space: Space) -> Values:
        values = self.value(node.value, space)
        self._target(node.target, node.value, values, space)
        return values

    def _Lambda(self, node: ast.Lambda, space: Space) -> Values:
        self._defaults(node.args, space)
        self._later.append((node, space))
        return NOTHING

    def _comprehension(self, node: Any, space: Space) -> Values:
        inside = Space("function", space)
        for part in node.generators:
            self.value(part.iter, inside)
            self._target(part.target, None, NOTHING, inside)
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
            at = _constant(self._quietly(function.value, space))
            if at is not None:  # a method of a string
                plain = [part.value for part in map(_constant, arguments) if part is not None]
                self.value(function.value, space)
                return _computed(conditions.method, at.value, function.attr, plain)
        found = self.value(function, space, call=node)
        name = next((value.name for value in found if isinstance(value, Named)), "")
        if isinstance(function, ast.Name) and found == NOTHING and hasattr(builtins, function.id):
            name = function.id
        return self._called(name, node, arguments, space)

    def _called(self, name: str, node: ast.Call, arguments: list[Values], space: Space) -> Values:
        if name in ("hasattr", "getattr") and len(arguments) > 1:
            return self._by_name(name, node, arguments)
        first = _constant(arguments[0]) if arguments else None
        if name in ("importlib.import_module", "__import__") and first is not None and isinstance(first.value, str):
            module = first.value if name != "__import__" or len(node.args) > 1 else first.value.partition(".")[0]
            if self.answers.knows(first.value):
                self._use(first.value, node, first.value, "import")
                return frozenset({Named(module)})
        if name.endswith(".backend.backend") and not node.args:
            return frozenset({Constant(self.answers.find(name).value())}) if self.answers.find(name).there else NOTHING
        plain = [_constant(values) for values in arguments]
        if name and not any(part is None for part in plain):
            return _computed(conditions.call, name, [part.value for part in plain if part is not None])
        return NOTHING

    def _by_name(self, function: str, node: ast.Call, arguments: list[Values]) -> Values:
        """`hasattr(tf, "name")`, `getattr(tf, "name")`."""
        attribute = _constant(arguments[1])
        named = [value for value in arguments[0] if isinstance(value, Named)]
        if attribute is None or not isinstance(attribute.value, str) or len(named) != len(arguments[0]):
            return NOTHING
        names = [f"{value.name}.{attribute.value}" for value in named]
        there = [self.answers.find(name).there for name in names]
        if function == "hasattr":
            sure = len({*there}) == 1 and not any(".contrib" in name for name in names)
            return frozenset({Constant(there[0])}) if sure else NOTHING
        if len(arguments) > 2 and not all(there):
            return arguments[2] if not any(there) else NOTHING
        for name in names:
            self._use(name, node, ast.unparse(node), "attribute")
        return frozenset().union(*map(self._named, names))

    def _name(self, node: ast.Name, space: Space, call: ast.Call | None) -> Values:
        values = self._looked_up(node, space, call)
        if call is not None:
            for value in values:
                if isinstance(value, Named) and self.answers.knows(value.name) and (not self.uses or self.uses[-1].node is not node):
                    self._use(value.name, node, node.id, "call", call)
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
                values = self._of_own(star, node.id)
                if values is not NOTHING and not node.id.startswith("_"):
                    return values
            elif isinstance(star, str) and self._gives(star, node.id):
                self._use(f"{star}.{node.id}", node, node.id, "star", call)
                return self._named(f"{star}.{node.id}")
        if f"builtins.{node.id}" in PYTHON_2 and UNKNOWN not in space.home().stars:
            self._use(f"builtins.{node.id}", node, node.id, "builtin")
        return NOTHING

    def _gives(self, module: str, name: str) -> bool:
        """Whether `from module import *` gives a name."""
        found = self.answers.find(module)
        listed = getattr(found.value, "__all__", None)
        public = not name.startswith("_") if listed is None else name in listed
        return public and self.answers.find(f"{module}.{name}").there

    def _attribute(self, node: ast.Attribute, space: Space, call: ast.Call | None, noted: bool) -> Values:
        found: Values = frozenset()
        for value in self.value(node.value, space, noted=False):
            if isinstance(value, Space):
                found |= self._of_own(value, node.attr)
            elif isinstance(value, Named) and value.name == "sys" and node.attr == "version_info":
                found |= {Constant(tuple(sys.version_info[:3]))}
            elif isinstance(value, Named):
                name = f"{value.name}.{node.attr}"
                if noted and self.answers.knows(name) and name not in self.own:
                    self._use(name, node, ast.unparse(node), "attribute", call)
                found |= self._named(name)
            elif isinstance(value, Constant) and isinstance(value.value, tuple):
                found |= _computed(conditions.part, value.value, node.attr)
            else:
                found |= NOTHING
        return found or NOTHING

    # ------------------------------------------------------------------------------------------------------ values

    def _of_own(self, space: Space, name: str) -> Values:
        """A name of a module or class of the program."""
        if name in space.names:
            return space.names[name]
        for star in reversed(space.stars):
            if isinstance(star, Space):
                values = self._of_own(star, name) if star is not space else NOTHING
                if values is not NOTHING:
                    return values
            elif isinstance(star, str) and self._gives(star, name):
                return self._named(f"{star}.{name}")
        return NOTHING

    def _named(self, name: str) -> Values:
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
        known = _constant(values)
        return None if known is None else bool(known.value)

    def _use(self, name: str, node: ast.AST, written: str, how: str, call: ast.Call | None = None) -> None:
        caught: set[str] = set().union(*self._guards)
        guards = _ANY | (_ABSENT if how == "import" else {"NameError"} if how == "builtin" else _MISSING)
        self.uses.append(Use(self.source, name, node, written, how, call, not guards.isdisjoint(caught)))


# Packages whose names matter for conditions alone.
_TOLD = ("sys", "importlib", "six", "distutils", "packaging", "pkg_resources", "itertools", "string", "urllib")


def _computed(function: Any, *arguments: Any) -> Values:
    try:
        value = function(*arguments)
    except conditions.Unknown:
        return NOTHING
    return frozenset({Constant(value)}) if conditions.is_plain(value) else NOTHING


def _constant(values: Values) -> Constant | None:
    """The one constant that something is."""
    if len(values) == 1:
        (value,) = values
        return value if isinstance(value, Constant) else None
    return None


def _merged(ends: Sequence[dict[str, Values]]) -> dict[str, Values]:
    if len(ends) == 1:
        return ends[0]
    return {name: frozenset().union(*(end.get(name, NOTHING) for end in ends)) for end in ends for name in end}


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return found + [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]


def _caught(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"BaseException"}
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {_last(kind) for kind in types}


def _last(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _statements(function: Any) -> Iterable[ast.AST]:
    return _statements_of(function.body) if isinstance(function.body, list) else ()


def _statements_of(body: Sequence[ast.stmt]) -> Iterable[ast.AST]:
    """All statements of a block, without those of functions in it."""
    for node in body:
        yield node
        for name in ("body", "orelse", "finalbody", "handlers"):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                below = getattr(node, name, [])
                yield from _statements_of([part for part in below if isinstance(part, (ast.stmt, ast.ExceptHandler))])
