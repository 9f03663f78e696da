"""The imports of a ported file: what it no longer uses goes, what its new code needs comes, K is imported from kjax."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import libcst as cst

from kjax.checking import fixing
from kjax.checking.answers import OURS
from kjax.checking.helpers import HELPERS

# Modules that are K, and packages from which it is imported by name.
BACKENDS = (*fixing.BACKENDS, "kjax.backend")
PACKAGES = tuple(module.rpartition(".")[0] for module in BACKENDS)
_ROOTS_OF_K = (*OURS, "kjax")

# What patterns and helpers name, and how it is imported.
IMPORTS = {
    "functools": "import functools",
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "keras": "import keras",
    "np": "import numpy as np",
    "ops": "from keras import ops",
}

# Modules of Keras 2 that Keras 3 does not have, each with the place of what was in them.
_PLACES = {
    **dict.fromkeys(("engine", "engine.base_layer", "engine.input_layer", "engine.topology"), "layers"),
    **dict.fromkeys(("engine.network", "engine.sequential", "engine.training"), "models"),
    **{
        f"layers.{module}": "layers"
        for module in ("advanced_activations", "convolutional", "convolutional_recurrent", "core", "embeddings",
                       "local", "merge", "noise", "normalization", "pooling", "recurrent", "wrappers")
    },
    **{f"utils.{module}": "utils" for module in ("data_utils", "generic_utils", "np_utils", "vis_utils")},
}  # fmt: skip
_MODELS = ("Model", "Sequential")
# Names of Keras 2 that Keras 3 writes in another way.
_NAMES = {
    "initializers.constant": "Constant",
    "initializers.normal": "RandomNormal",
    "initializers.one": "Ones",
    "initializers.uniform": "RandomUniform",
    "initializers.zero": "Zeros",
}

# What they are called where the file uses the name for something else.
OTHER = {"jnp": "jax_numpy", "ops": "keras_ops"}
ROOTS = re.compile(rf"(?<![\w.'\"])({'|'.join(IMPORTS)})\.")


def code_of(node: cst.CSTNode) -> str:
    """The code of an expression or a statement."""
    return cst.Module(body=()).code_for_node(node)


def as_called(text: str, aliases: Mapping[str, str]) -> str:
    """Code, with modules by the names that are not taken."""
    return ROOTS.sub(lambda root: f"{aliases.get(root[1], root[1])}.", text)


def in_keras3(name: str) -> str:
    """The place in Keras 3 of a name of Keras 2 or of `tf.keras`; other names as they are.

    >>> in_keras3('keras.engine.topology.Layer'), in_keras3('tensorflow.keras.losses.mse')
    ('keras.layers.Layer', 'keras.losses.mse')
    """
    found = re.fullmatch(r"(?:tensorflow\.(?:python\.)?)?keras\.((?:\w+\.)*)(\w+)", name)
    if found is None:
        return name
    module, last = found[1].rstrip("."), found[2]
    place = _PLACES.get(module, module)
    place, last = "models" if place == "layers" and last in _MODELS else place, _NAMES.get(f"{module}.{last}", last)
    return f"keras.{place}.{last}" if place else f"keras.{last}"


class Importing(cst.CSTTransformer):
    """Takes out imports of K that are no longer used; K is imported from kjax where it is."""

    def __init__(self, module: cst.Module, target: str) -> None:
        super().__init__()
        self.target = target
        self.used = names_in(module)

    def leave_ImportFrom(self, original: cst.ImportFrom, updated: cst.ImportFrom) -> Any:
        """`from keras import backend as K`, `from keras.backend import square`."""
        name = "" if updated.module is None or updated.relative else code_of(updated.module)
        if isinstance(updated.names, cst.ImportStar):
            return updated.with_changes(module=_dotted("kjax.backend")) if name in BACKENDS else updated
        if name not in (*BACKENDS, *PACKAGES) and name.partition(".")[0] not in _ROOTS_OF_K:
            return updated
        of_k = [alias for alias in updated.names if name in BACKENDS or f"{name}.{code_of(alias.name)}" in BACKENDS]
        others = [alias for alias in updated.names if alias not in of_k]
        kept = [alias for alias in of_k if _bound_name(alias) in self.used]
        new = self._of_keras(name, others, updated) if others else []
        if kept:
            module = "kjax.backend" if name in BACKENDS else "kjax"
            new.append(updated.with_changes(module=_dotted(module), names=_without_comma(kept)))
        return cst.FlattenSentinel(new) if new else cst.RemoveFromParent()

    def _of_keras(self, name: str, others: Sequence[cst.ImportAlias], updated: cst.ImportFrom) -> list[Any]:
        if self.target == "keras3" and name == "tensorflow" and [code_of(alias.name) for alias in others] == ["keras"]:
            return [cst.Import(names=_without_comma(others))]
        places: dict[str, list[cst.ImportAlias]] = {}
        for alias in others:
            place = name
            if self.target == "keras3":
                place = in_keras3(f"{name}.{code_of(alias.name)}").rpartition(".")[0]
            places.setdefault(place, []).append(alias)
        return [
            updated.with_changes(module=_dotted(place), names=_without_comma(here)) for place, here in places.items()
        ]

    def leave_Import(self, original: cst.Import, updated: cst.Import) -> Any:
        """`import keras.backend as K`, `import tensorflow as tf`."""
        kept, new = [], []
        for alias in updated.names:
            name, bound = code_of(alias.name), _bound_name(alias)
            if name.partition(".")[0] not in _ROOTS_OF_K:
                kept.append(alias)
            elif bound in self.used and name in BACKENDS and alias.asname is not None:
                statement: Any = cst.parse_statement(f"from kjax import backend as {bound}")
                new.append(statement.body[0])
            elif bound in self.used:
                if self.target == "keras3" and name.startswith("tensorflow.keras"):
                    alias = alias.with_changes(name=_dotted(name.removeprefix("tensorflow.")))
                kept.append(alias)
        if [*kept] == [*updated.names]:
            return updated
        new += [updated.with_changes(names=_without_comma(kept))] if kept else []
        return cst.FlattenSentinel(new) if new else cst.RemoveFromParent()

    def leave_SimpleStatementLine(self, original: cst.SimpleStatementLine, updated: cst.SimpleStatementLine) -> Any:
        """An import that became several: each on a line of its own."""
        if len(updated.body) <= len(original.body):
            return updated
        lines = [
            cst.SimpleStatementLine([part.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for part in updated.body
        ]
        lines[0] = lines[0].with_changes(leading_lines=updated.leading_lines)
        lines[-1] = lines[-1].with_changes(trailing_whitespace=updated.trailing_whitespace)
        return cst.FlattenSentinel(lines)

    def leave_IndentedBlock(self, original: cst.IndentedBlock, updated: cst.IndentedBlock) -> Any:
        """A block whose imports are gone."""
        return updated if updated.body else updated.with_changes(body=[cst.parse_statement("pass")])

    def leave_Try(self, original: cst.Try, updated: cst.Try) -> Any:
        """A `try` that chose between imports which are gone."""
        blocks = [updated.body, *(handler.body for handler in updated.handlers)]
        before = [original.body, *(handler.body for handler in original.handlers)]
        changed = any(code_of(block) != code_of(old) for block, old in zip(blocks, before, strict=True))
        if not changed or updated.orelse or updated.finalbody:
            return updated
        texts = [code_of(block).strip() for block in blocks]
        if set(texts) == {"pass"}:
            return cst.RemoveFromParent()
        if len(set(texts)) == 1 and isinstance(updated.body, cst.IndentedBlock):
            return cst.FlattenSentinel(updated.body.body)
        return updated


def names_in(module: cst.Module) -> set[str]:
    """The names that a module uses, apart from its imports."""
    found: set[str] = set()

    class Finds(cst.CSTVisitor):
        def visit_Import(self, node: cst.Import) -> bool:
            return False

        def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
            return False

        def visit_Attribute(self, node: cst.Attribute) -> bool:
            node.value.visit(self)
            return False

        def visit_Name(self, node: cst.Name) -> None:
            found.add(node.value)

    module.visit(Finds())
    return found


def _bound_name(alias: cst.ImportAlias) -> str:
    return code_of(alias.asname.name) if alias.asname is not None else code_of(alias.name).partition(".")[0]


def _dotted(name: str) -> Any:
    return cst.parse_expression(name)


def _without_comma(names: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    return [*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]


def with_imports(
    module: cst.Module, target: str, names: Collection[str], aliases: Mapping[str, str], before: Sequence[Any]
) -> cst.Module:
    """The module with what its new code needs: imports, where that of K was, and functions behind all imports."""
    helpers = [name for name in sorted(names) if name in HELPERS]
    code = re.sub(r"\bnp\.", "ops." if target == "keras3" else "jnp.", "".join(HELPERS[name] for name in helpers))
    needed = ({*names} & {*IMPORTS}) | {*ROOTS.findall(code)}
    there = {line.strip() for line in module.code.splitlines()}
    lines = {name: IMPORTS[name] for name in sorted(needed)}
    lines.update(
        {name: f"{lines[name].removesuffix(' as jnp')} as {other}" for name, other in aliases.items() if name in needed}
    )
    imports: list[Any] = [cst.parse_statement(line) for line in lines.values() if line not in there]
    code = as_called(code, aliases)
    body: list[Any] = [*module.body]
    # (What stands before the first import of ours is as it was, so that it has the place that it had.)
    first = next((i for i, node in enumerate(before) if _imports_ours(node)), None)
    if first is None:
        first = next((i for i, node in enumerate(body) if not _stays_first(node, i)), len(body))
    else:
        stays = first < len(body) and code_of(body[first]).lstrip() == code_of(before[first]).lstrip()
        above = before[first].leading_lines
        if stays and imports:
            body[first] = body[first].with_changes(leading_lines=[])
        if imports:
            imports[0] = imports[0].with_changes(leading_lines=above)
    body[first:first] = imports
    if helpers:
        last = max((i for i, node in enumerate(body) if _is_import(node)), default=first - 1) + 1
        functions: list[Any] = [*cst.parse_module(code).body]
        body[last:last] = [function.with_changes(leading_lines=_APART) for function in functions]
        after = last + len(functions)
        if after < len(body):
            rest = [line for line in body[after].leading_lines if line.comment is not None]
            body[after] = body[after].with_changes(leading_lines=[*_APART, *rest])
    return module.with_changes(body=body)


_APART = [cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)]


def _imports_ours(node: Any) -> bool:
    """Whether a statement, or one within it, imports TensorFlow or Keras."""
    return re.search(r"(?m)^\s*(from|import)\s.*\b(tensorflow|keras|kjax)\b", code_of(node)) is not None and (
        _is_import(node) or isinstance(node, (cst.Try, cst.If))
    )


def _stays_first(node: Any, index: int) -> bool:
    """Whether a statement is the docstring, or an import from `__future__`."""
    code = code_of(node).strip()
    is_text = isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.Expr)
    return (is_text and index == 0) or "from __future__" in code


def _is_import(node: Any) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], (cst.Import, cst.ImportFrom))
