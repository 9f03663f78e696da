"""How a function runs: what its plan finds, and that a run changes all or nothing."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import running
from kjax.core.plan import Plan
from kjax.core.variable import on_device, take_over
from kjax.machine.compiler import compiled


def test_a_plan_finds_what_a_function_depends_on():
    x, y, phase = K.placeholder((None, 3)), K.placeholder((3,)), None
    with kjax.graph_mode():
        phase = K.learning_phase()
        read, changed = K.variable(np.ones((3, 3))), K.variable(np.ones(3))
        large = K.constant(np.ones((50, 3)))
        out = K.in_train_phase(K.dot(x, read), x) + y
        update = K.update_add(changed, K.sum(large, 0))
    plan = Plan([out, None], [out, update], [x, y, phase])
    assert plan.updated == [changed] and plan.read_only == [read] and not plan.random
    assert plan.static == [phase] and plan.fed == [x, y] and [t.shape for t in plan.large] == []
    assert plan.nodes[-1].op.updates is changed and plan.given([1]) == {phase: np.asarray(1)}


def test_large_constants_are_handed_over():
    x, large = K.placeholder((2000,)), K.constant(np.ones(2000))
    out = x + large
    assert Plan([out], [out], [x]).large == [large]


def test_random_numbers_inside_of_a_gradient_count():
    x, w = K.placeholder((None, 2)), K.variable(np.eye(2))
    loss = K.sum(K.dropout(K.dot(x, w), 0.5))
    gradients = K.gradients(loss, [w])
    assert Plan(gradients, gradients, [x]).random
    (slope,) = K.function([x], gradients)([np.ones((100, 2))])
    assert slope.shape == (2, 2) and 0 < slope[0, 0] < 200


def test_numbers_of_runs_start_again():
    running.restart_runs()
    first = [running.next_run(), running.next_run()]
    running.restart_runs()
    assert first == [running.next_run(), running.next_run()] and len(set(first)) == 2


def test_variables_take_over_their_new_arrays_together():
    a, b = K.variable([1.0]), K.variable([2.0])
    take_over([a, b], [np.array([3.0], "float32"), np.array([4.0], "float32")])
    assert (K.get_value(a), K.get_value(b)) == (3, 4)


def test_a_variable_moves_to_the_device_once():
    v = K.variable(np.ones(4))
    moved = on_device(v)
    assert not isinstance(moved, np.ndarray) and on_device(v) is moved is v._value


def test_old_arrays_outlive_a_run():
    with kjax.graph_mode():
        v = K.variable(np.zeros((300, 300)))
        step = K.function([], [], updates=[K.update_add(v, K.ones_like(v))])
    step([])
    before = v._value
    step([])
    assert np.asarray(before)[0, 0] == 1 and K.get_value(v)[0, 0] == 2


def test_a_function_of_unknown_shapes_updates_too():
    with kjax.graph_mode():
        v, n = K.variable(np.zeros(3)), K.placeholder((), dtype="int32")
        step = K.function([n], [K.arange(n)], updates=[K.update_add(v, K.ones_like(v))])
    with pytest.warns(kjax.NotCompiledWarning, match=r"can't be compiled, .*: \w+\(\) needs the values"):
        (out,) = step([3])
    assert out.tolist() == [0, 1, 2] and K.get_value(v).tolist() == [1, 1, 1]


def test_programs_of_many_shapes_are_let_go():
    """JAX forgets a program when nobody holds the function it was made of."""
    import gc
    import weakref

    made = []

    def remembering(function, **how):
        made.append(weakref.ref(function))
        return compiled(function, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "compiled", remembering)
        patch.setattr(running, "_KEPT", 5)
        x = K.placeholder((None, 2))
        f = K.function([x], K.gradients(K.sum(x * x), [x]))
        for n in range(1, 16):
            assert f([np.ones((n, 2))])[0].tolist() == [[2, 2]] * n
        gc.collect()
        assert len(made) == 15 and sum(ref() is not None for ref in made) <= 6
        f([np.ones((15, 2))])  # one of the last is still there
        assert len(made) == 15


def test_where_shapes_vary_a_new_one_is_computed_in_numpy_at_first():
    x, w = K.placeholder((None, 3)), K.variable(np.eye(3))
    with kjax.graph_mode():
        f = K.function([x], [K.softmax(K.dot(x, w))])
    made = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "compiled", lambda function, **how: made.append(1) or compiled(function, **how))
        for n in range(1, 40):
            expected = K.softmax(K.dot(K.ones((n, 3)), K.constant(K.get_value(w)))).numpy()
            np.testing.assert_allclose(f([np.ones((n, 3))])[0], expected, 1e-6)
        few = len(made)
        assert few <= 10
        for _ in range(2):  # a shape that comes back is worth compiling
            f([np.ones((39, 3))])
        assert len(made) == few + 1
