"""Which operations the recorded cases run: each `@op`, not only each public function."""

import ast
import importlib
import inspect
import pkgutil

import kjax
from kjax import backend as K
from kjax.core.graph import reachable
from kjax.core.op import Op, op
from kjax.ops import probed as probing
from kjax.ops.probed import probed

from . import calls, dialects, records, replay

# To import the two that are left out is to use them.
MODULES = [
    module.name
    for module in pkgutil.walk_packages(kjax.__path__, "kjax.")
    if module.name not in ("kjax.__main__", "kjax.keras2")
]


def operations():
    """A dict from each operation to the place of its declaration: `ops.elementwise.square`."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        for name, value in vars(module).items():
            if isinstance(getattr(value, "op", None), Op) and value.__module__ == module.__name__:
                found[value.op] = f"{module.__name__.removeprefix('kjax.')}.{name}"
    return found


def declarations():
    """The number of operations that the source declares."""
    found = 0
    for module in map(importlib.import_module, MODULES):
        names = [name for name in ("op", "probed") if vars(module).get(name) in (op, probed)]
        nodes = ast.walk(ast.parse(inspect.getsource(module))) if names and module is not probing else ()
        found += sum(isinstance(node, ast.Call) and getattr(node.func, "id", "") in names for node in nodes)
    return found


def without_cases(run):
    """The declarations of operations that no case runs."""
    return sorted(place for operation, place in operations().items() if operation not in run)


def run_by_cases(tf):
    """The operations behind results that are compared with TF 2.2's; `tf` is kjax's module `tensorflow`."""
    return {node.op for outputs in (*_of_cases(), *_of_calls(tf)) for node in reachable(outputs)}


def _of_cases():
    """The symbolic results of cases that are compared by value, in both dialects."""
    with kjax.graph_mode():
        for dialect in (dialects.TF22, dialects.KERAS2):
            backend = dialect.backend()
            for family in dialect.cases.FAMILIES:
                if dialect is dialects.KERAS2 and not family.startswith("own_"):
                    continue
                _, entries = records.read(dialect.folder, family)
                for case in dialect.cases.load(family):
                    entry = entries[case.label]
                    if not (case.is_session or case.wants_error or case.reason) and replay.baseline(entry):
                        yield replay.Run(case, replay.chosen(case, entry, "graph")[-1], backend).build().tensors


def _of_calls(tf):
    """The symbolic results of calls on a variable in graph mode."""
    with kjax.graph_mode():
        names = {"tf": tf, "x": K.variable([[1.0, 2.0], [3.0, 4.0]])}
        for expression, answer in calls.RECORDED["eager"].items():
            if isinstance(answer, dict) and "np." not in expression:
                yield [tensor for tensor in [eval(expression, names)] if isinstance(tensor, kjax.Tensor)]
