"""Convolutions alone: forms by roles, beside the rates of matrix products and of memory.

    python benchmarks/convolutions.py [REGEX]      # only the forms whose names match

The ratio is the time by that of a product of matrices with the same number of operations, or by the time in which
memory moves operands and result, whichever is longer; for depthwise ones the latter alone. What takes longer than
1.5 times that is measured beside what it consists of: a second table says what its time goes to. Writes
benchmarks/results/convolutions.md, unless only some forms are measured.
"""

import functools
import math
import re
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import kjax
from kjax.kernels import bilinear
from kjax.kernels.forms import Form
from kjax.machine.compiler import compiled

RESULTS = Path(__file__).resolve().parent / "results" / "convolutions.md"
ROLES = ("forward", "images", "kernel")


def _form(images, kernel, stride=1, dilation=1, padding="same", first=False, depthwise=False):
    axes = len(images) - 2
    if first:
        images = (images[0], images[-1], *images[1:-1])
    order = "channels_first" if first else "channels_last"
    return Form(images, kernel, (stride,) * axes, padding, order, (dilation,) * axes, depthwise)


FORMS = {
    "1-D, 3, 64 to 64": _form((32, 128, 64), (3, 64, 64)),
    "1-D, 5, stride 2": _form((32, 128, 64), (5, 64, 64), 2),
    "1-D, 2, causal, dilation 4": _form((16, 256, 32), (2, 32, 32), 1, 4, "causal"),
    "1-D, 3, 50 to 250 (text)": _form((32, 400, 50), (3, 50, 250), padding="valid"),
    "1-D, 64, as long as the input": _form((32, 32, 32), (64, 32, 32)),
    "2-D, 3x3, 3 to 32": _form((32, 64, 64, 3), (3, 3, 3, 32)),
    "2-D, 3x3, 16 to 16": _form((32, 32, 32, 16), (3, 3, 16, 16)),
    "2-D, 3x3, 64 to 64": _form((16, 32, 32, 64), (3, 3, 64, 64)),
    "2-D, 3x3, 128 to 128": _form((16, 16, 16, 128), (3, 3, 128, 128)),
    "2-D, 3x3, 32 to 1": _form((32, 28, 28, 32), (3, 3, 32, 1)),
    "2-D, 1x1, 64 to 128": _form((32, 16, 16, 64), (1, 1, 64, 128)),
    "2-D, 1x1, stride 2, 256 to 512": _form((8, 12, 12, 256), (1, 1, 256, 512), 2, padding="valid"),
    "2-D, 1x7, 128 to 128": _form((8, 12, 12, 128), (1, 7, 128, 128)),
    "2-D, 5x5, 32 to 64": _form((32, 14, 14, 32), (5, 5, 32, 64)),
    "2-D, 7x7, stride 2, 3 to 64": _form((8, 96, 96, 3), (7, 7, 3, 64), 2),
    "2-D, 3x3, stride 2, 32 to 64": _form((32, 32, 32, 32), (3, 3, 32, 64), 2),
    "2-D, 3x3, stride 3, valid": _form((32, 30, 30, 32), (3, 3, 32, 64), 3, padding="valid"),
    "2-D, 5x5, stride 2, 1 to 64": _form((64, 28, 28, 1), (5, 5, 1, 64), 2),
    "2-D, 5x5, stride 2, 64 to 128": _form((64, 14, 14, 64), (5, 5, 64, 128), 2),
    "2-D, 4x4, stride 2, 128 to 256": _form((16, 16, 16, 128), (4, 4, 128, 256), 2),
    "2-D, 2x2, stride 2, 32 to 64": _form((8, 32, 32, 32), (2, 2, 32, 64), 2),
    "2-D, 9x9, stride 2, valid": _form((16, 20, 20, 64), (9, 9, 64, 32), 2, padding="valid"),
    "2-D, 16x16, stride 8": _form((4, 128, 128, 21), (16, 16, 21, 21), 8),
    "2-D, 5x5 on 4x4": _form((32, 4, 4, 64), (5, 5, 64, 64)),
    "2-D, 3x3, dilation 2": _form((16, 32, 32, 32), (3, 3, 32, 32), 1, 2),
    "2-D, 3x3, dilation 4": _form((16, 32, 32, 32), (3, 3, 32, 32), 1, 4),
    "2-D, 3x3, channels first": _form((16, 32, 32, 32), (3, 3, 32, 32), first=True),
    "3-D, 3x3x3, 3 to 16": _form((8, 16, 24, 24, 3), (3, 3, 3, 3, 16)),
    "3-D, 3x3x3, 16 to 32": _form((8, 8, 12, 12, 16), (3, 3, 3, 16, 32)),
    "3-D, 3x3x3, valid, 32 to 32": _form((8, 8, 12, 12, 32), (3, 3, 3, 32, 32), padding="valid"),
    "3-D, 3x3x3, stride 2": _form((4, 16, 16, 16, 16), (3, 3, 3, 16, 32), 2),
    "3-D, 3x3x3, dilation 2": _form((4, 16, 16, 16, 16), (3, 3, 3, 16, 16), 1, 2),
    "depthwise 3x3, 3 channels": _form((32, 32, 32, 3), (3, 3, 3, 1), depthwise=True),
    "depthwise 3x3, 32 channels": _form((16, 64, 64, 32), (3, 3, 32, 1), depthwise=True),
    "depthwise 3x3, 128 channels": _form((32, 16, 16, 128), (3, 3, 128, 1), depthwise=True),
    "depthwise 3x3, stride 2": _form((32, 32, 32, 64), (3, 3, 64, 1), 2, depthwise=True),
    "depthwise 3x3, multiplier 2": _form((32, 16, 16, 64), (3, 3, 64, 2), padding="valid", depthwise=True),
    "depthwise 5x5": _form((32, 32, 32, 32), (5, 5, 32, 1), depthwise=True),
    "depthwise 7x7": _form((8, 28, 28, 64), (7, 7, 64, 1), depthwise=True),
    "depthwise 3x3, channels first": _form((16, 64, 64, 32), (3, 3, 32, 1), first=True, depthwise=True),
}


def seconds(function, *operands):
    """The best of some runs."""
    function(*operands).block_until_ready()
    found, start = [], time.perf_counter()
    while len(found) < 3 or (time.perf_counter() - start < 0.15 and len(found) < 40):
        began = time.perf_counter()
        function(*operands).block_until_ready()
        found.append(time.perf_counter() - began)
    return min(found)


class Rates:
    """What the machine can do, measured anew for each form, since it varies on a machine that is shared."""

    def __init__(self):
        self.product, self.copy = compiled(lambda a, b: a @ b), compiled(lambda a: a + 1)
        self.square, self.long = jnp.ones((1024, 1024)), jnp.ones(1 << 24)
        self.call = seconds(self.copy, jnp.ones(1))

    def measure(self):
        """Seconds of a multiplication and addition in a product of large matrices, and of a number that is moved."""
        self.operation = seconds(self.product, self.square, self.square) / 1024**3
        self.number = seconds(self.copy, self.long) / (2 * self.long.size)

    def of(self, form):
        """Seconds of a form at these rates."""
        places = math.prod(form.outputs)
        operations = 0 if form.depthwise else places * math.prod(form.kernel[:-1])
        numbers = math.prod(form.images) + math.prod(form.kernel) + places
        return max(operations * self.operation, numbers * self.number)

    def parts(self, form, role):
        """Seconds of what a form consists of, by its name."""
        *window, channels, filters = form.kernel
        taps, places = math.prod(window), form.images[0] * math.prod(axis.places for axis in form.axes)
        if form.depthwise:
            loop = compiled(lambda a: functools.reduce(lambda total, tap: total * a + tap, range(taps), a))
            return {"a loop of as many multiplications": seconds(loop, jnp.ones(places * channels * filters))}
        patches, results = (places, taps * channels), (places, filters)
        left, right = {
            "forward": (patches, (taps * channels, filters)),
            "images": (results, (filters, taps * channels)),
            "kernel": (patches[::-1], results),
        }[role]
        return {
            "a product of matrices of its shape": seconds(self.product, jnp.ones(left), jnp.ones(right)),
            "its patches, written and read": 2 * math.prod(patches) * self.number if taps > 1 else 0.0,
        }


_SLOW = 1.5  # times the time at the rates


def main(pattern=""):
    """Measure, and print or write the tables."""
    kjax.keep_memory()
    random, rates = np.random.RandomState(0), Rates()

    def drawn(dims):
        return jnp.asarray(random.rand(*dims).astype("float32"))

    lines = ["| form | at that rate | forward | by images | by kernel |", "| --- | ---: | ---: | ---: | ---: |"]
    reasons = ["| form | role | time | what it consists of | ratio to that |", "| --- | --- | ---: | --- | ---: |"]
    for name, form in FORMS.items():
        if not re.search(pattern, name):
            continue
        x, k, y = map(drawn, (form.images, form.kernel, form.outputs))
        rates.measure()
        ideal, cells = rates.of(form), []
        for role, operands in zip(ROLES, ((x, k), (y, k), (x, y)), strict=True):
            run = compiled(lambda a, b, form=form, role=role: bilinear.bound(form, role, a, b))
            spent = seconds(run, *operands)
            cells.append(f"{spent * 1e3:.2f} ms, {spent / ideal:.1f}")
            if spent > _SLOW * ideal:
                parts = {**rates.parts(form, role), "a call": rates.call}
                told = "; ".join(f"{part} {time * 1e3:.2f} ms" for part, time in parts.items())
                ratio = spent / sum(parts.values())
                reasons.append(f"| {name} | {role} | {spent * 1e3:.2f} ms | {told} | {ratio:.1f} |")
        lines.append(f"| {name} | {ideal * 1e3:.2f} ms | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    if not pattern:
        about = f"{__doc__.splitlines()[0]} JAX {jax.__version__}, {jax.default_backend()}."
        explained = "Times, and their ratios to the time at the rate of matrix products or memory."
        slow = f"## What takes longer than {_SLOW} times that"
        why = (
            "Beside what it consists of: where the last ratio is about 1 or less, the time goes to products of narrow "
            "matrices, which are slower than square ones, or to moving patches; where it is more, to XLA's way."
        )
        text = ["# Convolutions", "", about, explained, "", *lines, "", slow, "", why, "", *reasons, ""]
        RESULTS.write_text("\n".join(text))


if __name__ == "__main__":
    main(*sys.argv[1:])
