"""The full names that a program uses: `K.sum` is `tensorflow.keras.backend.sum`, whatever `K` is called where.

A program is followed statement by statement, as Python would run it, with names in place of values. Of a condition
that can be told (`kjax.checking.conditions`) one branch is followed, of others both; functions are followed once,
after the module that defines them. Nothing is imported or run.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from kjax.checking.answers import Answers
from kjax.checking.expressions import ABSENT, MISSING, TOLD, Expressions, parameters
from kjax.checking.reading import Source
from kjax.checking.spaces import FOREIGN, NOTHING, UNKNOWN, Modules, Named, Space, Use, Values, merged


class Walk(Expressions):
    """Follows one file; `uses` are the names of packages that `answers` knows.

    Args:
        source: the file, which has a tree.
        answers: what is answered.
        modules: finds the other files of the program.
    """

    def __init__(self, source: Source, answers: Answers, modules: Modules) -> None:
        super().__init__(source, answers)
        self.modules = modules
        self.space = Space("module")

    def module(self) -> None:
        """Follow what runs when the module is imported."""
        assert self.source.tree is not None
        self.block(self.source.tree.body, self.space)

    def functions(self) -> None:
        """Follow the functions of the module."""
        while self.later:
            waiting, self.later = self.later, []
            # Those that set names of the module come first.
            waiting.sort(key=lambda work: not any(isinstance(node, ast.Global) for node in _statements(work[0])))
            for function, space in waiting:
                self._function(function, space)

    # ------------------------------------------------------------------------------------------------- statements

    def block(self, statements: Iterable[ast.stmt], space: Space) -> bool:
        """Follow statements; return whether what comes after them is reached."""
        return all(self._statement(statement, space) for statement in statements)

    def _statement(self, node: ast.stmt, space: Space) -> bool:
        follow = self.ways(node)
        if follow is not None:
            reached: bool | None = follow(self, node, space)
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
                self.use(alias.name, alias, alias.name, "import")
                values = frozenset({Named(alias.name if alias.asname else root)})
            else:
                self._of_another(root, alias)
                values = frozenset({Named(alias.name) if root in TOLD else FOREIGN})
            self._bind(alias.asname or root, values, space)

    def _ImportFrom(self, node: ast.ImportFrom, space: Space) -> None:
        module = node.module or ""
        own = self.modules.space(self.source, module, node.level)
        ours = not node.level and own is None
        if ours and not self.answers.knows(module):
            self._of_another(module.partition(".")[0], node)
        for alias in node.names:
            known = ours and (self.answers.knows(module) or self.answers.knows(f"{module}.{alias.name}"))
            if alias.name == "*":
                space.home().stars.append(own or (module if known else UNKNOWN))
                if known:
                    self.use(module, node, module, "import")
                continue
            if own is not None:
                values = self.of_own(own, alias.name)
                below = self.modules.space(self.source, f"{module}.{alias.name}".lstrip("."), node.level)
                if values is NOTHING and below is not None:
                    values = frozenset({below})
            elif known:
                self.use(f"{module}.{alias.name}", alias, f"{module}.{alias.name}", "import")
                values = self.named(f"{module}.{alias.name}")
            else:
                root = module.partition(".")[0]
                found = Named(f"{module}.{alias.name}") if root in TOLD and not node.level else FOREIGN
                values = frozenset({found})
            self._bind(alias.asname or alias.name, values, space)

    def _of_another(self, root: str, node: ast.AST) -> None:
        """An import of a package that kjax does not tell of: it matters whether it is there."""
        if self.answers.knows(root) or self.answers.find(root).there:
            return
        if not any("sys.path" in line for line in self.source.lines):  # (else it may be where only a run would tell)
            self.use(root, node, root, "import")

    def _Assign(self, node: ast.Assign, space: Space) -> None:
        values = self.value(node.value, space)
        for target in node.targets:
            self.target(target, node.value, values, space)

    def _AnnAssign(self, node: ast.AnnAssign, space: Space) -> None:
        self.value(node.annotation, space)
        if node.value is not None:
            self.target(node.target, node.value, self.value(node.value, space), space)

    def _AugAssign(self, node: ast.AugAssign, space: Space) -> None:
        self.value(node.value, space)
        self.target(node.target, None, NOTHING, space)

    def _Delete(self, node: ast.Delete, space: Space) -> None:
        pass

    def _For(self, node: ast.For | ast.AsyncFor, space: Space) -> None:
        self.value(node.iter, space)
        self.target(node.target, None, NOTHING, space)
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
                self.target(item.optional_vars, None, NOTHING, space)
            call = item.context_expr
            if isinstance(call, ast.Call) and _last(call.func) == "suppress":
                guards.update(_last(argument) for argument in call.args)
        self.guards.append(guards)
        reached = self.block(node.body, space)
        self.guards.pop()
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
        self.guards.append(caught)
        reached = self.block(node.body, space)
        self.guards.pop()
        fails, certain = self._fails(self.uses[first:], node.body)
        reached = self.block(node.orelse, space) and reached if not (fails and certain) else False
        ends = [dict(space.names)] if reached else []
        for handler in node.handlers:
            if _caught(handler) <= ABSENT | MISSING and not fails and certain:
                continue  # never reached
            space.names = dict(before) if fails and certain else merged([before, dict(space.names)])
            if handler.name:
                space.names[handler.name] = NOTHING
            if self.block(handler.body, space):
                ends.append(dict(space.names))
        space.names = merged(ends) if ends else space.names
        return self.block(node.finalbody, space) and bool(ends)

    _TryStar = _Try

    def _fails(self, uses: Sequence[Use], body: Sequence[ast.stmt]) -> tuple[bool, bool]:
        """Whether the block of a `try` fails for a name that is not there, and whether that is certain."""
        fails = any(not self.answers.find(use.name).there for use in uses if use.how != "call")
        others = [node for node in _statements_of(body) if isinstance(node, (ast.Import, ast.ImportFrom))]
        named = {id(use.node) for use in uses}
        certain = all(
            id(alias) in named or id(node) in named or self._is_sure(node, alias)
            for node in others
            for alias in node.names
        )
        return fails, certain or fails

    def _is_sure(self, node: Any, alias: ast.alias) -> bool:
        """Whether an import of another package can't fail."""
        module = alias.name if isinstance(node, ast.Import) else node.module or ""
        level = getattr(node, "level", 0)
        return module.partition(".")[0] in sys.stdlib_module_names or bool(
            self.modules.space(self.source, module, level)
        )

    def _branches(self, blocks: Sequence[Sequence[ast.stmt]], space: Space) -> bool:
        before, ends = dict(space.names), []
        for block in blocks:
            space.names = dict(before)
            if self.block(block, space):
                ends.append(space.names)
        space.names = merged(ends) if ends else before
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
        self.defaults(node.args, space)
        if node.returns is not None:
            self.value(node.returns, space)
        self._bind(node.name, NOTHING, space)
        self.own.add(node.name)
        self.later.append((node, space))

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, node: ast.ClassDef, space: Space) -> None:
        for part in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.value(part, space)
        inside = Space("class", space)
        self.block(node.body, inside)
        self._bind(node.name, frozenset({inside}), space)

    def _function(self, node: Any, space: Space) -> None:
        inside = Space("function", space)
        taken = parameters(node.args)
        inside.names = {argument.arg: NOTHING for argument in taken}
        if space.kind == "class" and taken:
            inside.names[taken[0].arg] = frozenset({space})  # `self` has the names of its class
        if isinstance(node, ast.Lambda):
            self.value(node.body, inside)
        else:
            self.block(node.body, inside)

    # --------------------------------------------------------------------------------------------------- bindings

    def _bind(self, name: str, values: Values, space: Space) -> None:
        space.elsewhere.get(name, space).names[name] = values

    def target(self, target: ast.expr, given: ast.expr | None, values: Values, space: Space) -> None:
        """Assign to a target."""
        if isinstance(target, ast.Name):
            self._bind(target.id, values, space)
        elif isinstance(target, (ast.Tuple, ast.List)):
            elements: list[Any] = [None] * len(target.elts)
            if isinstance(given, (ast.Tuple, ast.List)) and len(given.elts) == len(target.elts):
                elements = list(given.elts)
            for part, element in zip(target.elts, elements, strict=True):
                known = NOTHING if element is None else self.quietly(element, space)
                self.target(part, element, known, space)
        elif isinstance(target, ast.Starred):
            self.target(target.value, None, NOTHING, space)
        elif isinstance(target, ast.Attribute):
            self.own.add(target.attr)
            for value in self.value(target.value, space):
                if isinstance(value, Space):
                    value.names[target.attr] = value.names.get(target.attr, frozenset()) | values
                elif isinstance(value, Named):
                    self.own.add(f"{value.name}.{target.attr}")
        else:
            self.value(target, space)


def _caught(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"BaseException"}
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {_last(kind) for kind in types}


def _last(node: ast.expr) -> str:
    """The last part of a name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _statements(function: Any) -> Iterable[ast.AST]:
    return _statements_of(function.body) if isinstance(function.body, list) else ()


_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.ExceptHandler)


def _statements_of(body: Sequence[ast.AST]) -> Iterable[ast.AST]:
    """All statements of a block, without those of functions in it."""
    for node in body:
        yield node
        if isinstance(node, _BLOCKS):
            for name in ("body", "orelse", "finalbody", "handlers"):
                below = getattr(node, name, None)
                if below:
                    yield from _statements_of(below)
