"""What makes a process one in which programs for TensorFlow run: under `kjax run`, and in `pytest -p kjax`."""

from __future__ import annotations

from kjax.core.graph import disable_eager_execution
from kjax.dialects import program_repairs, tensorflow
from kjax.dialects.stand_ins import Report
from kjax.machine import cache
from kjax.machine.device import compute_in_calling_thread
from kjax.machine.memory import ask_for_small_pages, keep_memory


def prepare_process(force: bool, graph: bool, repaired: bool = True, report: Report | None = None) -> None:
    """Let kjax answer for TensorFlow.

    Freed memory and compiled programs are kept, too, arrays take no more memory than is written to, and programs for
    CPUs run in the thread that calls them.

    Args:
        force: replace an installed TensorFlow or Keras, too.
        graph: start in graph mode.
        repaired: answer names that NumPy, Python and others have dropped (`kjax.dialects.program_repairs`).
        report: as for `kjax.dialects.tensorflow.install`.
    """
    tensorflow.install(force=force, report=report)
    keep_memory()
    compute_in_calling_thread()
    ask_for_small_pages()
    cache.keep_compiled()
    if repaired:
        program_repairs.install()
    if graph:
        disable_eager_execution()
