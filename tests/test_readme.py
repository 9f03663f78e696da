"""The README's Python runs with the results in its comments; CONTRIBUTING lists all rooms."""

import ast
import pathlib
import re

import numpy as np
import pytest

from conformance import counts

README = pathlib.Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_code(block):
    names = {"np": np}
    exec(block, names)
    last = block.strip().splitlines()[-1]
    expression, _, comment = last.partition("  # ")
    if isinstance(ast.parse(expression.strip()).body[0], ast.Expr) and not last.startswith(" "):
        assert eval(expression, names) != eval(comment, names)  # it has learned since the first call
        names = {"np": np}
        exec(block[: block.rindex(last)], names)
        assert eval(expression, names) == eval(comment, names)


def test_there_are_such_blocks():
    assert len(BLOCKS) >= 2


def test_the_number_of_functions():
    assert f"All {len(counts.public_names())} functions" in README.read_text(encoding="utf-8")


def test_contributing_lists_every_room_and_every_module_of_the_core():
    root = README.parent
    places = re.findall(r"^\| (.*?) \|", (root / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = {name.rstrip("/") for place in places for name in re.findall(r"`([\w./]+)`", place)}
    source = root / "src" / "kjax"
    rooms = {path.parent.name for path in source.glob("*/__init__.py")}
    modules = {path.stem for path in (source / "core").glob("*.py")} - {"__init__"}
    assert rooms - named == set() and modules - named == set()
