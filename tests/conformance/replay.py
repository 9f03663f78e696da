"""Replay the recorded cases on kjax, eager, symbolic and in graph mode, and say where it differs from TF 2.2.

`cd tests && python -m conformance.replay [family ...]` prints the differences by function; `test_conformance.py` makes
a test of each case. Symbolically, many cases are compiled together as one `K.function`, for compiling is what takes
time; if that fails, halves of them, down to the culprit.
"""

import contextlib
import os
import sys
import traceback
import warnings

import numpy as np

import kjax
from kjax import backend as K

from . import cases, play, records
from .rules import brief, difference, static_difference

MODES = ("eager", "symbolic", "graph")
ALLOWED = (TypeError, ValueError, IndexError, NotImplementedError)
TOGETHER = 64  # cases to a function: larger ones compile no faster


def is_array(leaf):
    return isinstance(leaf, (kjax.Tensor, np.ndarray, np.generic))


class Run:
    """One case in one variant: what came out, or the error."""

    def __init__(self, case, variant):
        self.case, self.variant = case, variant
        self.error = None
        self.out, self.static, self.grads = [], [], []
        self.tensors, self.placeholders, self.values = [], [], []

    def build(self, entry):
        """Call the function on placeholders."""
        symbols = play.Symbols(K, self.variant)
        try:
            self.out = play.leaves(play.call(K, self.case, symbols), is_array)
            if entry.get("known", {}).get("grad") and self.variant in ("known", "dims"):
                expected = baseline(entry)
                described = [
                    (leaf, leaf.dtype.name, tuple(e["shape"])) for leaf, e in zip(self.out, expected, strict=True)
                ]
                self.grads = K.gradients(play.loss(K, described), symbols.differentiable)
        except Exception as error:
            self.error = error
        self.static = [
            list(leaf.shape) if is_array(leaf) and leaf.shape is not None and rank(leaf) is not None else None
            for leaf in self.out
        ]
        self.placeholders, self.values = symbols.placeholders, symbols.values
        self.tensors = [leaf for leaf in self.out + self.grads if isinstance(leaf, kjax.Tensor)]
        return self

    def fill(self, arrays):
        """Put what the compiled function gave in place of the tensors."""
        rest = iter(arrays)
        self.out, self.grads = (
            [next(rest) if isinstance(leaf, kjax.Tensor) else leaf for leaf in leaves]
            for leaves in (self.out, self.grads)
        )


def rank(leaf):
    return leaf.shape.rank if isinstance(leaf, kjax.Tensor) else leaf.ndim


def compute(runs):
    """Fill in the values of all runs with one compiled function, or with one for each half of them if that fails."""
    try:
        with warnings.catch_warnings():
            if len(runs) > 1:
                warnings.simplefilter("error", kjax.NotCompiledWarning)
            else:
                warnings.simplefilter("ignore", kjax.NotCompiledWarning)
            function = K.function(
                [p for run in runs for p in run.placeholders], [t for run in runs for t in run.tensors]
            )
            arrays = function([v for run in runs for v in run.values])
    except Exception as error:
        if len(runs) == 1:
            runs[0].error = error
            return
        half = len(runs) // 2
        compute(runs[:half])
        compute(runs[half:])
        return
    for run in runs:
        run.fill(arrays[: len(run.tensors)])
        arrays = arrays[len(run.tensors) :]


def eager(case):
    """Call the function on concrete values."""
    run = Run(case, "eager")
    try:
        leaves = play.leaves(play.call(K, case, play.concrete(K)), is_array)
        run.out = [leaf.numpy() if isinstance(leaf, kjax.Tensor) else leaf for leaf in leaves]
    except Exception as error:
        run.error = error
    return run


def session(case, mode):
    """Run a case that is a session of its own."""
    K.clear_session()
    run = Run(case, mode)
    try:
        run.out = play.leaves(play.call(K, case, lambda arr: arr.value()), is_array)
    except Exception as error:
        run.error = error
    return run


def replay(wanted, entries, mode):
    """Replay cases in a mode: a dict from label to a list of problems, each in words."""
    with kjax.graph_mode() if mode == "graph" else contextlib.nullcontext():
        runs = []
        for case in wanted:
            if case.is_session:
                runs.extend([session(case, mode)] if mode != "symbolic" else [])
            elif mode == "eager":
                runs.extend([eager(case)] if not case.is_symbolic else [])
            else:
                runs.extend(Run(case, variant).build(entries[case.label]) for variant in play.variants(case))
        symbolic = [run for run in runs if run.tensors and not run.error]
        # An error that is due at the call would only break up the function it shares with others.
        for run in [run for run in symbolic if run.case.wants_error]:
            compute([run])
        together = [run for run in symbolic if not run.case.wants_error]
        for start in range(0, len(together), TOGETHER):
            compute(together[start : start + TOGETHER])
    problems = {case.label: [] for case in wanted}
    for run in runs:
        problems[run.case.label].extend(f"{run.variant}: {text}" for text in judge(run, entries[run.case.label]))
    return problems


def baseline(entry):
    """The outputs that every run gives which did not record its own."""
    for run in ("eager", "known", "graph"):
        if "out" in entry.get(run, {}):
            return entry[run]["out"]
    return None


def judge(run, entry):
    """What is wrong with what came out."""
    case, theirs = run.case, entry.get(run.variant, {})
    expected = theirs.get("out") or baseline(entry)
    if run.error is not None:
        yield from judge_error(run, theirs)
        return
    if case.wants_error and "error" in theirs:
        yield "no error, where TF raises {}; got {}".format(theirs["error"], ", ".join(brief(leaf) for leaf in run.out))
        return
    if case.reason and case.expected is None:
        return
    if case.reason:
        ours = [leaf.tolist() if isinstance(leaf, np.ndarray) else leaf for leaf in run.out]
        if ours != [case.expected]:
            yield f"{ours} instead of {case.expected}"
        return
    if expected is None:
        return
    if len(expected) != len(run.out):
        yield f"{len(run.out)} outputs instead of {len(expected)}"
        return
    for i, leaf in enumerate(run.out):
        # What TF 2.2 makes of unknown shapes is at times less than it makes of known ones; we may do better.
        accepted = [expected[i]] + ([baseline(entry)[i]] if run.variant in ("dims", "rank") else [])
        texts = [
            outside(case.range, one, leaf) if case.range else difference(one, records.encode(leaf), case.rtol)
            for one in accepted
        ]
        if all(texts):
            yield texts[0]
        elif run.static and theirs.get("static") and theirs["static"][i] != "py" and is_array(leaf):
            text = static_difference(theirs["static"][i], run.static[i], np.shape(leaf))
            if text:
                yield "static shape: " + text
    for theirs_grad, grad in zip(entry.get("known", {}).get("grad", ()), run.grads, strict=False):
        text = difference(theirs_grad, records.encode(grad), case.rtol)
        if text:
            yield "gradient: " + text


def judge_error(run, theirs):
    """Whether an error is in place, and of a kind that a user may see."""
    error, case = run.error, run.case
    told = "{}: {}".format(type(error).__name__, " ".join(str(error).split())[:200])
    if "error" not in theirs and not case.reason and not case.wants_error:
        yield told + f" [{where(error)}]"
    elif "error" in theirs and case.reason:
        yield f"ought to work: {told} [{where(error)}]"
    elif not isinstance(error, ALLOWED) or type(error).__module__.startswith("jax"):
        yield f"an error is due, but of another class: {told} [{where(error)}]"


def where(error):
    """The place in kjax that the error came from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if os.sep + "kjax" + os.sep in f.filename]
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "outside of kjax"


def outside(limits, expected, leaf):
    """How a random output fails: only dtype, shape and range are known."""
    array = np.asarray(leaf)
    for key, ours in (("dtype", array.dtype.name), ("shape", list(array.shape))):
        if expected[key] != ours:
            return f"{key} {ours} instead of {expected[key]}"
    wide = array.astype(np.float64)
    inside = (wide >= limits[0]) & (wide <= limits[1])
    return "" if inside.all() else f"{brief(wide[~inside])} outside of {limits}"


def main(families):
    total = bad = 0
    for family in families or cases.FAMILIES:
        _, entries = records.read(family)
        wanted = cases.load(family)
        for mode in MODES:
            problems = replay(wanted, entries, mode)
            by_function = {}
            for case in wanted:
                total += 1
                if problems[case.label]:
                    bad += 1
                    by_function.setdefault(case.function, []).append((case.label, problems[case.label]))
            for function, failing in by_function.items():
                print(f"\n{family} {mode} {function}: {len(failing)} cases")
                for label, texts in failing:
                    print("  {}\n      {}".format(label, "\n      ".join(texts)))
        print(f"-- {family}: {len(wanted)} cases", flush=True)
    print(f"{bad} of {total} differ")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
