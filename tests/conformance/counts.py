"""How many recorded cases of TF 2.2 each public function has.

`cd tests && python -m conformance.counts [function ...]`

A case is the call of a function by itself, or a small program that calls several; which ones is read from its source.
"""

import ast
import functools
import inspect
import os
import sys
import textwrap

from kjax import backend as K

from . import cases, dialects, records, replay
from .records import HERE

SIGNATURES = os.path.join(os.path.dirname(HERE), "data", "signatures_tf22.txt")


def public_names():
    """The functions that TF 2.2 documents."""
    with open(SIGNATURES, encoding="utf-8") as file:
        return [line.partition("(")[0] for line in file]


# Functions by which programs make inputs and look at results.
AROUND = {"constant", "dtype", "eval", "function", "get_value", "int_shape", "ndim", "placeholder", "variable"}


class Count:
    """The recorded cases of one function."""

    def __init__(self):
        self.alone = 0  # cases that are a call of it
        self.within = 0  # cases whose program calls it
        self.compared = 0  # the cases of both that compare results with TF 2.2's
        self.modes = set()  # in which they are replayed

    @property
    def total(self):
        return self.alone + self.within

    @property
    def in_modes(self):
        """The modes, in their order."""
        return [mode for mode in replay.MODES if mode in self.modes]


def count():
    """A dict from each public function to its `Count`."""
    found = {name: Count() for name in public_names()}
    for family in cases.FAMILIES:
        _, entries = records.read(dialects.TF22.folder, family)
        for case in cases.load(family):
            compared = not (case.wants_error or case.reason) and bool(replay.baseline(entries.get(case.label, {})))
            for name in called(case) & found.keys():
                entry = found[name]
                entry.alone += case.fn == name
                entry.within += case.fn != name
                entry.compared += compared
                entry.modes.update(replay.modes(case))
    return found


def called(case):
    """The names of K that a case calls."""
    if isinstance(case.fn, str):
        return {case.fn}
    return _named(case) | _written(case.fn)


def subjects(case, family):
    """The subject of a case: the functions that are named in it, or else the namesake of its family.

    A program for `rnn` may well call `sum`, but is about `rnn`.
    """
    names = called(case)
    at_home = {name for name in names if getattr(K, name, K.ones).__module__.endswith("." + family)}
    return _named(case) or at_home or names - AROUND or names


def _named(case):
    """Functions that are arguments of a program: `update('update_add', …)`."""
    return {arg for arg in case.args if isinstance(arg, str) and arg in K.__all__} if callable(case.fn) else set()


@functools.cache
def _written(program):
    """The names `K.…` in a program, and in the helpers it hands K on to."""
    names, programs = set(), [program]
    for function in programs:
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
            if isinstance(node, ast.Attribute) and _is_k(node.value):
                names.add(node.attr)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and any(map(_is_k, node.args)):
                helper = function.__globals__.get(node.func.id)
                if inspect.isfunction(helper) and helper not in programs:
                    programs.append(helper)
    return names


def _is_k(node):
    return isinstance(node, ast.Name) and node.id == "K"


def main(wanted):
    """Print a line for each function, and the totals."""
    found = count()
    unknown = set(wanted) - found.keys()
    if unknown:
        print(f"no function of TF 2.2's backend: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    print(f"{'function':<32}{'alone':>5}{'within':>8}  modes")
    for name in wanted or found:
        entry = found[name]
        print(f"{name:<32}{entry.alone:>5}{entry.within:>8}  {' '.join(entry.in_modes)}")
    if not wanted:
        none = [name for name, entry in found.items() if not entry.total]
        few = [name for name, entry in found.items() if 0 < entry.total < 3]
        print(f"{sum(len(cases.load(family)) for family in cases.FAMILIES)} cases of {len(found)} functions")
        print(f"without any: {', '.join(none) or 'none'}; with one or two: {', '.join(few) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
