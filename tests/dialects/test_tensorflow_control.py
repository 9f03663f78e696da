"""Control flow of `tf.*` on symbolic tensors; recorded answers are in `recorded/control.json`."""

import numpy as np
import pytest

from kjax import backend as K


def test_branches_of_a_function(tf):
    x = K.placeholder((None,))
    chosen = tf.case([(tf.reduce_sum(x) > 5.0, lambda: x), (tf.reduce_sum(x) > 2.0, lambda: -x)], lambda: x * 0.0)
    f = K.function([x], [chosen])
    assert [f([[v]])[0].tolist() for v in (6.0, 3.0, 1.0)] == [[6], [-3], [0]]
    index = K.placeholder((), dtype="int32")
    picked = K.function([index], [tf.switch_case(index, [lambda: tf.constant(5), lambda: tf.constant(6)])])
    assert [int(picked([i])[0]) for i in (0, 1, 7)] == [5, 6, 6]


def test_a_loop_over_nested_states(tf):
    x = K.placeholder((None, 2))
    i, (total, steps) = tf.while_loop(
        lambda i, s: i < tf.shape(x)[0],
        lambda i, s: (i + 1, (s[0] + x[i], s[1] * 2)),
        (tf.constant(0), (tf.zeros(2), tf.constant(1))),
    )
    count, total, steps = K.function([x], [i, total, steps])([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    assert count == 3 and total.tolist() == [9, 12] and steps == 8


def test_scans_both_ways(tf):
    rows = np.arange(6.0).reshape(3, 2)
    x = K.placeholder((None, 2))

    def scanned(elems):
        return [
            tf.scan(lambda a, r: a + r, elems, reverse=r, initializer=i) for r in (False, True) for i in (None, x[0])
        ]

    forward, shifted, back, _ = K.function([x], scanned(x))([rows])
    np.testing.assert_allclose(forward, rows.cumsum(0))
    np.testing.assert_allclose(shifted, rows.cumsum(0) + rows[0])
    np.testing.assert_allclose(back, rows[::-1].cumsum(0)[::-1])


def test_assertions_are_checked_when_a_function_runs(tf):
    import kjax

    with kjax.graph_mode():
        x = K.placeholder((None,))
        with tf.control_dependencies([tf.debugging.assert_positive(x, message="no logarithm")]):
            y = tf.math.log(x)
        f = K.function([x], [y])
    assert f([[1.0]])[0].tolist() == [0]
    with pytest.raises(ValueError, match=r"tf.debugging.assert_positive\(\): no logarithm"):
        f([[1.0, -1.0]])
    z = K.placeholder((2,))
    safe = K.function([z], [tf.cond(True, lambda: z, lambda: z)])
    assert safe([[1.0, 2.0]])[0].tolist() == [1, 2]


def test_messages_say_what_came(tf):
    with pytest.raises(ValueError, match=r"tf.debugging.assert_less\(\): too large; \[1. 5.\]; 3"):
        tf.debugging.assert_less(tf.constant([1.0, 5.0]), 3.0, message="too large")
    with pytest.raises(ValueError, match="body must return as many tensors"):
        tf.while_loop(lambda i, j: i < 3, lambda i, j: [i], [0, 1])
    with pytest.raises(TypeError, match="true_fn must be callable"):
        tf.cond(True, 1, 2)


def test_groups_update_in_graph_mode(tf):
    import kjax

    with kjax.graph_mode():
        a, b = K.variable(1.0), K.variable(2.0)
        both = tf.group(K.update_add(a, 1.0), K.update_add(b, 1.0))
        K.get_session().run(both)
    assert (K.get_value(a), K.get_value(b)) == (2, 3)


def test_hessians_need_known_shapes(tf):
    with pytest.raises(ValueError, match=r"tf.hessians\(\): xs must be of known shape"):
        x = K.placeholder((None,))
        tf.hessians(K.sum(x**3), x)


def test_what_happens_in_branches_and_loops_of_a_function(tf, capfd):
    """It happens whether or not their results are needed."""

    def body(i):
        tf.print("loop", i)
        return i + 1

    def branch(text):
        def call():
            tf.print(text)
            return tf.constant(1.0)

        return call

    @tf.function
    def f(n, x):
        tf.print("start")
        tf.while_loop(lambda i: i < n, body, [tf.constant(0)])
        tf.cond(n > 1, branch("yes"), branch("no"))
        tf.cond(n > 1, lambda: tf.print("only", n), lambda: tf.print("nothing"))
        doubled = tf.map_fn(lambda e: (tf.print("e", e), e * 2)[1], x)
        tf.print("end")
        return doubled

    x = tf.constant([1.0, 2.0])
    assert f(tf.constant(2), x).numpy().tolist() == [2, 4]
    assert capfd.readouterr().err.split("\n")[:-1] == [
        "start",
        "loop 0",
        "loop 1",
        "yes",
        "only 2",
        "e 1",
        "e 2",
        "end",
    ]
    assert f(tf.constant(1), x).numpy().tolist() == [2, 4]
    assert capfd.readouterr().err.split("\n")[:-1] == ["start", "loop 0", "no", "nothing", "e 1", "e 2", "end"]
