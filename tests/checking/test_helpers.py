"""Functions that are written into ported files."""

import ast

from kjax.checking.helpers import HELPERS
from kjax.checking.ports import PORTS, TF_PORTS


def test_each_is_a_function_of_its_name_that_a_pattern_calls():
    patterns = repr((PORTS, TF_PORTS))
    for name, text in HELPERS.items():
        (function,) = ast.parse(text).body
        assert isinstance(function, ast.FunctionDef) and function.name == name
        assert (ast.get_docstring(function) or "").endswith(".") and f"{name}(" in patterns
