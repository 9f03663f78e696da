"""`kjax run notebook.ipynb`: its cells run in order, in a kernel of Jupyter in which kjax answers for TensorFlow.

What cells print and show is printed as text; the notebook with all results, pictures too, is written where it is asked
for, also if a cell fails.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from kjax.command.options import options_of_this_python
from kjax.command.runner import CannotRun, end_interrupted

_COLOURS = re.compile(r"\x1b\[[\d;]*m")


def run(path: str, output: str | None, options: Sequence[str]) -> int:
    """Run a notebook; return the exit code.

    Args:
        path: its file.
        output: the file to write the notebook with its results to, if any.
        options: those of `kjax run`, for the kernel.

    Raises:
        CannotRun: the file is no notebook, or packages are missing.
    """
    try:
        import nbformat
        from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, DeadKernelError
    except ImportError as error:
        raise CannotRun(f'{path!r} is a notebook, which needs more: pip install "kjax[notebooks]" ({error})') from None
    read = _read(path, nbformat)
    folder = os.path.dirname(os.path.abspath(path))
    kernel = ["-m", "kjax.command.kernel", folder, "-f", "{connection_file}"]
    python = [sys.executable, "-Xfrozen_modules=off", *options_of_this_python()]  # (as debuggers in notebooks want it)
    line = [*python, "-m", "kjax", "run", *options, *kernel]

    class Specs(KernelSpecManager):  # type: ignore[misc]
        def get_kernel_spec(self, kernel_name: str) -> Any:
            return KernelSpec(argv=line, display_name="Python (kjax)", language="python")

    class Client(NotebookClient):  # type: ignore[misc]
        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            _print(msg["msg_type"], msg["content"], f"{path}: cell {cell_index + 1} of {len(read.cells)}")
            return super().process_message(msg, cell, cell_index)

    code = 0
    with tempfile.TemporaryDirectory(prefix="kjax") as private:
        # (By sockets in the file system, where there are such, which no one else can listen to.)
        how = {"transport": "ipc", "connection_file": f"{private}/kernel.json"} if os.name == "posix" else {}
        manager = AsyncKernelManager(kernel_spec_manager=Specs(), **how)
        interrupts: list[Any] = []

        def interrupt() -> None:
            interrupts.append(asyncio.ensure_future(manager.interrupt_kernel()))

        def on_cell_start(**about: Any) -> None:
            # An interrupt is for the cell, which ends with it; nbclient would end the kernel amid a message.
            if os.name == "posix":
                asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)

        client = Client(read, km=manager, timeout=None, coalesce_streams=True, on_cell_start=on_cell_start)
        client.owns_km = True  # it ends the kernel
        try:
            client.execute()
        except CellExecutionError:
            code = 1  # it was shown
        except (DeadKernelError, AssertionError, KeyboardInterrupt) as error:
            print(f"kjax run: {path}: the kernel has ended ({error or 'interrupted'})", file=sys.stderr)
            code = 1
    if output is not None:
        nbformat.write(read, output)
    if interrupts:
        end_interrupted(KeyboardInterrupt())
    return code


def _read(path: str, nbformat: Any) -> Any:
    try:
        return nbformat.read(path, as_version=4)
    except OSError as error:
        raise CannotRun(f"{path!r} cannot be read: {error.strerror}") from None
    except (ValueError, AttributeError, KeyError, nbformat.ValidationError) as error:
        reason = str(error).partition("\n")[0]
        raise CannotRun(f"{path!r} is not a notebook of Jupyter: {reason}") from None


def _print(kind: str, content: Any, where: str) -> None:
    """Print a message of the kernel as far as it is text: the error of a cell comes with the cell's number."""
    if kind == "stream":
        file = sys.stderr if content["name"] == "stderr" else sys.stdout
        print(content["text"], end="", file=file, flush=True)
    elif kind in ("display_data", "execute_result"):
        print(content["data"].get("text/plain", ""), flush=True)
    elif kind == "error":
        text = "\n".join(content["traceback"])
        text = text if sys.stderr.isatty() else _COLOURS.sub("", text)
        print(f"kjax run: {where} failed\n{text.rstrip()}", file=sys.stderr)
