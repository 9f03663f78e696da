"""kjax beside its peers: each task in turn on all of them, round after round.

    make bench                                       # everything
    make bench-quick                                 # fewer rounds, in less than 3 minutes
    python benchmarks/run.py --only 'function'       # the rows whose titles contain that

A process for each environment keeps its tasks ready, and is asked to run them in turn. Results are compared before they
are timed. Table, figures and charts go to benchmarks/results.
"""

import argparse
import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import environments
import report
from tasks import ROWS, TASKS
from worker import unpacked

HERE = Path(__file__).resolve().parent


class Failed(Exception):
    """A worker could not do a task."""


class Peer:
    """A worker process, seen from here."""

    def __init__(self, name, python):
        self.name, self.python = name, python
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the peer)
        self.process = subprocess.Popen(
            [python, str(HERE / "worker.py"), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=environments.variables(),
        )
        self.versions = None

    def start(self):
        """Wait until it has imported its library."""
        self._reply()
        self.versions = self.ask("versions")

    def ask(self, what, **request):
        """Its answer to a request."""
        try:
            print(json.dumps({"do": what, **request}), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            raise Failed(f"{self.name} has ended") from None
        return self._reply()

    def _reply(self):
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise Failed(f"{self.name} ended: {self.log.read()[-2000:]}")
        reply = json.loads(line)
        if "error" in reply:
            raise Failed(f"{self.name}: {reply['error']}")
        return reply.get("answer")

    def stop(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()
        self.log.close()


# -------------------------------------------------------------------------------------------------------- measuring


class Suite:
    """Measures tasks on the peers that are there.

    Attributes:
        figures: task -> peer -> one dict of figures for each round.
        problems: what could not be measured, and why.
    """

    def __init__(self, folder, rounds, seconds):
        self.folder, self.rounds, self.seconds = folder, rounds, seconds
        self.peers = {}
        self.figures = {}
        self.problems = {}

    def peer(self, name):
        """The running worker of that name; None if there is none."""
        if name not in self.peers:
            self.peers[name] = None
            python = environments.python_of(name, self.folder)
            if python is None:
                needed = environments.PEERS[environments.SHARED.get(name, name)][0]
                self.problems[name] = f"it has no environment; `make bench` makes one where Python {needed} is found"
            else:
                peer = Peer(name, python)
                try:
                    peer.start()
                    self.peers[name] = peer
                except Failed as error:
                    self.problems[name] = str(error)
        return self.peers[name]

    def measure(self, task, names):
        """Fill in `figures[task]`."""
        names = [name for name in names if self.peer(name)]
        rounds = self._scripts if TASKS[task].scripts else self._calls
        self.figures[task] = {name: [] for name in names}
        rounds(task, names)

    def _scripts(self, task, names):
        """Programs, each in a process of its own."""
        for _ in range(max(1, self.rounds // 3) + 1):
            for name in names:
                start = time.perf_counter()
                done = subprocess.run(
                    [self.peers[name].python, "-c", TASKS[task].scripts[name]],
                    capture_output=True,
                    text=True,
                    env={**environments.variables(), "KERAS_BACKEND": "jax"},
                )
                figures = {"seconds": time.perf_counter() - start}
                if done.returncode:
                    self.problems[f"{task} on {name}"] = done.stderr[-2000:]
                    self.figures[task].pop(name, None)
                    continue
                if done.stdout.strip().startswith("{"):
                    figures.update(json.loads(done.stdout))
                self.figures[task].setdefault(name, []).append(figures)
        for found in self.figures[task].values():
            del found[0]  # files are read from disk, and modules compiled

    def _calls(self, task, names):
        """Calls within the workers."""
        times, reference = {}, None
        for name in names:  # kjax first
            try:
                if TASKS[task].measures:
                    times[name] = 1
                    self.peers[name].ask("time", task=task, times=1)  # libraries are loaded, and files written
                    continue
                result = self.peers[name].ask("result", task=task)
                if result is not None:
                    reference = _compared(unpacked(result), reference)
                times[name] = self._times(name, task)
            except (Failed, AssertionError) as error:
                self.problems[f"{task} on {name}"] = str(error) or "failed"
                del self.figures[task][name]
        for _ in range(max(1, self.rounds // 3) if TASKS[task].measures else self.rounds):
            for name, count in times.items():
                time.sleep(0.02)  # threads of the one before go to rest
                seconds = self.peers[name].ask("time", task=task, times=count)
                self.figures[task][name].append({"seconds": seconds})
        for name in times:
            self.peers[name].ask("forget")

    def _times(self, name, task):
        """How many calls take about as long as a measurement shall."""
        count = 1
        while True:
            seconds = self.peers[name].ask("time", task=task, times=count) * count
            if seconds > self.seconds / 4:
                return max(1, round(count * self.seconds / seconds))
            count *= 8

    def stop(self):
        """End all workers."""
        for peer in filter(None, self.peers.values()):
            peer.stop()


def _compared(result, reference):
    """`result`, if it agrees with the other results."""
    if reference is None:
        return result
    assert result.shape == reference.shape, f"the result has shape {result.shape}, not {reference.shape}"
    error = np.abs(result.astype("float64") - reference.astype("float64")).max(initial=0)
    size = np.abs(reference.astype("float64")).max(initial=0)
    assert error <= 1e-4 * max(size, 0.1), f"the results differ by up to {error:g}, their size is {size:g}"
    return reference


# --------------------------------------------------------------------------------------------------------- the rows


def _median(values):
    return statistics.median(values) if values else math.nan


def result_of(row, figures):
    """The figures of one row: a dict for the table, or None if nothing was measured."""

    def series(task, name):
        return [f[row.figure] for f in figures.get(task, {}).get(name, [])]

    if row.sizes:
        costs = [_median(series(task, "kjax")) for task in row.tasks]
        cost = dict(zip(row.sizes, costs, strict=True))
        low, high = row.between
        if math.isnan(cost[low] + cost[high]):
            return None
        value = cost[high] / cost[low] / (high / low)
        return {"value": value, "met": value <= row.limit, "costs": costs}
    ours = {task: series(task, row.ours) for task in row.tasks}
    if row.peer is None:
        values = ours[row.tasks[0]]
        if not values:
            return None
        value = _median(values)
        return {"value": value, "spread": [min(values), max(values)], "met": value <= row.limit}
    ratios = {}
    for task in row.tasks:
        found = [peer / own for own, peer in zip(ours[task], series(task, row.peer), strict=False)]
        if found:
            ratios[task] = found
    if not ratios:
        return None
    by_round = [math.exp(statistics.fmean(map(math.log, parts))) for parts in zip(*ratios.values(), strict=False)]
    medians = {task: _median(found) for task, found in ratios.items()}
    worst = min(medians, key=medians.get)
    complete = len(ratios) == len(row.tasks)
    value = math.exp(statistics.fmean(math.log(median) for median in medians.values()))
    return {
        "ratio": value,
        "spread": [min(by_round), max(by_round)],
        "worst": {"task": worst, "ratio": medians[worst]},
        "ours": _median([v for task in ratios for v in ours[task]]) if len(ratios) == 1 else None,
        "peers": _median(series(row.tasks[0], row.peer)) if len(ratios) == 1 else None,
        "each": {
            task: {"ratio": medians[task], "ours": _median(ours[task]), "peer": _median(series(task, row.peer))}
            for task in medians
        },
        "missing": [task for task in row.tasks if task not in ratios],
        "met": None
        if row.target is None
        else complete and value >= row.target and (row.least is None or medians[worst] >= row.least),
    }


def main():
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds; results go to results/quick")
    parser.add_argument("--rounds", type=int, help="rounds of each task (default: 15; quick: 3)")
    parser.add_argument("--only", default="", metavar="REGEX", help="only rows whose title matches")
    parser.add_argument("--environments", type=Path, default=environments.DEFAULT, metavar="DIR")
    parser.add_argument("--results", type=Path, metavar="DIR", help="where the results go")
    options = parser.parse_args()
    rows = [row for row in ROWS if re.search(options.only, f"{row.title} {row.peer}")]
    rows = [row for row in rows if not (row.long and options.quick)]
    part = options.quick or options.only
    results = options.results or HERE / "results" / ("quick" if part else "")
    started = time.time()
    suite = Suite(
        options.environments, options.rounds or (3 if options.quick else 15), 0.003 if options.quick else 0.05
    )
    wanted = {}
    for row in rows:
        for task in row.tasks[: -2 if row.sizes and options.quick else None]:  # the largest sizes take their time
            wanted.setdefault(task, []).extend([row.ours, row.peer])
    if suite.peer("kjax") is None:
        sys.exit(suite.problems["kjax"])
    try:
        for task, names in wanted.items():
            began = time.time()
            names = sorted(filter(None, {*names}), key=lambda name: "kjax" not in name)
            suite.measure(task, names)
            print(f"\r{task:60} {time.time() - began:6.1f} s", end="", file=sys.stderr, flush=True)
    finally:
        suite.stop()
    print(f"\r{'':72}\r", end="", file=sys.stderr)
    found = [(row, result_of(row, suite.figures)) for row in rows]
    versions = {name: peer.versions for name, peer in suite.peers.items() if peer}
    report.write(results, found, versions, suite, time.time() - started)


if __name__ == "__main__":
    main()
