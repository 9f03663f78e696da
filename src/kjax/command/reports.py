"""Reports on a run that are printed when it ends: `kjax run --profile` and `--explain-compile`."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable, Sequence

from kjax.machine import tracebacks

Place = tuple[str, int]  # a file and the number of a line


class Printer:
    """Prints on what stderr is now: a program, and a kernel of Jupyter above all, may put something in its place."""

    def __init__(self) -> None:
        self._file = os.dup(2)

    def say(self, *lines: str) -> None:
        """Print lines at once."""
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode(errors="replace"))

    def at_exit(self, lines: Callable[[], Iterable[str]]) -> None:
        """Print these lines when the process ends."""
        atexit.register(lambda: self.say(*lines()))


def shown(place: Place | None) -> str:
    """A line of the program: a file as seen from here, or a cell of a notebook."""
    if place is None:
        return "?"
    file, number = place
    shell = tracebacks.ipython_shell()
    cell = None if shell is None else shell.compile.format_code_name(file)
    if cell is not None:
        return f"{cell[1]}:{number}"
    near = os.path.relpath(file) if os.path.isabs(file) else file
    return f"{file if near.startswith('..') else near}:{number}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows under their headings, in columns; those of numbers are right-aligned."""
    columns = [*zip(headings, *rows, strict=True)]
    lines = []
    for row in [headings, *rows]:
        cells = []
        for cell, column in zip(row, columns, strict=True):
            width = max(map(len, column))
            is_number = all(other[:1].isdigit() for other in column[1:])
            cells.append(cell.rjust(width) if is_number else cell.ljust(width))
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines
