"""Tests mirror the source: `src/kjax/<room>/<name>.py` is tested in `tests/<room>/test_<name>.py`."""

import ast
import pathlib

import kjax

TESTS = pathlib.Path(__file__).parent
SOURCE = pathlib.Path(kjax.__file__).parent

# Modules that have nothing of their own to test, each with the reason. (A package's `__init__` only hands on names.)
UNTESTED = {
    "__main__": "calls the command; tests/command starts it in each test",
    "cache": "hands on two functions of machine/cache",
    "typing": "hands on names of core/types",
    "machine/version": "one string, which `kjax --version` shows in tests/command",
    **dict.fromkeys(
        [f"dialects/keras3_{part}" for part in ("graphs", "surroundings", "tensors", "variables")],
        "tests/keras3, whose files tests/dialects/test_keras3.py runs in processes with Keras 3",
    ),
    "keras2": "hands on dialects/keras2 and attaches it; tests/dialects/test_keras2.py imports it in programs",
}


def modules():
    """The modules of the package by their paths below it, without suffix."""
    paths = (path.relative_to(SOURCE).with_suffix("") for path in SOURCE.rglob("*.py"))
    return {path.as_posix() for path in paths if path.name != "__init__"}


def subjects():
    """What test files are named after, by the same paths; some at the top are about the whole project instead."""
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    files = [path.relative_to(TESTS) for path in TESTS.rglob("test_*.py")]
    names = {(path.parent / path.stem.removeprefix("test_")).as_posix() for path in files if path.parts[0] in rooms}
    return names | {path.stem.removeprefix("test_") for path in files if len(path.parts) == 1} & modules()


def test_every_module_has_its_tests():
    missing = modules() - subjects() - {*UNTESTED}
    assert not missing, f"modules without a test file of their name: {sorted(missing)}"


def test_every_test_file_in_a_room_has_its_module():
    orphans = subjects() - modules()
    assert not orphans, f"test files without a module of their name: {sorted(orphans)}"


def test_what_is_excused_is_there_and_has_no_tests():
    assert {*UNTESTED} <= modules() - subjects() and all(UNTESTED.values())


def test_every_test_file_has_tests():
    for file in TESTS.rglob("test_*.py"):
        tree = ast.parse(file.read_text())
        assert any(isinstance(n, ast.FunctionDef) and n.name.startswith("test_") for n in tree.body), file
