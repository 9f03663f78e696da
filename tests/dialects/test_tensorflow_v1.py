"""What is only in `tensorflow.compat.v1`, or differs; recorded answers are in tests/conformance/test_evidence.py."""

import copy

import pytest


def test_graph_mode_from_inside(tf):
    v1 = tf.compat.v1
    try:
        v1.disable_eager_execution()
        assert not tf.executing_eagerly()
        assert not hasattr(tf.square(tf.Variable(1.0)), "numpy")
        x = v1.placeholder(tf.float32, [None, 2], name="x")
        with v1.Session(config=v1.ConfigProto(allow_soft_placement=True)) as session:
            session.run(v1.global_variables_initializer())
            assert session.run(tf.reduce_sum(x), {x: [[1, 2]]}) == 3
        assert (x.name, x.shape.as_list()) == ("x:0", [None, 2])
    finally:
        v1.enable_eager_execution()
    assert tf.executing_eagerly()


def test_session_options_take_anything(tf):
    options = tf.compat.v1.ConfigProto(log_device_placement=True)
    options.gpu_options.allow_growth = True
    assert (options.log_device_placement, options.gpu_options.allow_growth) == (True, True)
    assert copy.deepcopy(options).gpu_options.allow_growth


def test_cross_entropies_are_given_by_name(tf):
    x = tf.constant([[1.0, 2.0]])
    for call in (
        tf.compat.v1.nn.sigmoid_cross_entropy_with_logits,
        tf.compat.v1.nn.softmax_cross_entropy_with_logits,
        tf.compat.v1.nn.sparse_softmax_cross_entropy_with_logits,
    ):
        for given in ((x, x), (None, x), (None, None, x)):
            with pytest.raises(ValueError, match="by name"):
                call(*given)
    turned = tf.compat.v1.nn.softmax_cross_entropy_with_logits(labels=[[1.0], [0.0]], logits=[[0.0], [0.0]], dim=0)
    assert turned.numpy().tolist() == pytest.approx([0.6931472])


def test_a_constant_of_another_shape(tf):
    with pytest.raises(TypeError, match="must have the shape"):
        tf.compat.v1.constant([1, 2], shape=[3], verify_shape=True)
    assert tf.compat.v1.constant(1, shape=[2]).numpy().tolist() == [1, 1]


def test_gradients_that_do_not_depend(tf):
    x, other = tf.compat.v1.placeholder(tf.float32, [2]), tf.compat.v1.placeholder(tf.float32, [2])
    assert tf.compat.v1.gradients(x**2, [other]) == [None]
    (zeros,) = tf.compat.v1.gradients(x**2, [other], unconnected_gradients="zero")
    assert tf.compat.v1.Session().run(zeros, {other: [1.0, 2.0]}).tolist() == [0, 0]
    with pytest.raises(ValueError, match="unconnected_gradients"):
        tf.compat.v1.gradients(x, x, unconnected_gradients="some")
