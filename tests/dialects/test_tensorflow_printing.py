"""`tf.print` and `tf.compat.v1.Print`: the expected texts are what TensorFlow 2.2 printed."""

import sys

import numpy as np
import pytest

import kjax
from kjax import backend as K


def test_values_are_printed_at_once(tf, capfd):
    tf.print("x is", tf.constant([1, 2]), [tf.constant(3)], output_stream=sys.stdout, sep="|")
    assert capfd.readouterr().out == "x is|[1 2]|[3]\n"
    tf.print(tf.constant(1.5), end="!")
    assert capfd.readouterr().err == "1.5!"
    parts = [tf.constant([0.1, 1 / 3, 1e10]), {"a": tf.constant(0.1), "b": [tf.Variable([0.5]), "s"]}, 0.1, "s"]
    tf.print(tf.range(20), *parts, np.float32(0.1), np.array([0.1, 0.2]), tf.constant(0.0512769222))
    expected = "[0 1 2 ... 17 18 19] [0.1 0.333333343 1e+10] {'a': 0.1, 'b': [[0.5], 's']} 0.1 s 0.1 array([0.1, 0.2])"
    assert capfd.readouterr().err == f"{expected} 0.0512769222\n"
    tf.print(tf.range(8), summarize=2)
    tf.print(tf.range(8), summarize=-1)
    assert capfd.readouterr().err == "[0 1 ... 6 7]\n[0 1 2 3 4 5 6 7]\n"


def test_a_function_prints_each_time_and_in_order(tf, capfd):
    v = tf.Variable(0.0)

    @tf.function
    def f(x, n):
        tf.print("first", x, "n =", n)
        v.assign_add(1.0)
        tf.print("v", v, [x[0], {"n": n}], sep="|", end="<\n")
        tf.print("out", n, output_stream=sys.stdout)
        tf.print("no tensors", 3)
        tf.print("last", (1, n), tf.range(9), summarize=1)

    for n in (1, 2):
        f(tf.constant([1.0, 2.0]), tf.constant(n))
        assert capfd.readouterr() == (
            f"out {n}\n",
            f"first [1 2] n = {n}\nv|{n}|[1, {{'n': {n}}}]<\nno tensors 3\nlast (1, {n}) [0 ... 8]\n",
        )


def test_a_graph_prints_when_it_is_asked_to(tf, capfd):
    with kjax.graph_mode():
        x, session = K.placeholder((2,)), K.get_session()
        printing = tf.print("graph", x, "p")
        with tf.control_dependencies([printing]):
            doubled = 2 * x
        session.run(doubled, {x: [1, 2]})
        session.run(printing, {x: [3, 4]})
        assert capfd.readouterr().err == "graph [1 2] p\ngraph [3 4] p\n"
        limited = tf.compat.v1.Print(x, [x, tf.zeros((2, 2, 2)), x[0]], "m ", first_n=2, summarize=5)
        for n in range(4):
            assert session.run(limited, {x: [1, n]}).tolist() == [1, n]
        assert capfd.readouterr().err == "".join(f"m [1 {n}][[[0 0][0 0]][[0...]]...][1]\n" for n in range(2))


def test_elements_as_tensorflow_1_prints_them(tf, capfd):
    rows = tf.reshape(tf.range(12.0), (3, 4))
    for data, options, expected in (
        ([tf.constant([[1.0, 2.0], [3.0, 4.0]]), tf.range(5)], {}, "[[1 2][3...]...][0 1 2...]"),
        ([rows, tf.constant(True)], {}, "[[0 1 2...]...][1]"),
        ([rows, "text"], {"summarize": 100}, "[[0 1 2 3][4 5 6 7][8 9 10 11]][text]"),
        ([tf.constant([0.1, 1 / 3, np.nan]), tf.zeros((0,))], {}, "[0.1 0.333333343 nan][]"),
        ([rows], {"summarize": 1}, "[[0...]...]"),
    ):
        assert tf.compat.v1.Print(tf.constant(5), data, "m", **options).numpy() == 5
        assert capfd.readouterr().err == f"m{expected}\n"


def test_streams(tf, capfd, tmp_path):
    path, told = tmp_path / "printed", []
    for n in (1, 2):
        tf.print("n", n, output_stream=f"file://{path}")
    assert path.read_text() == "n 1\nn 2\n"
    tf.print("n", tf.constant(3), output_stream=told.append)
    assert told == ["n 3"] and capfd.readouterr() == ("", "")
    with pytest.raises(ValueError, match="output_stream must be"):
        tf.print("a", output_stream="nothing")
    with pytest.raises(ValueError, match="unknown arguments color"):
        tf.print("a", color=1)
    with pytest.raises(TypeError, match="sep and end must be strings"):
        tf.print("a", sep=1)
