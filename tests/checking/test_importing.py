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


def test_places_of_keras_2_are_those_of_keras_3(ported):
    text = (
        "from keras.engine import InputSpec, Layer, Model as M\nfrom keras.engine.topology import Layer as L\n"
        "from tensorflow.python.keras.layers.core import Dense\n"
        "from keras.utils.generic_utils import get_custom_objects\n"
        "from keras import backend as K, initializers\nimport tensorflow as tf\n"
        "def f(x: tf.Tensor):\n    return K.exp(x), initializers.uniform(-1, 1), K.backend() == 'tensorflow'\n"
    )
    after = ported(text, "keras3").after
    for line in (
        "from keras.layers import InputSpec, Layer\n",
        "from keras.models import Model as M\n",
        "from keras.layers import Layer as L\n",
        "from keras.layers import Dense\n",
        "from keras.utils import get_custom_objects\n",
        "def f(x: keras.KerasTensor):\n",
        "return ops.exp(x), initializers.RandomUniform(-1, 1), 'tensorflow' == 'tensorflow'\n",
    ):
        assert line in after, after
    assert "import tensorflow" not in after and "def f(x: jax.Array):" in ported(text).after
