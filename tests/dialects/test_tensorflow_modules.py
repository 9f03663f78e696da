"""The modules of TensorFlow that kjax answers."""

import pytest

from kjax.dialects import tensorflow_modules


def test_version_1_has_its_names_and_refuses_others():
    tf = tensorflow_modules.as_version_1()
    assert tf.__version__.startswith("1.15") and tf.compat.v1 is tf
    assert tf.log is tf.math.log or tf.log(1.0).numpy() == 0
    with pytest.raises(AttributeError, match=r"tensorflow\.data is not answered by kjax"):
        _ = tf.data
    with pytest.raises(AttributeError, match="no attribute '__nothing__'"):
        _ = tf.__nothing__


def test_each_module_says_what_it_holds():
    contents = {name: make() for name, make in tensorflow_modules.CONTENTS.items()}
    assert {"tensorflow", "tensorflow.compat.v1", "tensorflow.keras.backend", "keras.backend"} <= set(contents)
    assert "get_session" in contents["tensorflow.compat.v1.keras.backend"]
    assert "get_session" not in contents["tensorflow.keras.backend"]
    assert contents["tensorflow"]["__version__"] == tensorflow_modules.VERSION
