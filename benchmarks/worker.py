"""Runs tasks in one environment: a line of JSON comes in, a line goes out.

    python worker.py NAME        # a name in frameworks.FRAMEWORKS

Requests are {"do": "versions"}, {"do": "result", "task": …}, {"do": "time", "task": …, "times": …} and
{"do": "forget"}. Runs in the environments of the peers, Python 3.7 included.
"""

import base64
import gc
import io
import itertools
import json
import os
import sys
import time
import traceback
import warnings

import numpy as np

_TRIES, _LONG = 3, 0.1


class Worker:
    """The tasks of one framework; the last requested one is kept ready."""

    def __init__(self, name):
        import frameworks
        import tasks

        self.framework = frameworks.load(name)
        self.tasks = tasks.TASKS
        self.name = self.call = None
        gc.collect()
        gc.freeze()  # objects that exist now are never collected, so that collecting garbage is quick from here on

    def answer(self, request):
        """The answer to one request."""
        return getattr(self, request.pop("do"))(**request)

    def versions(self):
        """Versions of Python and of the libraries that compute."""
        return {"python": sys.version.split()[0], **self.framework.versions}

    def _prepare(self, task):
        if task != self.name:
            self.forget()
            self.call = self.tasks[task].make(self.framework)
            self.name = task

    def result(self, task):
        """The result of the task, for comparison; None if it differs each time."""
        self._prepare(task)
        out = self.call()
        self.framework.wait(out)
        if self.tasks[task].random:
            return None
        return _packed(self.framework.numpy(out))

    def time(self, task, times):
        """Seconds per call, of `times` in a row: the best of a few tries, since others disturb more than they help."""
        self._prepare(task)
        if self.tasks[task].measures:
            return self.call()
        gc.collect()
        gc.disable()
        try:
            found = [self._seconds(task, times)]
            while len(found) < _TRIES and found[0] * times < _LONG:
                found.append(self._seconds(task, times))
            return min(found)
        finally:
            gc.enable()

    def _seconds(self, task, times):
        call, wait = self.call, self.framework.wait
        if self.tasks[task].waits:
            start = time.perf_counter()
            for _ in itertools.repeat(None, times):
                wait(call())
        else:
            start = time.perf_counter()
            for _ in itertools.repeat(None, times):
                call()
        return (time.perf_counter() - start) / times

    def forget(self):
        """Free the memory of the last task."""
        self.name = self.call = None
        gc.collect()


def _packed(array):
    file = io.BytesIO()
    np.save(file, np.asarray(array))
    return base64.b64encode(file.getvalue()).decode()


def unpacked(text):
    """The array that a worker sent as text."""
    return np.load(io.BytesIO(base64.b64decode(text)))


def main():
    """Answer until the input ends."""
    # Libraries may print: their output goes to the error channel, and ours has the pipe to itself.
    pipe = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    try:
        worker = Worker(sys.argv[1])
        answer = {"ready": worker.framework.name}
    except Exception:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), file=pipe, flush=True)
    for line in sys.stdin:
        try:
            answer = {"answer": worker.answer(json.loads(line))}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=pipe, flush=True)


if __name__ == "__main__":
    main()
