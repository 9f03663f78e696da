"""Processes made by `fork`, where JAX can't compute."""

import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")

PARENT = """
import os, sys, warnings
import numpy as np
import kjax
from kjax import backend as K

warnings.simplefilter("ignore")  # JAX warns of forks
x = K.placeholder((None, 3))
with kjax.graph_mode():
    w = K.variable(np.ones((3, 2)))
    small = K.function([x], [K.dot(x, w)], updates=[K.update_add(w, K.ones_like(w))])
    conv = K.function([x], [K.conv1d(K.expand_dims(x, 0), K.ones((1, 3, 2)))])
    slope = K.function([x], K.gradients(K.sum(K.square(x)), [x]))
    turned = K.function([x], [K.rnn(lambda t, s: (t + s[0], [t + s[0]]), K.expand_dims(x, 0), [K.zeros((1, 3))])[0]])
    steps = K.function([], [K.map_fn(lambda row: row * 2, w)])
ones = np.ones((2, 3), "float32")
"""

AFTER = """
for f in (small, conv, slope):
    f([ones]), f([ones])
steps([])
"""

CHILD = """
child = os.fork()
if child == 0:
    try:
        {work}
    except kjax.ForkedProcessError as error:
        print("refused:", error)
    except BaseException as error:
        print("failed:", type(error), error)
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
"""


def in_child(*works, before=AFTER):
    """What the children of one program print, each of which does one of `works`; they must end within seconds."""
    program = PARENT + before + "".join(CHILD.format(work=work) for work in works)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_jax_is_refused():
    works = [
        "conv([ones])",
        "slope([ones])",
        "K.eval(K.conv1d(K.ones((1, 3, 3)), K.ones((1, 3, 2))))",
        "K.eval(K.categorical_crossentropy(K.ones((1000, 1000)), K.ones((1000, 1000))))",
        "K.function([x], K.gradients(K.sum(x * x), [x]))([ones])",
    ]
    told = in_child(*works).splitlines()
    assert len(told) == len(works)
    for work, line in zip(works, told, strict=True):
        assert line.startswith("refused:") and "multiprocessing.get_context('spawn')" in line, work


def test_numpy_works():
    work = "print(small([ones])[0].tolist(), K.get_value(w).tolist(), K.eval(K.square(w + 1.)).tolist(), {})"
    work = work.format("np.asarray(steps([])[0]).tolist()")
    two = [[3.0 * 3] * 2] * 2  # both runs before added one
    assert in_child(work) == f"{two} {[[4.0] * 2] * 3} {[[25.0] * 2] * 3} {[[8.0] * 2] * 3}"


def test_a_child_of_a_program_that_has_not_used_jax():
    assert in_child("print(conv([ones])[0].shape)", before="") == "(1, 2, 2)"


def test_processes_that_are_spawned(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import multiprocessing
            from kjax import backend as K

            def work(n):
                return K.eval(K.conv1d(K.ones((1, n, 3)), K.ones((1, 3, 2)))).shape

            if __name__ == "__main__":
                work(3)
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    print(pool.map(work, [3, 4]))
            """
        )
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[(1, 3, 2), (1, 4, 2)]", done.stderr
