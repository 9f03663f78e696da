"""`kjax run --explain-compile`."""

import re

from programs import run, write

PROGRAM = """
    import numpy as np
    from tensorflow.keras import backend as K

    x = K.placeholder((None, 3), name="x")
    y = K.in_train_phase(K.exp(x), x)
    f = K.function([x, K.learning_phase()], [K.sum(y)], name="total")
    for n, phase in [(4, 0), (4, 0), (4, 0), (5, 0), (5, 0), (5, 1), (5, 1)]:
        f([np.ones((n, 3)), phase])
    for n in (8, 8, 9):
        K.pool2d(K.ones((1, n, 8, 1)), (2, 2))
    import jax
    jax.jit(lambda x: x + 1)(3.0)
"""


def test_each_program_is_explained(folder):
    write(folder / "shapes.py", PROGRAM)
    finished = run("--explain-compile", "shapes.py")
    assert (finished.returncode, finished.stdout) == (0, "")
    found = re.findall(
        r"kjax run: shapes.py:(\d+): compiled (\w+) for (.*?): (.*) \(traced in [\d.]+ s", finished.stderr
    )
    assert [explained for explained in found if explained[1] == "total"] == [
        ("9", "total", "x (4, 3) float32", "its first call"),
        ("9", "total", "x (5, 3) float32", "new shapes (x was (4, 3) float32)"),
        ("9", "total", "x (5, 3) float32", "its first call in another learning phase"),
    ]
    eager = [explained for explained in found if explained[0] == "11"]
    assert eager[0][3] == "its first call"
    assert ("11", eager[0][1], "(1, 9, 8, 1) float32", "new shapes (0 was (1, 8, 8, 1) float32)") in eager
    last = finished.stderr[finished.stderr.index("programs compiled") :]
    assert re.search(r"^ +[\d.]+ +[\d.]+ +\d+  shapes.py:9$", last, re.MULTILINE)
    assert re.search(r"^ +[\d.]+ +[\d.]+ +1  shapes.py:13$", last, re.MULTILINE)  # JAX's own
