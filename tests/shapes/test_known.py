"""Values of small integer tensors that are known before anything runs."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax import shapes
from kjax.shapes import UNKNOWN_DIM, known_int, static_value


def test_static_values_come_from_the_kernels():
    x = K.placeholder(shape=(None, 3, 4))
    shape = K.shape(x)
    known = shapes.static_value(K.stack([shape[0], shape[1] * shape[2], 7]))
    assert known[0] is shapes.UNKNOWN_DIM and known[1:].tolist() == [12, 7]
    assert shapes.static_value(shape[1:]).tolist() == [3, 4]
    assert shapes.known_int(shape[1] + 1) == 4 and shapes.known_int(shape[0] + 1) is None and shapes.known_int(5) == 5
    assert shapes.static_value(K.shape(K.placeholder())) is None
    assert shapes.static_value(K.placeholder(shape=(2,), dtype="int32")).tolist() == [shapes.UNKNOWN_DIM] * 2
    assert shapes.static_value(K.constant([1.0])) is None
    with kjax.graph_mode():
        assert shapes.static_value(K.constant([2, 3], "int32") * 2).tolist() == [4, 6]
        assert shapes.known_int((K.variable([2], "int32") + 1)[0]) is None  # it may change
    assert K.ones((K.shape(K.placeholder())[0], 4)).shape == (None, 4)
    assert K.ones(K.cast(K.cast(K.shape(x), "int64"), "int32")).shape == (None, 3, 4)
    assert "?" in repr(shapes.UNKNOWN_DIM)


ARITHMETIC = {
    "+": (lambda n: n + 2, lambda n: 2 + n),
    "-": (lambda n: n - 2, lambda n: 2 - n),
    "*": (lambda n: n * 2, lambda n: 2 * n),
    "//": (lambda n: n // 2, lambda n: 2 // n),
    "%": (lambda n: n % 2, lambda n: 2 % n),
    "/": (lambda n: n / 2, lambda n: 2 / n),
    "**": (lambda n: n**2, lambda n: 2**n),
    "-n": (lambda n: -n,),
}


@pytest.mark.parametrize("sign", ARITHMETIC)
def test_arithmetic_with_what_is_unknown_gives_it_again(sign):
    for calculate in ARITHMETIC[sign]:
        assert calculate(UNKNOWN_DIM) is UNKNOWN_DIM
        among = calculate(np.array([UNKNOWN_DIM, 7], object))
        assert among[0] is UNKNOWN_DIM and among[1] == calculate(7)


@pytest.mark.parametrize("decide", [bool, lambda n: n == n, lambda n: n != 1, lambda n: n < 2, lambda n: n >= 2])
def test_nothing_can_be_decided_by_it(decide):
    with pytest.raises(TypeError, match="an unknown dim has no truth value and no order"):
        decide(UNKNOWN_DIM)
    assert {UNKNOWN_DIM: 1}[UNKNOWN_DIM] == 1


def test_arrays_without_unknowns_are_of_integers():
    assert shapes.tightened(np.array([2, 3], object)).dtype == np.int64
    kept = np.array([2, UNKNOWN_DIM], object)
    assert shapes.tightened(kept) is kept
    numbers = np.array([2, 3], "int32")
    assert shapes.tightened(numbers) is numbers


def test_what_depends_on_an_unknown_value_keeps_its_size():
    n = K.shape(K.placeholder((None, 3)))
    for decided in (K.maximum(n, 2), K.reverse(n, 0) * 0 + K.cast(n > 2, "int32")):
        assert decided.shape == (2,) and static_value(decided).tolist() == [UNKNOWN_DIM] * 2
    assert static_value(K.sum(n)).item() is UNKNOWN_DIM and static_value(K.prod(n[1:])) == 3


def test_what_is_not_small_or_no_integer_is_not_known():
    assert static_value(K.constant(np.arange(64), "int32")).tolist() == [*range(64)]
    assert static_value(K.constant(np.arange(65), "int32")) is None
    with kjax.graph_mode():
        assert static_value(K.ones_like(K.constant(np.arange(65), "int32"))) is None
    n = K.shape(K.placeholder((None, 4)))
    assert static_value(K.cast(n, "float32")) is None and static_value(n > 2) is None
    half = static_value(K.cast(K.cast(n, "float32") / 2.0, "int32"))  # by way of floats
    assert half[0] is UNKNOWN_DIM and half[1] == 2


def test_random_numbers_and_variables_are_not_known():
    with kjax.graph_mode():
        drawn = K.random_uniform((2,), 0, 9, "int32", seed=1)
        assert static_value(drawn).tolist() == [UNKNOWN_DIM] * 2
        assert static_value(K.variable([1, 2], "int32")).tolist() == [UNKNOWN_DIM] * 2
    assert static_value(K.variable([1, 2], "int32")).tolist() == [UNKNOWN_DIM] * 2


def test_numbers():
    n = K.shape(K.placeholder((None, 4)))
    assert known_int(None) is None and known_int(np.int64(3)) == 3
    assert known_int(n[1]) == 4 and type(known_int(n[1])) is int
    assert known_int(n[0]) is None and known_int(n) is None and known_int(K.constant(2.0)) is None


def test_knowledge_is_right_when_the_graph_runs():
    x = K.placeholder((None, 3, 4))
    n = K.shape(x)
    tensors = [n * 2 - 1, K.stack([n[2], n[0]]), K.concatenate([n, n[1:]], 0), n[::-1], K.prod(n[1:])]
    for tensor, result in zip(tensors, K.function([x], tensors)([np.zeros((5, 3, 4))]), strict=True):
        known = static_value(tensor)
        assert known.shape == result.shape
        assert any(part is not UNKNOWN_DIM for part in known.flat)  # not everything there is unknown
        assert all(part is UNKNOWN_DIM or part == r for part, r in zip(known.flat, result.flat, strict=True))
