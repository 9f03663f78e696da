"""What the core costs: cold start, small eager operations, a call of a small function.

Each figure is measured beside its yardstick, in turn, over several rounds; the median of the rounds is given, and of
their ratios the least and the greatest too.

    python benchmarks/core.py [--rounds 15]
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

import numpy as np


def seconds_per_call(call, calls):
    """Wall time of one call, of `calls` in a row."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def compare(name, ours, yardstick_name, yardstick, rounds, calls=1, unit=1e6):
    """Time two callables in turn, and print a row."""
    seconds_per_call(ours, max(1, calls // 10)), seconds_per_call(yardstick, max(1, calls // 10))
    pairs = [(seconds_per_call(ours, calls), seconds_per_call(yardstick, calls)) for _ in range(rounds)]
    a, b = (statistics.median(side) * unit for side in zip(*pairs, strict=True))
    ratios = sorted(x / y for x, y in pairs)
    median = statistics.median(ratios)
    mark = {1e6: "µs", 1e3: "ms"}[unit]
    print(
        f"{name:34} {a:9.2f} {mark}   {yardstick_name:42} {b:9.2f} {mark}   "
        f"ratio {median:5.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        flush=True,
    )


def process(code):
    """A callable that runs `code` in a Python of its own, where modules are compiled already, as installed ones are."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment, stdout=subprocess.DEVNULL)


def main():
    """All rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each pair (default: 15)")
    rounds = parser.parse_args().rounds

    start = "from kjax import backend as K; K.eval(K.ones((3, 4)))"
    compare("start to K.eval(K.ones((3, 4)))", process(start), "import numpy", process("import numpy"), rounds, 1, 1e3)

    import jax

    from kjax import backend as K

    array = np.random.default_rng(0).random((8, 16), "float32")
    x, v = K.constant(array), K.variable(array)
    for name, ours, other_name, other in (
        ("K.ones((3, 4))", lambda: K.ones((3, 4)), "np.ones((3, 4), 'float32')", lambda: np.ones((3, 4), "float32")),
        ("K.square(x), 8x16", lambda: K.square(x), "np.square(array)", lambda: np.square(array)),
        ("K.square(variable), 8x16", lambda: K.square(v), "np.square(array)", lambda: np.square(array)),
        ("x + x, 8x16", lambda: x + x, "array + array", lambda: array + array),
        ("K.sum(x), 8x16", lambda: K.sum(x), "array.sum()", lambda: array.sum()),
    ):
        compare(name, ours, other_name, other, rounds, 5000)

    p = K.placeholder((None, 16))
    small = K.function([p], [K.square(p) + 1.0])
    by_hand = jax.jit(lambda a: a * a + 1.0)
    w = K.variable(np.ones((16, 4)))
    layer = K.function([p], [K.softmax(K.dot(p, w))])
    weights = jax.numpy.ones((16, 4))
    layer_by_hand = jax.jit(lambda a, w: jax.nn.softmax(a @ w))
    # Both give an array that is the caller's own, which he may write to.
    for name, ours, other_name, other in (
        ("K.function: square, add", lambda: small([array]), "np.array(jax.jit(…))", lambda: np.array(by_hand(array))),
        (
            "K.function: dense layer",
            lambda: layer([array]),
            "np.array(jax.jit(…))",
            lambda: np.array(layer_by_hand(array, weights)),
        ),
        (
            "K.function: square, add",
            lambda: small([array]),
            "np.asarray(jax.jit(…)), read-only",
            lambda: np.asarray(by_hand(array)),
        ),
    ):
        compare(name, ours, other_name, other, rounds, 2000)


if __name__ == "__main__":
    main()
