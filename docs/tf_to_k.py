"""What a call of `tf.*` is in K, read from the source of the tables by which `kjax run` answers it.

An entry such as `"reduce_sum": lambda input_tensor, axis=None, …: K.sum(input_tensor, axis, keepdims)` tells it.
"""

import ast
import functools
import inspect
import pathlib

from kjax.dialects.tensorflow_modules import answers

# Conversions of operands, which K makes by itself.
CONVERSIONS = {"convert_to_tensor"}
# Operations that tensors have as operators.
OPERATORS = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "floor_divide": "{0} // {1}",
    "mod": "{0} % {1}",
    "negative": "-{0}",
    "logical_not": "~{0}",
    "logical_and": "{0} & {1}",
    "logical_or": "{0} | {1}",
    "logical_xor": "{0} ^ {1}",
}
# Modules whose calls compute; those of others have no place in K.
MODULES = ("", "math", "nn", "random", "linalg", "image", "dtypes")
# What K has for the usual case of calls whose entries take more than an expression. (A test compares the results.)
USUAL = {
    "clip_by_value": "K.clip(t, clip_value_min, clip_value_max)",
    "concat": "K.concatenate(values, axis)",
    "constant": "K.constant(value, dtype, shape)",
    "convert_to_tensor": "K.constant(value, dtype)",
    "cumsum": "K.cumsum(x, axis)",
    "cumprod": "K.cumprod(x, axis)",
    "eye": "K.eye(num_rows)",
    "gather": "K.gather(params, indices)",
    "matmul": "a @ b",
    "moments": "K.mean(x, axes), K.var(x, axes)",
    "one_hot": "K.one_hot(indices, depth)",
    "ones": "K.ones(shape, dtype)",
    "range": "K.arange(start, limit, delta)",
    "sqrt": "K.sqrt(x)",
    "squeeze": "K.squeeze(input, axis)",
    "transpose": "K.permute_dimensions(a, perm)",
    "where": "K.switch(condition, x, y)",
    "zeros": "K.zeros(shape, dtype)",
}


class InK(ast.NodeTransformer):
    """Rewrites the body of an entry as a user of K would write it."""

    def visit_Call(self, node):
        """Operators for operations that have one, operands without conversions."""
        self.generic_visit(node)
        name = ast.unparse(node.func).rpartition(".")[2]
        if isinstance(node.func, ast.Name) and node.func.id in CONVERSIONS and len(node.args) == 1:
            return node.args[0]
        if name in OPERATORS and ast.unparse(node.func).startswith(("elementwise.", "comparison.")):
            operands = [f"({ast.unparse(a)})" if isinstance(a, ast.BinOp) else ast.unparse(a) for a in node.args]
            return ast.parse(OPERATORS[name].format(*operands), mode="eval").body
        return node


def in_k(call):
    """An expression of K for an entry of a table, as text; None where it takes more than an expression."""
    while hasattr(call, "__wrapped__"):
        call = call.__wrapped__
    if not inspect.isfunction(call):
        return None
    node = _definitions(call.__code__.co_filename).get((call.__code__.co_firstlineno, _parameters(call)))
    if isinstance(node, ast.FunctionDef):
        lines = [
            line for line in node.body if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        ]
        node = lines[0].value if len(lines) == 1 and isinstance(lines[0], ast.Return) else None
    elif node is not None:
        node = node.body
    if node is None:
        return None
    body = InK().visit(ast.parse(ast.unparse(node), mode="eval").body)
    used = {name.id for name in ast.walk(body) if isinstance(name, ast.Name)}
    known = {*inspect.signature(call).parameters, "K"}
    computes = "K" in used or isinstance(body, ast.BinOp | ast.UnaryOp)
    return ast.unparse(body) if computes and used <= known else None


def _parameters(call):
    code = call.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


@functools.cache
def _definitions(file):
    """The functions and lambdas of a source file, by line and parameters."""
    found = {}
    for node in ast.walk(ast.parse(pathlib.Path(file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            arguments = node.args
            names = tuple(a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))
            line = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            found[line, names] = node
    return found


def signature(call):
    """The parameters of a call as text, without `name`, which is accepted everywhere."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return ""
    shown = [p.replace(annotation=p.empty) for p in parameters if p.name != "name"]
    return str(inspect.Signature(shown))


def calls():
    """For each module of `tf` whose calls compute: their names, parameters, and an expression of K or None."""
    found = {}
    for module in MODULES:
        new, old = answers(module, 2), answers(module, 1)
        for prefix, known in (("tf", new), ("tf.compat.v1", {name: old[name] for name in old.keys() - new.keys()})):
            found[f"{prefix}.{module}".rstrip(".")] = [
                (name, signature(call), in_k(call) or USUAL.get(name))
                for name, call in sorted(known.items())
                if inspect.isfunction(call) and not name.startswith("_")
            ]
    return {module: rows for module, rows in found.items() if rows}
