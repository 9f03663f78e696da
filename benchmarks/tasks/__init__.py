"""The measurements: tasks, and the rows of the table that they make.

A task is the same work written for every framework that does it. A row compares kjax with one peer on one or more
tasks. Runs in the environments of the peers, Python 3.7 included.
"""

import importlib
import os
import sys
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence


class Task(NamedTuple):
    """Work to time.

    Attributes:
        make: `make(framework)` prepares it and gives the callable to time.
        random: the results differ from call to call, and are not compared.
        waits: results may be computed in the background, and are waited for.
        measures: the callable itself gives the seconds, instead of being timed.
        scripts: instead, for each framework, a program whose run in a process of its own is timed. It may print a JSON
            object of figures of its own.
    """

    make: Optional[Callable[[Any], Callable[[], Any]]] = None
    random: bool = False
    waits: bool = False
    measures: bool = False
    scripts: Optional[Dict[str, str]] = None


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        title: the name of the task in the table.
        tasks: the names of the tasks; of several, the ratios' geometric mean counts.
        peer: the framework to compare with, or None where there is only a limit.
        target: the least ratio, the peer's figure divided by ours.
        least: what each single task's ratio must reach.
        figure: the compared figure: `seconds`, or one that scripts print.
        limit: without a peer: the greatest figure.
        unit: the unit of the figure.
        ours: the framework that stands for kjax.
        sizes: the number of elements in each task.
        between: of two of these sizes, the figure is how much faster than they the cost grows.
        long: left out of a quick run.
    """

    title: str
    tasks: Sequence[str]
    peer: Optional[str] = None
    target: Optional[float] = None
    least: Optional[float] = None
    figure: str = "seconds"
    limit: Optional[float] = None
    unit: str = "s"
    sizes: Optional[Sequence[int]] = None
    between: Optional[Sequence[int]] = None
    ours: str = "kjax"
    long: bool = False


# The models are the ones that tests train, too.
_TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests")
if _TESTS not in sys.path:
    sys.path.append(_TESTS)

TASKS = {}
ROWS = []
for _module in ("creation", "eager", "functions", "start", "models", "wide", "sizes"):
    _found = importlib.import_module("tasks." + _module)
    TASKS.update(_found.TASKS)
    ROWS.extend(_found.ROWS)
