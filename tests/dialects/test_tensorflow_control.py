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


def test_printing(tf, capfd):
    import sys

    tf.print("x is", tf.constant([1, 2]), [tf.constant(3)], output_stream=sys.stdout, sep="|")
    assert capfd.readouterr().out == "x is|[1 2]|[3]\n"
    tf.print(tf.constant(1.5))
    assert capfd.readouterr().err == "1.5\n"
    parts = [tf.constant([0.1, 1 / 3, 1e10]), {"a": tf.constant(0.1), "b": [tf.Variable([0.5]), "s"]}, 0.1, "s"]
    tf.print(tf.range(20), *parts, np.float32(0.1), np.array([0.1, 0.2]), tf.constant(0.0512769222))
    expected = "[0 1 2 ... 17 18 19] [0.1 0.333333343 1e+10] {'a': 0.1, 'b': [[0.5], 's']} 0.1 s 0.1 array([0.1, 0.2])"
    assert capfd.readouterr().err == f"{expected} 0.0512769222\n"
    assert tf.compat.v1.Print(tf.constant(5), [tf.constant([1, 2]), tf.constant(3)], "values").numpy() == 5
    assert capfd.readouterr().out.split() == ["values", "[1", "2]", "3"]
    x = K.placeholder((2,))
    import kjax

    with kjax.graph_mode():
        f = K.function([x], [tf.compat.v1.Print(2 * x, [x], "fed"), tf.print("also", x)])
    assert f([[1.0, 2.0]])[0].tolist() == [2, 4]
    assert sorted(capfd.readouterr().out.split("\n"))[1:] == ["also [1 2]", "fed [1 2]"]
