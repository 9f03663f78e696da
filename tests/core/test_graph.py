import asyncio
import contextlib

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.graph import Values, leaves, naming_nodes, reachable


def test_modes_nest_and_end():
    assert kjax.executing_eagerly()
    with kjax.graph_mode():
        assert not kjax.executing_eagerly()
        with kjax.eager_mode():
            assert kjax.executing_eagerly()
        assert not kjax.executing_eagerly()
    with pytest.raises(RuntimeError), kjax.graph_mode():
        raise RuntimeError
    assert kjax.executing_eagerly()


def test_the_whole_program():
    kjax.disable_eager_execution()
    assert not kjax.executing_eagerly() and K.square(K.ones(())).is_symbolic
    with kjax.eager_mode():
        assert kjax.executing_eagerly()
    kjax.enable_eager_execution()
    assert kjax.executing_eagerly()


def test_tasks_have_their_own_mode():
    async def one():
        with kjax.graph_mode():
            await asyncio.sleep(0)
            return kjax.executing_eagerly()

    async def two():
        await asyncio.sleep(0)
        return kjax.executing_eagerly()

    async def both():
        return await asyncio.gather(one(), two())

    assert asyncio.run(both()) == [False, True]


def test_everything_is_symbolic_in_graph_mode():
    v = K.variable([1.0, 2.0])
    with kjax.graph_mode():
        for tensor in (v + 1.0, K.constant([1.0]), K.square(K.constant(2.0)), K.ones_like(v), K.zeros_like([1, 2])):
            assert tensor.is_symbolic
        assert isinstance(K.ones((2,)), kjax.Variable)
        assert K.eval(K.constant([1.0, 2.0])).tolist() == [1, 2]


def test_names_of_variables():
    assert K.ones((1,)).name == K.zeros((1,)).name == "Variable:0" and K.ones((1,), name="foo").name == "foo:0"
    with K.name_scope("s"):
        assert K.variable(1.0).name == "s/Variable:0" and K.variable(1.0, name="w").name == "s/w:0"
    with kjax.graph_mode():
        assert [K.ones((1,), name="g").name for _ in range(2)] == ["g:0", "g_1:0"]
    K.clear_session()
    with kjax.graph_mode():
        assert K.ones((1,), name="g").name == "g:0"


def test_walking():
    x, v = K.placeholder(shape=(2,)), K.variable([1.0, 2.0])
    h = x * v
    y = h + h
    assert [node.op.name for node in reachable([y])] == ["multiply", "add"]
    assert list(map(id, leaves([y]))) == [id(x), id(v)]
    assert reachable([x]) == [] and leaves([y], lambda t: t is h or t._node is None) == [h]


def test_nodes_know_their_names_and_are_traced_under_them():
    x = K.placeholder((2,))
    with K.name_scope("outer"), K.name_scope("inner"):
        y = K.exp(x)
    assert y._node.name == y.op.name and y.op.name.startswith("outer/inner/Exp")
    seen = []

    @contextlib.contextmanager
    def named(name):
        seen.append(name)
        yield

    with naming_nodes(named):
        Values({x: np.ones(2, "float32")}).compute([y, *K.gradients(K.sum(y), [x])])
    assert seen.count(y.op.name) == 1 and not any("gradients" in name for name in seen)
    Values({x: np.ones(2, "float32")}).compute([y])
    assert seen.count(y.op.name) == 1
