"""The imports of ported files."""

import pytest

pytest.importorskip("libcst", reason="kjax port needs LibCST")

IMPORT = "from tensorflow.keras import backend as K\n"


def test_names_that_are_taken(ported):
    text = f"{IMPORT}def f(jnp, ops):\n    return K.square(jnp) + K.l2_normalize(ops)\n"
    done = ported(text)
    assert "return jax_numpy.square(jnp) + _l2_normalize(ops)" in done.after
    assert "import jax.numpy as jax_numpy\n" in done.after and "x / jax_numpy.sqrt(" in done.after
    done = ported(text, "keras3")
    assert "from keras import ops as keras_ops\n" in done.after and "keras_ops.square(jnp)" in done.after


def test_imports_of_keras_are_left_for_jax(ported):
    done = ported(f"from tensorflow.keras.nonsense import Dense\n{IMPORT}K.exp(Dense(3))\n")
    assert (
        "# kjax: tensorflow.keras.nonsense is left: jax.numpy has nothing in its place\nfrom tensorflow" in done.after
    )


def test_types_of_tensors(ported):
    text = "from tensorflow.keras import backend as K\nimport tensorflow as tf\ndef f(x: tf.Tensor): K.exp(x)\n"
    assert "def f(x: jax.Array):" in ported(text).after
