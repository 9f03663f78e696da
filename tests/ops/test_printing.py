import sys

import numpy as np
import pytest

import kjax
from kjax import backend as K


@pytest.mark.parametrize(
    "value, text",
    [
        (K.constant(3.5), "3.5"),
        (K.constant([0.1, 1 / 3, 1e10, 1e-9, 1.0]), "[0.1 0.333333343 1e+10 1e-09 1]"),
        (K.constant(1 / 3, "float64"), "0.33333333333333331"),
        (K.constant([1 / 3], "float16"), "[0.333251953]"),
        (K.constant([np.nan, np.inf, -np.inf]), "[nan inf -inf]"),
        (K.constant([True, False], "bool"), "[1 0]"),
        (K.constant([-1, 2], "int32"), "[-1 2]"),
        (K.constant([1 + 2j], "complex64"), "[(1+2j)]"),
        (K.arange(100), "[0 1 2 ... 97 98 99]"),
        (K.arange(6), "[0 1 2 3 4 5]"),
        (K.zeros((0, 3)), "[]"),
        (K.variable([1.0, 2.0]), "[1 2]"),
        (K.reshape(K.arange(8), (2, 2, 2)), "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]"),
        (K.reshape(K.arange(14), (7, 2)), "[[0 1]\n [2 3]\n [4 5]\n ...\n [8 9]\n [10 11]\n [12 13]]"),
        (np.ones((2,)), "array([1., 1.])"),
        ([1, 2], "[1, 2]"),
        (3, "3"),
    ],
)
def test_values_are_printed_at_once(capsys, value, text):
    assert K.print_tensor(value, "here:") is value
    K.print_tensor(value)
    assert capsys.readouterr().out == f"here: {text}\n {text}\n"


def test_functions_print_at_each_call(capsys):
    x = K.placeholder(shape=(None,))
    shown = K.print_tensor(x * 2, message="doubled")
    assert shown.is_symbolic and K.int_shape(shown) == (None,) and shown.dtype == "float32"
    assert capsys.readouterr().out == ""
    f = K.function([x], [K.sum(shown)])
    assert f([[1.0, 2.5]])[0] == 7 and capsys.readouterr().out == "doubled [2 5]\n"
    assert f([[3.0, 4.0]])[0] == 14 and capsys.readouterr().out == "doubled [6 8]\n"
    K.function([x], [x])([[1.0]])
    assert capsys.readouterr().out == ""


def test_gradients_pass(capsys):
    x = K.placeholder(shape=(2,))
    y = K.print_tensor(K.square(x), "y")
    loss = K.sum(K.square(y))
    loss, slope = K.function([x], [loss, *K.gradients(loss, [x])])([[1.0, 2.0]])
    assert slope.tolist() == [4, 32] and capsys.readouterr().out == "y [1 4]\n"


def test_graph_mode(capsys):
    v = K.variable(1.0)
    with kjax.graph_mode():
        f = K.function([], [K.print_tensor(v, "v"), K.print_tensor(K.constant([1, 2], "int32"), "c")])
    for value in (1, 2):
        K.set_value(v, value)
        f([])
        assert sorted(capsys.readouterr().out.splitlines()) == ["c [1 2]", f"v {value}"]
    with kjax.graph_mode():
        assert K.eval(K.print_tensor(v + 1, "sum")) == 3
    assert capsys.readouterr().out == "sum 3\n"


def test_inside_of_loops_and_branches(capsys):
    x = K.placeholder(shape=(None,))
    y = K.map_fn(lambda e: K.print_tensor(e * e, "e"), x)
    K.function([x], [y, *K.gradients(y, [x])])([[1.0, 2.0, 3.0]])
    assert capsys.readouterr().out == "e 1\ne 4\ne 9\n"
    z = K.switch(K.sum(x) > 0, lambda: K.print_tensor(x, "more"), lambda: K.print_tensor(x, "less"))
    f = K.function([x], [z])
    f([[1.0]])
    f([[-1.0]])
    assert capsys.readouterr().out == "more [1]\nless [-1]\n"


def test_shapes_stay_known(capsys):
    x, y = K.placeholder(shape=(None, 2)), K.placeholder(shape=(None,))
    f = K.function([x, y], [K.reshape(y, K.print_tensor(K.shape(x), "shape"))])
    assert f([np.ones((3, 2)), np.arange(6)])[0].shape == (3, 2)
    assert capsys.readouterr().out == "shape [3 2]\n"


def test_stdout_is_looked_up_when_printing(capsys, monkeypatch):
    x = K.placeholder(shape=())
    f = K.function([x], [K.print_tensor(x)])
    f([1.0])
    monkeypatch.setattr(sys, "stdout", sys.stderr)
    f([2.0])
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (" 1\n", " 2\n")
