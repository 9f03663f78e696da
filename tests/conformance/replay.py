"""Replay the recorded cases on kjax, eager, symbolic and in graph mode, and say where it differs from TF 2.2.

`cd tests && python -m conformance.replay [--keras2] [family ...]` prints the differences by function, with `--keras2`
those of the dialect of Keras 2.3.1; `test_conformance.py` and `test_keras2_dialect.py` make a test of each case.
Compiling takes most of the time. So every variant of a case is built, and its static shapes are compared, but only some
are run. In graph mode many programs are compiled together as one `K.function`, or if that fails, halves of them, down
to the culprit; and so are their gradients. Variants that differ only in fed values share a program.
Symbolic mode would compile the same programs again: its gradients are only built, their dtypes and shapes compared, and
cases that NumPy can compute run operation by operation.
"""

import contextlib
import functools
import itertools
import os
import sys
import traceback
import warnings
from typing import NamedTuple

import numpy as np

import kjax
from kjax.core.function import run as op_by_op
from kjax.core.graph import reachable
from kjax.dialects import keras2

from . import dialects, play, records
from .case import Arr, show, walk
from .rules import brief, difference, static_difference

MODES = dialects.TF22.modes
ALLOWED = (TypeError, ValueError, IndexError, NotImplementedError)
TOGETHER = 64  # programs to a function: larger ones compile no faster
play.BEYOND.update({name: getattr(keras2, name) for name in set(keras2.__all__) - set(kjax.backend.__all__)})


def is_array(leaf):
    return isinstance(leaf, (kjax.Tensor, np.ndarray, np.generic))


class Built(NamedTuple):
    """A gradient that is not run."""

    dtype: str
    shape: object


class Run:
    """One case in one variant: what came out, or the error. Outputs that are not to be run stay symbolic."""

    def __init__(self, case, variant, backend):
        self.case, self.variant, self.backend = case, variant, backend
        self.error = None
        self.out, self.static, self.grads = [], [], []
        self.due = []  # the recorded gradients, where some are to be compared
        self.placeholders, self.values = [], []
        self.weighted = None  # of which outputs there is a gradient

    def build(self, expected=(), due=()):
        """Call the function on placeholders; if gradients are due, differentiate it by the outputs to expect."""
        self.due = list(due)
        K = self.backend
        symbols = play.Symbols(K, self.variant)
        try:
            self.out = play.leaves(play.call(K, self.case, symbols), is_array)
            self.static = [static(leaf) for leaf in self.out]
            if self.due:
                described = [(t, t.dtype.name, tuple(e["shape"])) for t, e in zip(self.out, expected, strict=True)]
                self.weighted = [described_as for _, *described_as in described]
                self.grads = K.gradients(play.loss(K, described), symbols.differentiable)
        except Exception as error:
            self.error = error
        self.placeholders, self.values = symbols.placeholders, symbols.values
        return self

    @property
    def tensors(self):
        """The runs that are still to be computed."""
        return [leaf for leaf in self.out + self.grads if isinstance(leaf, kjax.Tensor)]

    def fill(self, rest):
        """Put the next arrays that the compiled function gave in place of the tensors."""
        self.out, self.grads = (
            [next(rest) if isinstance(leaf, kjax.Tensor) else leaf for leaf in leaves]
            for leaves in (self.out, self.grads)
        )


def static(leaf):
    """The static shape of an output, None where the rank is unknown."""
    if not is_array(leaf) or (isinstance(leaf, kjax.Tensor) and leaf.shape.rank is None):
        return None
    return list(leaf.shape)


def chosen(case, entry, mode):
    """The variants of which the values are computed; the gradient is taken of the last."""
    there = play.variants(case)
    if mode == "symbolic":
        # A function is compiled for the shapes of its inputs, whatever the static shapes are.
        return [variant for variant in ("dims", "known") if variant in there][:1]
    works = [variant for variant in ("rank", "batch", "known") if "error" not in entry.get(variant, {"error": ""})]
    return works[:1] or ["known"]


def symbolic(case, entry, mode, backend, differentiated):
    """Build all variants of a case: those whose values are compared, and the others."""
    wanted = chosen(case, entry, mode)
    runs, others = [], []
    for variant in play.variants(case):
        run = Run(case, variant, backend)
        # A result computed eagerly from variables alone has no gradient, in TF 2.2 neither.
        graph = mode == "graph" or any(arr.how == "tensor" for arr in case.arrays())
        due = entry.get("known", {}).get("grad", ()) if variant == wanted[-1] and graph else ()
        run.build(baseline(entry), due)
        if not differentiated:  # (see above)
            run.grads = [grad if grad is None else Built(grad.dtype.name, grad.shape) for grad in run.grads]
        (runs if variant in wanted else others).append(run)
    return runs, others


def program(run):
    """The key of a run's program: everything but the fed values."""

    def fed(arr):
        return Arr(arr.shape, arr.dtype, "mix", 0, "tensor") if arr.how == "tensor" else arr

    arguments = walk([list(run.case.args), list(run.case.kwargs.values())], fed)
    parts = (show(arguments), list(run.case.kwargs), run.variant, run.static, run.weighted, len(run.tensors))
    return (run.case.fn, *map(str, parts))


def by_program(runs):
    """Lists of the runs that are of one program each."""
    groups = {}
    for run in runs:
        groups.setdefault(program(run), []).append(run)
    return list(groups.values())


def compute(groups):
    """Fill in the values of all runs with one compiled function, or with one for each half of them if that fails.

    Each group is of one program, of which only the first run is compiled.
    """
    try:
        with warnings.catch_warnings():
            if len(groups) > 1:
                warnings.simplefilter("error", kjax.NotCompiledWarning)
            else:
                warnings.simplefilter("ignore", kjax.NotCompiledWarning)
            firsts = [group[0] for group in groups]
            function = kjax.backend.function(
                [p for run in firsts for p in run.placeholders], [t for run in firsts for t in run.tensors]
            )
            results = []
            for i in range(max(map(len, groups))):
                fed = [group[min(i, len(group) - 1)] for group in groups]
                results.append(function([v for run in fed for v in run.values]))
    except Exception as error:
        if len(groups) > 1:
            half = len(groups) // 2
            compute(groups[:half])
            compute(groups[half:])
        elif len(groups[0]) > 1:
            for run in groups[0]:
                compute([[run]])
        else:
            groups[0][0].error = error
        return
    counts = [len(run.tensors) for run in firsts]
    for i, arrays in enumerate(results):
        rest = iter(arrays)
        for group, count in zip(groups, counts, strict=True):
            own = iter(list(itertools.islice(rest, count)))
            if i < len(group):
                group[i].fill(own)


def in_numpy(run):
    """Whether all that a run computes can be computed by NumPy."""
    return all(getattr(node.op, "numpy", False) for node in reachable(run.tensors))


def compute_op_by_op(run):
    """Fill in the values of a run without compiling anything."""
    try:
        arrays = op_by_op(run.tensors, dict(zip(run.placeholders, run.values, strict=True)))
    except Exception as error:
        run.error = error
    else:
        run.fill(iter(arrays))


def at_once(case, variant, backend):
    """Call the function on concrete values; in graph mode, what is symbolic then is left to be computed."""
    run = Run(case, variant, backend)
    try:
        leaves = play.leaves(play.call(backend, case, play.concrete(backend)), is_array)
        run.out = [leaf.numpy() if isinstance(leaf, kjax.Tensor) and not promised(leaf) else leaf for leaf in leaves]
    except Exception as error:
        run.error = error
    return run


def promised(tensor):
    """Whether it is to be computed later."""
    return tensor.is_symbolic or (isinstance(tensor, kjax.Variable) and not kjax.executing_eagerly())


def session(case, mode, backend):
    """Run a case that is a session of its own."""
    backend.clear_session()
    run = Run(case, mode, backend)
    try:
        run.out = play.leaves(play.call(backend, case, lambda arr: arr.value()), is_array)
    except Exception as error:
        run.error = error
    return run


def modes(case, dialect=dialects.TF22):
    """The modes in which a case is replayed."""
    if dialect is dialects.KERAS2:
        return ("graph",) if case.is_session or case.is_symbolic else ("constant", "graph")
    if case.is_session:
        return ("eager", "graph")
    if case.is_symbolic:
        return ("symbolic", "graph")
    if case.function in ("op:eq", "op:ne"):  # in graph mode they compare identities, in TF 2.2 and here
        return ("eager", "symbolic")
    return MODES


def replay(wanted, entries, mode, dialect=dialects.TF22):
    """Replay cases in a mode: a dict from label to a list of problems, each in words."""
    backend = dialect.backend()
    news = differentiated_anew(wanted, entries) if dialect is dialects.KERAS2 else ()
    in_graph = mode == "graph" or dialect.at_once != "eager"
    with kjax.graph_mode() if in_graph else contextlib.nullcontext():
        runs, others = [], []
        for case in wanted:
            if case.wants_error is None:
                case.wants_error = fails(case, entries[case.label], dialect)
            if case.is_session:
                runs.append(session(case, mode, backend))
            elif mode == dialect.at_once:
                runs.append(at_once(case, mode, backend))
            else:
                differentiated = mode == "graph" and (dialect is dialects.TF22 or case.label in news)
                both = symbolic(case, entries[case.label], mode, backend, differentiated)
                runs.extend(both[0])
                others.extend(both[1])
        pending = [run for run in runs if run.tensors and not run.error]
        # An error that is due at the call would only break up the function it shares with others.
        for run in [run for run in pending if run.case.wants_error]:
            compute([[run]])
        together = [run for run in pending if not run.case.wants_error]
        if mode != "graph" or dialect is not dialects.TF22:
            for run in [run for run in together if not run.grads and (dialect is dialects.KERAS2 or in_numpy(run))]:
                compute_op_by_op(run)
            together = [run for run in together if run.tensors and not run.error]
        groups = by_program(together)
        for start in range(0, len(groups), TOGETHER):
            compute(groups[start : start + TOGETHER])
    problems = {case.label: [] for case in wanted}
    for run in runs + others:
        problems[run.case.label].extend(f"{run.variant}: {text}" for text in judge(run, entries[run.case.label]))
    return problems


def differentiated_anew(wanted, entries):
    """The labels of cases of which TF 2.2 was not asked for the gradient, or gave another one."""
    known = records_of_tf22()
    labels = set()
    for case in wanted:
        there, here = (one.get(case.label, {}).get("known", {}).get("grad") for one in (known, entries))
        if here and (not there or len(there) != len(here) or any(map(difference, there, here))):
            labels.add(case.label)
    return labels


@functools.cache
def records_of_tf22():
    """A dict from the label of a case to what TF 2.2 did with it, of all families."""
    families = dialects.TF22.cases.FAMILIES
    return {
        label: entry for family in families for label, entry in records.read(dialects.TF22.folder, family)[1].items()
    }


def fails(case, entry, dialect):
    """Whether the oracle raised an error."""
    main_run = "graph" if case.is_session else "known" if case.is_symbolic else dialect.at_once
    return "error" in entry[main_run]


def baseline(entry):
    """The outputs that every run gives which did not record its own."""
    for run in ("eager", "constant", "known", "graph"):
        if "out" in entry.get(run, {}):
            return entry[run]["out"]
    return None


def judge(run, entry):
    """The faults of the results."""
    case, theirs = run.case, entry.get(run.variant, {})
    expected = theirs.get("out") or baseline(entry)
    if run.error is not None:
        yield from judge_error(run, theirs)
    elif case.wants_error:
        if "error" in theirs and not run.tensors and not (case.reason and run.variant != "eager"):
            yield f"no error, where TF raises {theirs['error']}; got {', '.join(map(brief, run.out))}"
    elif case.reason:
        ours = [leaf.tolist() if isinstance(leaf, np.ndarray) else leaf for leaf in run.out]
        if case.expected is not None and not run.tensors and ours != [case.expected]:
            yield f"{ours} instead of {case.expected}"
    elif expected is not None and len(expected) != len(run.out):
        yield f"{len(run.out)} outputs instead of {len(expected)}"
    elif expected is not None:
        # TF 2.2 sometimes supports fewer calls on unknown shapes than on known ones; kjax may support more.
        alternatives = (run.variant in ("dims", "rank") and baseline(entry)) or expected
        known = theirs.get("static") or [None] * len(expected)
        for i, leaf in enumerate(run.out):
            yield from judge_leaf(run, i, leaf, (expected[i], alternatives[i]), known[i])
        yield from judge_gradients(run)
    else:
        yield "nothing is recorded that could be compared"


def judge_leaf(run, i, leaf, accepted, known):
    """The faults of one output: of its value, which may be one of several, or of its static shape."""
    case = run.case
    if isinstance(leaf, kjax.Tensor):  # not run
        shape = tuple(accepted[0]["shape"]) if accepted[0] and "shape" in accepted[0] else ()
        text = (
            "" if leaf.dtype.name == (accepted[0] or {}).get("dtype", leaf.dtype.name) else f"dtype {leaf.dtype.name}"
        )
    else:
        shape = np.shape(leaf) if is_array(leaf) else ()
        if case.range:
            texts = [outside(case.range, one, leaf) for one in accepted]
        else:
            floor = 1.0 if case.is_symbolic else 0.0
            texts = [difference(one, records.encode(leaf), case.rtol, floor) for one in accepted]
        text = texts[0] if all(texts) else ""
    if text:
        yield text
    elif run.static and known != "py" and is_array(leaf):
        text = static_difference(known, run.static[i], shape)
        if text:
            yield "static shape: " + text


def judge_gradients(run):
    """The faults of the gradients: all that are due must be there, and right."""
    if len(run.grads) != len(run.due):
        yield f"{len(run.grads)} gradients instead of {len(run.due)}"
        return
    for theirs, ours in zip(run.due, run.grads, strict=True):
        if isinstance(ours, Built):
            fits = theirs and ours.dtype == theirs["dtype"] and ours.shape.is_compatible_with(theirs["shape"])
            text = "" if fits else f"{ours} instead of {theirs}"
        else:
            text = difference(theirs, records.encode(ours), run.case.rtol, floor=1.0)
        if text:
            yield "gradient: " + text


def judge_error(run, theirs):
    """Whether an error is in place, and of a kind that a user may see."""
    error, case = run.error, run.case
    told = "{}: {}".format(type(error).__name__, " ".join(str(error).split())[:200])
    if "error" not in theirs and not case.reason and not case.wants_error:
        yield told + f" [{where(error)}]"
    elif "error" in theirs and case.reason and not case.wants_error:
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


def main(arguments):
    dialect = dialects.KERAS2 if "--keras2" in arguments else dialects.TF22
    families = [argument for argument in arguments if argument != "--keras2"]
    total = bad = 0
    for family in families or dialect.cases.FAMILIES:
        _, entries = records.read(dialect.folder, family)
        wanted = [case for case in dialect.cases.load(family) if case.label in entries]
        for mode in dialect.modes:
            in_mode = [case for case in wanted if mode in modes(case, dialect)]
            problems = replay(in_mode, entries, mode, dialect)
            by_function = {}
            for case in in_mode:
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
