"""Loops that run while a condition holds, in their three ways."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.core.graph import now
from kjax.core.operands import as_tensor
from kjax.core.running import NotCompiledWarning
from kjax.core.shape import Shape
from kjax.loops.repetition import repeated


def loop(holds, step, initial, most=None, invariants=None):
    return repeated("loop()", holds, step, [as_tensor(t) for t in initial], now(), most, None, invariants)


def power(x, n, most=None):
    """`x` to the power of `n`, by multiplication."""
    return loop(lambda s: s[0] < n, lambda s: [s[0] + 1, s[1] * x], [0, K.ones_like(x)], most)[1]


def test_a_known_number_of_steps():
    x = K.placeholder((None,))
    result = power(x, 3)
    value, slope = K.function([x], [result, *K.gradients(K.sum(result), [x])])([[2.0, 3.0]])
    assert value.tolist() == [8, 27] and slope.tolist() == [12, 27]


def test_a_bounded_number_of_steps():
    x, n = K.placeholder((None,)), K.placeholder((), dtype="int32")
    result = power(x, n, most=5)
    f = K.function([x, n], [result, *K.gradients(K.sum(result), [x])])
    for count in (0, 1, 4):
        value, slope = f([[2.0, 3.0], count])
        np.testing.assert_allclose(value, np.array([2.0, 3.0]) ** count)
        np.testing.assert_allclose(slope, count * np.array([2.0, 3.0]) ** (count - 1))
    assert f([[2.0, 3.0], 9])[0].tolist() == [32, 243]  # no more than five


def test_an_unknown_number_of_steps():
    x, n = K.placeholder((None,)), K.placeholder((), dtype="int32")
    f = K.function([x, n], [power(x, n)])
    assert [f([[2.0], count])[0].tolist() for count in (0, 3, 10)] == [[1], [8], [1024]]


def test_random_numbers_differ_from_step_to_step():
    x = K.placeholder((3,))
    first, second = loop(
        lambda s: K.equal(K.sum(s[1]), 0.0),
        lambda s: [s[1] + K.random_uniform((3,)), s[0] + K.random_uniform((3,))],
        [x, K.zeros_like(x)],
    )
    a, b = K.function([x], [first, second])([np.zeros(3)])
    assert a.tolist() != b.tolist()


def test_states_keep_dtype_and_shape():
    x = K.placeholder((2,))
    with pytest.raises(TypeError, match="a state of dtype float32 becomes int32"):
        loop(lambda s: s[0][0] < 3, lambda s: [K.cast(s[0], "int32")], [x])
    with pytest.raises(ValueError, match="states must keep their shape"):
        loop(lambda s: s[0][0] < 3, lambda s: [K.concatenate([s[0], s[0]], 0)], [x])


def test_states_may_change_their_shape_within_an_invariant():
    x, n = K.placeholder((2,)), K.placeholder((), dtype="int32")

    def doubled(bound):
        step = lambda s: [s[0] + 1, K.concatenate([s[1], s[1] * x[0]], 0)]  # noqa: E731
        return loop(lambda s: s[0] < bound, step, [0, x], invariants=[Shape(()), Shape((None,))])[1]

    known = doubled(2)
    value, slope = K.function([x], [known, *K.gradients(K.sum(known), [x])])([[1.0, 3.0]])
    assert value.tolist() == [1, 3] * 4 and slope.tolist() == [20, 4]  # (1 + a)**2 * (a + b)
    f = K.function([x, n], [doubled(n)])
    with pytest.warns(NotCompiledWarning, match="operation by operation"):
        assert f([[1.0, 3.0], 1])[0].tolist() == [1, 3, 1, 3]
    assert f([[1.0, 3.0], 0])[0].tolist() == [1, 3]
    kept = loop(lambda s: s[0] < n, lambda s: [s[0] + 1, s[1] * 2.0], [0, x], None, [Shape(()), Shape((None,))])[1]
    assert K.function([x, n], [kept])([[1.0, 3.0], 2])[0].tolist() == [4, 12]  # (no warning: it is compiled)


def test_variables_are_not_updated_inside():
    x, v = K.placeholder(()), K.variable(1.0)
    with pytest.raises(NotImplementedError, match="updated inside the loop"):
        loop(lambda s: s[0] < 3, lambda s: [s[0] + K.update_add(v, s[0])], [x])
