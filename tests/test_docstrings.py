"""The examples in the docstrings, run.

Not by pytest's `--doctest-modules`: that passes over functions made by a decorator of another module, as all
operations are.
"""

import doctest
import importlib
import inspect
import pkgutil

import pytest

import kjax

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def _modules():
    yield kjax
    for found in pkgutil.walk_packages(kjax.__path__, "kjax."):
        # To import these is to use them.
        if not found.name.endswith(("__main__", "kjax.keras2")):
            yield importlib.import_module(found.name)


def _examples():
    for module in _modules():
        members = {
            name: value
            for name, value in vars(module).items()
            if callable(value) and getattr(value, "__module__", None) == module.__name__
        }
        finder = doctest.DocTestFinder(recurse=False)
        found = finder.find(module, module.__name__)
        for name, value in members.items():
            # A class is searched with its methods.
            finder = doctest.DocTestFinder(recurse=inspect.isclass(value))
            found += finder.find(value, f"{module.__name__}.{name}", module=module, globs=vars(module).copy())
        yield from (test for test in found if test.examples)


EXAMPLES = [*_examples()]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda test: test.name)
def test_docstring(example):
    report = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    runner.run(example, out=report.append)
    assert not runner.failures, "".join(report)
    assert runner.tries


def test_decorated_operations_are_not_passed_over():
    assert any(example.name == "kjax.ops.elementwise.square" for example in EXAMPLES)
