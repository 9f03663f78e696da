"""`%load_ext kjax` and `kjax.install()` in IPython's shell."""

import pytest

from programs import python

pytest.importorskip("IPython", reason="needs IPython, of the extra kjax[notebooks]")

# A shell without a terminal, as a kernel has one; what a cell does is printed by it.
PROGRAM = """
import os, sys, tempfile
os.environ["IPYTHONDIR"] = tempfile.mkdtemp()
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance(colors="nocolor", history_length=0)
shell.history_manager.enabled = False

def cell(text, fails=False):
    result = shell.run_cell(text)
    sys.stdout.flush()
    assert result.success != fails, text
    return result.result
"""

EXTENSION = """
cell("%load_ext kjax")
cell("%load_ext kjax")
cell("import numpy as np; half = np.float(0.5)")
assert cell("import tensorflow as tf; tf.__version__") == "2.2.0+kjax"
cell("%tensorflow_version 1.x")
assert cell("type(tf.constant(1.0) + 1.0).__name__, hasattr(tf.constant(1.0) + 1.0, 'numpy')") == ("Tensor", False)
cell("%tensorflow_version 2.x")
cell("def f():\\n    return tf.matmul(tf.ones((2, 3)), tf.ones((2, 3)))\\n\\nf()", fails=True)
cell("%unload_ext kjax")
cell("import tensorflow", fails=True)
cell("np = __import__('numpy'); np.float", fails=True)
"""

INSTALL = """
import kjax
about = cell("import kjax; kjax.install()")
assert about is not None
print(repr(about), about._repr_html_())
cell("from kjax import backend as K; K.dot(K.ones((2, 3)), K.ones((2, 3)))", fails=True)
about()
print(repr(about), about._repr_html_())
import types
sys.modules["tensorflow"] = types.ModuleType("tensorflow")
import warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    cell("kjax.install()")
print([str(warning.message) for warning in told])
"""


def test_the_extension():
    finished = python("-c", PROGRAM + EXTENSION)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    of_f = finished.stdout[: finished.stdout.index("ValueError: matmul(): shapes (2, 3) and (2, 3)")]
    assert "in f()" in of_f and "src/kjax" not in of_f and of_f.count("\n") < 20


def test_install():
    finished = python("-c", PROGRAM + INSTALL)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "<kjax.install(): tensorflow: answered by kjax (as 2.2.0+kjax); keras: " in finished.stdout
    assert "<tr><td><code>tensorflow</code></td>" in finished.stdout
    assert "src/kjax/core" not in finished.stdout
    assert "<kjax.install(): undone> <div><code>&lt;kjax.install(): undone&gt;</code>" in finished.stdout
    assert "restart, and call it first, or use kjax.install(force=True)" in finished.stdout
