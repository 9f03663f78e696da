"""A kernel of Jupyter for `kjax run notebook.ipynb`: `python -m kjax run -m kjax.command.kernel FOLDER -f FILE`.

Its cells are as after `%load_ext kjax`, and installations in them (`!pip install tensorflow`) are not carried out.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

from kjax.dialects import notebooks, program_repairs

# `!pip install`, `%conda install`, `!apt-get -y install`, `!{sys.executable} -m pip install` and the like.
_INSTALLS = re.compile(
    r"(\s*)[!%]\s*(sudo\s+)?(\S+\s+-m\s+pip3?|(uv\s+)?pip[\d.]*|conda|mamba|apt(-get)?)\s+(-\S+\s+)*(un)?install\b"
)


def without_installs(lines: list[str]) -> list[str]:
    """The lines of a cell, in which an installation is a line that says so."""
    changed, goes_on = [], False
    for line in lines:
        found = _INSTALLS.match(line)
        if goes_on:
            changed.append("\n")
        elif found:
            note = f"kjax run: not carried out: {line.strip()}"
            changed.append(f"{found[1]}print({note!r})\n")
        else:
            changed.append(line)
        goes_on = (goes_on or found is not None) and line.rstrip().endswith("\\")
    return changed


def main(arguments: list[str]) -> None:
    """Run a kernel in the folder that comes first."""
    from ipykernel.kernelapp import IPKernelApp

    folder, *rest = arguments
    os.chdir(folder)
    sys.path[0] = folder
    app: Any = IPKernelApp.instance()
    app.initialize(rest)
    notebooks.load(app.shell, repaired=program_repairs.is_installed())
    app.shell.input_transformers_cleanup.append(without_installs)
    app.start()


if __name__ == "__main__":
    main(sys.argv[1:])
