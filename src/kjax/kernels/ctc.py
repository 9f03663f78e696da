"""Connectionist temporal classification: the cost of a sequence of labels, and decoding along the best path.

A network gives for each time step a distribution over classes, the last of which is the blank. A path takes one class
a step; without repetitions, then without blanks, it spells a sequence of labels.
"""

from typing import Any

import numpy as np

from kjax.kernels.halves import narrowed, widened
from kjax.machine.checks import require
from kjax.machine.scopes import as_loop

# Stands for log(0): finite, so that differences stay numbers even in float32; log-probabilities don't come near it.
NEVER = -1e30


def log_sum(xp: Any, x: Any) -> Any:
    """log-sum-exp along the last axis."""
    highest = x.max(-1, keepdims=True)
    if xp is not np:
        import jax

        highest = jax.lax.stop_gradient(highest)
    return xp.log(xp.exp(x - highest).sum(-1)) + highest[..., 0]


def cost(xp: Any, labels: Any, probabilities: Any, times: Any, counts: Any, epsilon: float) -> Any:
    """The negative log-probability of all paths that spell the labels.

    Args:
        xp: NumPy or `jax.numpy`.
        labels: `(batch, width)`.
        probabilities: `(batch, time, classes)`.
        times: `(batch, 1)`, the number of time steps of each sample.
        counts: `(batch, 1)`, the number of labels of each sample.
        epsilon: is added to the probabilities, which are then divided by their sum.

    Returns:
        `(batch, 1)`. Invalid lengths and labels raise a ValueError; under a trace whose conditions nobody collects,
        such a sequence costs NaN.
    """
    labels, times, counts = _arranged(labels, probabilities, times, counts)
    _, time, classes = probabilities.shape
    counts, fault = _examined(xp, labels, times, counts, time, classes)
    if xp is not np:
        for number, text in enumerate(_FAULTS, 1):
            require(fault != number, ValueError("ctc_batch_cost(): " + text.format(time=time, last=classes - 2)))
    elif fault.any():
        raise ValueError(_fault_text(fault, time, classes))
    logits = xp.log(widened(probabilities) + epsilon)
    norms = log_sum(xp, logits)
    total = _total(xp, xp.maximum(logits - norms[..., None], NEVER), labels, times, counts)
    # Where no path fits, TensorFlow's gradient with respect to the logits is their softmax: the gradient of the norms.
    infinite = xp.where(xp.arange(time) < times[:, None], norms, 0).sum(1) + np.inf
    loss = xp.where(total <= NEVER / 2, infinite, -total)
    if xp is not np:
        loss = xp.where(fault > 0, np.nan, loss)
    return narrowed(loss, probabilities.dtype)[:, None]


def _arranged(labels: Any, probabilities: Any, times: Any, counts: Any) -> tuple[Any, Any, Any]:
    """The labels, and both lengths as vectors, after a check of their shapes."""
    if probabilities.ndim != 3 or 0 in probabilities.shape:
        raise ValueError(
            f"y_pred must have samples, time steps and classes, at least one of each; got shape {probabilities.shape}"
        )
    batch = probabilities.shape[0]
    if labels.ndim != 2 or labels.shape[0] != batch or not labels.shape[1]:
        raise ValueError(f"y_true must have labels for each of {batch} samples; got shape {labels.shape}")
    for name, lengths in (("input_length", times), ("label_length", counts)):
        if lengths.shape != (batch, 1):
            raise ValueError(f"{name} must be of shape ({batch}, 1), one for each sample; got {lengths.shape}")
    return labels, times[:, 0], counts[:, 0]


_FAULTS = (
    "label_length must be at least 1, and y_true as wide",
    "input_length must be from 0 to {time}, the number of time steps",
    "there are more labels than time steps",
    "labels must be from 0 to {last} (others, if higher, only behind them)",
)


def _examined(xp: Any, labels: Any, times: Any, counts: Any, time: int, classes: int) -> tuple[Any, Any]:
    """The number of labels before the first blank, and the fault of each sample: a number counted from 1, or 0."""
    width = labels.shape[1]
    within = xp.arange(width) < counts[:, None]
    blank = within & (labels >= classes - 1)
    behind = xp.cumsum(blank, 1) > 0
    wrong = within & ((behind & ~blank) | (labels < 0))
    given = xp.minimum(counts, width)
    fault = xp.where(wrong.any(1), 4, 0)
    fault = xp.where(times < given, 3, fault)
    fault = xp.where((times < 0) | (times > time), 2, fault)
    return (within & ~behind).sum(1), xp.where(given < 1, 1, fault)


def _fault_text(fault: Any, time: int, classes: int) -> str:
    sample = int((fault > 0).argmax())
    return f"sample {sample}: " + _FAULTS[int(fault[sample]) - 1].format(time=time, last=classes - 2)


def _total(xp: Any, logarithms: Any, labels: Any, times: Any, counts: Any) -> Any:
    """The log-probability of all paths, for each sample."""
    batch, _, classes = logarithms.shape
    blank = classes - 1
    # The classes along a path: the labels, with blanks before, between and behind them.
    apart = xp.stack([xp.full_like(labels, blank), xp.clip(labels, 0, blank)], 2).reshape(batch, -1)
    stations = xp.concatenate([apart, xp.full((batch, 1), blank, apart.dtype)], 1)
    there = xp.take_along_axis(logarithms, stations[:, None, :], 2)
    # The blank before a label may be skipped, if it follows another label.
    leap = (stations[:, 2:] != stations[:, :-2]) & (stations[:, 2:] != blank)
    leap = xp.concatenate([xp.zeros((batch, 2), bool), leap], 1)[:, : stations.shape[1]]
    start = xp.where(xp.arange(stations.shape[1]) < 2, there[:, 0], NEVER)

    def step(reached: Any, t: Any, there: Any) -> Any:
        padded = xp.pad(reached, ((0, 0), (2, 0)), constant_values=NEVER)
        ways = xp.stack([reached, padded[:, 1:-1], xp.where(leap, padded[:, :-2], NEVER)], -1)
        return xp.where((t < times)[:, None], log_sum(xp, ways) + there, reached)

    reached = _stepped(xp, step, start, there)
    ends = xp.take_along_axis(reached, xp.stack([2 * counts, xp.maximum(2 * counts - 1, 0)], 1), 1)
    return log_sum(xp, xp.where(xp.stack([counts >= 0, counts > 0], 1), ends, NEVER))


def _stepped(xp: Any, step: Any, start: Any, there: Any) -> Any:
    """Apply `step` for all time steps but the first: a loop in NumPy, one scan in JAX, which compiles quickly."""
    time = there.shape[1]
    if xp is np:
        reached = start
        for t in range(1, time):
            reached = step(reached, t, there[:, t])
        return reached
    import jax

    later = xp.moveaxis(there, 1, 0)[1:]
    each = xp.arange(1, time), later
    stepped = as_loop(jax, lambda step: jax.lax.scan(step, start, each), lambda state, each: (step(state, *each), None))
    return stepped[0]


# ----------------------------------------------------------------------------------------------------------- best paths


def logits_of(probabilities: Any, times: Any, epsilon: float) -> tuple[Any, Any]:
    """Log-probabilities and numbers of time steps as NumPy arrays, after a check of their shapes.

    The length of a decoded sequence depends on the data: under a trace, the conversion raises JAX's error.
    """
    values, lengths = np.asarray(probabilities), np.asarray(times).real
    if values.ndim != 3 or 0 in values.shape[1:]:
        raise ValueError(f"y_pred must have samples, time steps and classes; got shape {values.shape}")
    if lengths.shape != values.shape[:1]:
        raise ValueError(f"input_length must be of shape {values.shape[:1]}, one for each sample; got {lengths.shape}")
    steps = lengths.astype(np.int32)
    if (steps > values.shape[1]).any():
        raise ValueError(f"input_length must be at most {values.shape[1]}, the number of time steps; got {steps.max()}")
    return exact(np.log, widened(values) + epsilon), np.maximum(steps, 0)


def exact(function: Any, x: Any) -> Any:
    """A function of floats, correctly rounded: the last bit may decide which of two sequences is the likelier."""
    return function(x.astype(np.float64)).astype(x.dtype)


def greedy(probabilities: Any, times: Any, epsilon: float) -> tuple[Any, Any]:
    """The sequence spelled by the likeliest class of each time step, and the negative log-probability of that path."""
    logits, times = logits_of(probabilities, times, epsilon)
    batch, time, classes = logits.shape
    # As in TensorFlow, NaN is the highest only if it comes first.
    best = np.where(np.isnan(logits), -np.inf, logits).argmax(-1)
    best = np.where(np.isnan(logits[..., 0]), 0, best)
    counted = np.arange(time) < times[:, None]
    highest = np.take_along_axis(logits, best[..., None], 2)[..., 0]
    loss = -np.where(counted, highest, 0).sum(1, keepdims=True)
    fresh = np.concatenate([np.ones((batch, 1), bool), best[:, 1:] != best[:, :-1]], 1)
    kept = counted & fresh & (best != classes - 1)
    decoded = padded([row[keep] for row, keep in zip(best, kept, strict=True)])
    return decoded, narrowed(loss + 0.0, probabilities.dtype)


def padded(sequences: Any) -> Any:
    """Sequences of integers as rows of one array, padded with -1 to the longest."""
    dense = np.full((len(sequences), max(map(len, sequences), default=0)), -1, np.int64)
    for row, sequence in zip(dense, sequences, strict=True):
        row[: len(sequence)] = sequence
    return dense
