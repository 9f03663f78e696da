"""Rooms stand on a stair: a module imports from its own room and from rooms below, late imports included."""

import ast
import functools
import pathlib

SOURCE = pathlib.Path(__file__).parents[1] / "src"
# From the bottom to the top. A room is a folder or a module; `kjax` is the package's own `__init__`.
ROOMS = [
    *("machine", "core", "shapes", "loops", "kernels", "ops", "sparse", "exports", "backend", "cache", "typing"),
    *("dialects", "keras2", "kjax", "checking", "command", "__main__"),
]

MODULES = {}
for _path in sorted(SOURCE.rglob("*.py")):
    _parts = _path.relative_to(SOURCE).with_suffix("").parts
    MODULES[".".join(_parts[:-1] if _parts[-1] == "__init__" else _parts)] = _path


def room(module):
    return ROOMS.index((module.split(".") + ["kjax"])[1] if module != "kjax" else "kjax")


def imported(module):
    """The modules of the package that `module` imports when it runs: at its top, in functions, by name."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []  # (walked after this node)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in below)
        elif isinstance(node, ast.Call) and "import_module" in ast.dump(node.func):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and arg.value in MODULES)


@functools.cache
def graph():
    """The modules that each module imports."""
    return {module: sorted(set(imported(module)) - {module}) for module in MODULES}


def test_every_room_has_its_place():
    assert {module.split(".")[1] for module in MODULES if module != "kjax"} | {"kjax"} == set(ROOMS)
    assert sum(map(len, graph().values())) > 300  # the imports are really found


def test_nothing_is_imported_from_above():
    upward = [(m, n) for m, names in graph().items() for n in names if room(n) > room(m)]
    assert not upward


def test_no_module_imports_itself_in_a_circle():
    def reached(start):
        found, stack = set(), list(graph()[start])
        while stack:
            module = stack.pop()
            if module not in found:
                found.add(module)
                stack += graph()[module]
        return found

    assert not [module for module in MODULES if module in reached(module)]
