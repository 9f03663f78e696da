"""Telling the options of `kjax run` from those of Python, and both from the program and its arguments."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_SWITCHES = "bBdEiIOPqsu"  # of Python, without an argument
_WITH_ARGUMENT = "WX"  # of Python
_LONG_OF_PYTHON = "--check-hash-based-pycs"  # which has an argument, too
# Those of `kjax run` that have an argument behind them.
_OURS_WITH_ARGUMENT = ("-o", "--output", "--devices", "--mesh", "--batch-axis", "--processes")


def split(arguments: Sequence[str]) -> tuple[list[str], list[str], Sequence[str]]:
    """The options of `kjax run` with the word `run` before them, those of Python, and the program with its arguments.

    >>> split(['run', '--graph', '-uW', 'error', '-im', 'mypackage', '-x'])
    (['run', '--graph'], ['-u', '-W', 'error', '-i'], ['-m', 'mypackage', '-x'])
    """
    ours: list[str] = [*arguments[:1]]
    pythons: list[str] = []
    rest = [*arguments[1:]]
    while rest and rest[0].startswith("-") and rest[0] != "-":
        argument = rest.pop(0)
        if argument == "--":
            break
        if argument.startswith("--"):
            into = pythons if argument.partition("=")[0] == _LONG_OF_PYTHON else ours
            into.append(argument)
            if argument == _LONG_OF_PYTHON or argument in _OURS_WITH_ARGUMENT:
                into += rest[:1]
                del rest[:1]
            continue
        letters = argument[1:]
        while letters:  # several switches may be one word, and what follows the last of them
            option, letters = f"-{letters[0]}", letters[1:]
            if option in ("-m", "-c"):
                return ours, pythons, [option + letters, *rest]
            into = pythons if option[1] in _SWITCHES + _WITH_ARGUMENT else ours
            if option[1] not in _WITH_ARGUMENT and option not in _OURS_WITH_ARGUMENT:
                into.append(option)
                continue
            into += [option + letters] if letters else [option, *rest[:1]]
            del rest[: not letters]
            break
    return ours, pythons, rest


def options_of_this_python() -> list[str]:
    """The options with which this process was started; what the environment says besides, a new one says, too."""
    return split(["", *sys.orig_argv[1:]])[1]
