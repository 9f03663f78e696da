"""The modules of TensorFlow that kjax answers."""

import pytest

import kjax
from kjax import backend as K
from kjax.dialects import tensorflow_modules


def test_version_1_has_its_names_and_refuses_others():
    tf = tensorflow_modules.as_version_1()
    assert tf.__version__.startswith("1.15") and tf.compat.v1 is tf
    assert tf.log is tf.math.log or tf.log(1.0).numpy() == 0
    with pytest.raises(AttributeError, match=r"tensorflow\.lite is not answered by kjax"):
        _ = tf.lite
    with pytest.raises(AttributeError, match="no attribute '__nothing__'"):
        _ = tf.__nothing__


def test_each_module_says_what_it_holds():
    contents = {name: make() for name, make in tensorflow_modules.CONTENTS.items()}
    assert {"tensorflow", "tensorflow.compat.v1", "tensorflow.keras.backend", "keras.backend"} <= set(contents)
    assert "get_session" in contents["tensorflow.compat.v1.keras.backend"]
    assert "get_session" in contents["tensorflow.keras.backend"]
    assert contents["tensorflow"]["__version__"] == tensorflow_modules.VERSION


def test_names_of_tensorflow_1_at_tf_itself(tf):
    from kjax import executing_eagerly

    assert tf.logging is not tf.compat.v1 and tf.logging.INFO == 20 and executing_eagerly()
    try:
        assert tf.to_float is tf.compat.v1.to_float
        assert not executing_eagerly()  # such a program was written for graphs
        x = tf.placeholder(tf.float32, (None,))
        with tf.Session() as session:
            assert session.run(2 * x, {x: [1.0]}).tolist() == [2]
    finally:
        kjax.enable_eager_execution()
    with pytest.raises(AttributeError, match="no_such_name is not answered"):
        tf.no_such_name  # noqa: B018


def test_arguments_of_both_versions(tf):
    x = tf.constant([[1.0, 5.0], [3.0, 2.0]])
    assert tf.reduce_sum(x, keep_dims=True, reduction_indices=1).shape == (2, 1)
    assert tf.argmax(x, dimension=1).numpy().tolist() == tf.argmax(x, axis=1).numpy().tolist() == [1, 0]
    assert tf.nn.softmax(x, dim=0).numpy().sum(0) == pytest.approx([1, 1])
    assert tf.squeeze(x[:, :1], squeeze_dims=[1]).shape == (2,)
    with pytest.raises(TypeError, match="no_such_argument"):
        tf.reduce_sum(x, no_such_argument=1)


def test_the_name_of_the_backend(tf, monkeypatch):
    assert tf.keras.backend.backend() == "tensorflow"
    monkeypatch.setenv("KJAX_BACKEND_NAME", "kjax")
    assert tf.keras.backend.backend() == "kjax"
    assert K.backend() == "kjax"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("lite", "for small devices"), ("saved_model", r"model\.save"), ("graph_util", r"tf\.train\.Saver")],
)
def test_modules_without_a_place_name_what_does_instead(tf, name, remedy):
    for module in (tf, tf.compat.v1):
        with pytest.raises(AttributeError, match=rf"\.{name} is not answered by kjax. Instead: .*{remedy}"):
            getattr(module, name)
    with pytest.raises(ModuleNotFoundError, match=remedy):
        exec(f"import tensorflow.{name}")
