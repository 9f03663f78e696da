import gc
import weakref

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import session as sessions


def test_starting_over():
    K.set_learning_phase(1)
    K.get_uid("a")
    session = K.get_session()
    p = K.placeholder((2,))
    before = K.eval(K.random_uniform((2,), seed=1))
    K.clear_session()
    assert K.learning_phase() == 0 and K.get_uid("a") == 1 and K.get_session() is not session
    assert K.placeholder((2,)).name == p.name and np.array_equal(before, K.eval(K.random_uniform((2,), seed=1)))
    assert K.manual_variable_initialization(True) is None


def test_session_run():
    x = K.placeholder(shape=(None, 3), name="x")
    session = K.get_session()
    assert session is K.get_session()
    y = x * 2.0
    assert session.run(y, {x: np.ones((1, 3))}).tolist() == [[2, 2, 2]]
    out = session.run({"a": [y, None]}, feed_dict={x: np.ones((2, 3))})
    assert out["a"][0].shape == (2, 3) and out["a"][1] is None
    v = K.variable(1.0)
    with kjax.graph_mode():
        increment = K.update_add(v, 1.0)
    assert session.run(increment) == 2 and session.run([increment, v]) == [3, 2] and float(v) == 3
    assert session.run(y, {y: 5 * np.ones((1, 3))})[0, 0] == 5
    with session.as_default() as same:
        assert same is session
    with pytest.raises(TypeError, match="keys of feed_dict"):
        session.run(y, {"x": 1})
    with pytest.raises(ValueError, match="not fed"):
        session.run(y)
    K.set_session(None)
    assert K.get_session() is not session
    with pytest.raises(TypeError, match="set_session"):
        K.set_session(3)


def test_a_session_keeps_the_functions_that_it_ran_last(monkeypatch):
    made, function = [], sessions.Function
    monkeypatch.setattr(sessions, "Function", lambda *args, **options: made.append(1) or function(*args, **options))
    session, limit = K.get_session(), 32
    often, seldom = K.variable(-1.0), []
    for i in range(limit + 8):
        tensor = K.variable(i)
        assert (session.run(tensor), session.run(often)) == (i, -1)
        seldom.append(weakref.ref(tensor))  # which the function that gave it keeps alive
    assert len(made) == len(seldom) + 1  # the function that runs often is made once
    del tensor
    gc.collect()
    assert [tensor() is not None for tensor in seldom] == [False] * 9 + [True] * (limit - 1)
    session.close()
    gc.collect()
    assert not any(tensor() for tensor in seldom)
