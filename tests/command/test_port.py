"""`kjax port`, as a command; what it writes is tested in tests/checking."""

import importlib.util

import pytest

from kjax.command import cli
from programs import command, write

PROGRAM = "from tensorflow.keras import backend as K\nK.exp(K.rnn(f, x, s))\n"


def port(*arguments):
    return cli.main(["port", "--to", "jax", *arguments])


def test_where_the_new_file_goes(folder, capsys):
    pytest.importorskip("libcst", reason="kjax port needs LibCST")
    file = write(folder / "a.py", PROGRAM)
    assert port("a.py") == 1
    shown = capsys.readouterr()
    assert "jnp.exp(K.rnn(f, x, s))" in shown.out
    assert shown.err.splitlines() == [
        "a.py:2: K.rnn is left: JAX has no counterpart; instead: jax.lax.scan",
        "a.py:2: K.exp(K.rnn(f, x, s)) -> jnp.exp(K.rnn(f, x, s))",
        "1 place changed; 1 place left, marked by `# kjax:`",
    ]
    assert port("a.py", "--diff") == 1 and capsys.readouterr().out.startswith("--- a/a.py\n+++ b/a.py\n")
    assert port("a.py", "-o", "b.py") == 1 and "jnp.exp" in (folder / "b.py").read_text()
    assert file.read_text() == PROGRAM
    assert port("a.py", "--in-place") == 1 and "jnp.exp" in file.read_text()
    write(folder / "c.py", "from tensorflow.keras import backend as K\nK.exp(1)\n")
    assert port("c.py") == 0


def test_what_can_not_be_ported(folder, capsys, monkeypatch):
    pytest.importorskip("libcst", reason="kjax port needs LibCST")
    write(folder / "a.py", "print 'x'\n")
    for file, told in (
        ("a.py", "a.py:1: Missing parentheses"),
        ("nowhere.py", "No such file"),
        ("n.ipynb", "notebook"),
    ):
        assert port(file) == 2 and told in capsys.readouterr().err
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert port("a.py") == 2
    assert capsys.readouterr().err == 'kjax port: it needs LibCST: pip install "kjax[port]"\n'


def test_layers_and_places_of_keras(folder):
    """(In processes of their own: names of tf.keras change Keras 2.3.1.)"""
    pytest.importorskip("libcst", reason="kjax port needs LibCST")
    program = """\
        import tensorflow as tf
        from tensorflow.keras import backend as K, layers
        class A(layers.Layer):
            def call(self, x):
                return K.l2_normalize(tf.keras.layers.ReLU()(x), -1)
        """
    write(folder / "a.py", program)
    finished = command("port", "--to", "keras3", "a.py")
    assert finished.returncode == 0, finished.stderr
    assert "from keras import layers\n" in finished.stdout and "import keras\n" in finished.stdout
    assert "return _l2_normalize(keras.layers.ReLU()(x), axis=-1)" in finished.stdout
    assert "tensorflow" not in finished.stdout
    program = """\
        from keras.engine import InputSpec, Layer, Model as M
        from keras.engine.topology import Layer as L
        from tensorflow.python.keras.layers.core import Dense
        from keras.utils.generic_utils import get_custom_objects
        from keras import backend as K, initializers
        import tensorflow as tf
        def f(x: tf.Tensor):
            return K.exp(x), initializers.uniform(-1, 1), K.backend() == 'tensorflow'
        """
    write(folder / "b.py", program)
    finished = command("port", "--to", "keras3", "b.py")
    for line in (
        "from keras.layers import InputSpec, Layer\n",
        "from keras.models import Model as M\n",
        "from keras.layers import Layer as L\n",
        "from keras.layers import Dense\n",
        "from keras.utils import get_custom_objects\n",
        "def f(x: keras.KerasTensor):\n",
        "return ops.exp(x), initializers.RandomUniform(-1, 1), 'tensorflow' == 'tensorflow'\n",
    ):
        assert line in finished.stdout, (finished.stdout, finished.stderr)
    assert "import tensorflow" not in finished.stdout
