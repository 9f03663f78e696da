"""The values of expressions, as far as they decide conditions."""

import ast

import pytest

from kjax.checking.answers import Answers
from kjax.checking.names import Walk
from kjax.checking.reading import parsed
from kjax.checking.spaces import Space


class Nobody:
    def space(self, importer, module, level):
        return None


@pytest.mark.parametrize(
    ("expression", "truth"),
    [
        ("1 < 2 < 3", True),
        ("not (1 < 2)", False),
        ("x and False", False),
        ("True or x", True),
        ("x or False", None),
        ("'2.2'.split('.')[0] == '2'", True),
        ("'2.2'[:1] in ('2', '3')", True),
        ("('a' if True else x) == 'a'", True),
        ("x == 1", None),
        ("-x", None),
        ("int('3') >= 3", True),
        ("f(3)", None),
        ("x[0]", None),
        ("(1, 2)[x]", None),
        ("[1]", None),
    ],
)
def test_truth(expression, truth):
    walk = Walk(parsed("a.py", b""), Answers(), Nobody())
    assert walk.truth(walk.value(ast.parse(expression, mode="eval").body, Space("module"))) is truth
