import contextvars
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.updates import control_dependencies, in_order, noted, only_if
from kjax.ops.elementwise import identity


@pytest.fixture(autouse=True)
def graph():
    with kjax.graph_mode():
        yield


def test_what_comes_after_updates_sees_them():
    total, count, x = K.variable(1.0), K.variable(0.0), K.placeholder(())
    updates = [K.update_add(total, x), K.update_add(count, 1.0)]
    before = total + 0.0
    with control_dependencies(updates):
        mean = total / count
        with control_dependencies(None):
            same = identity(total)
    function = K.function([x], [mean, same, before], updates=updates)
    assert function([4.0]) == [5.0, 5.0, 1.0]
    assert function([4.0]) == [4.5, 9.0, 5.0]
    assert K.batch_get_value([total, count]) == [9.0, 2.0]


def test_asking_for_what_comes_after_is_enough():
    total, x = K.variable(1.0), K.placeholder(())
    with control_dependencies(K.update_add(total, x)):
        unrelated = x * 2.0
    assert K.function([x], [unrelated])([3.0]) == [6.0]
    assert K.get_value(total) == 4.0


def test_two_updates_of_one_variable_and_scopes_within_each_other():
    total = K.variable(1.0)
    with control_dependencies([K.update_add(total, 10.0), [K.update_add(total, 100.0)]]):
        first = identity(total)
        with control_dependencies(K.update(total, total * 2.0)):
            second = identity(total)
    assert K.eval(first) == 111.0
    K.set_value(total, 1.0)
    assert K.eval(second) == 222.0 and K.get_value(total) == 222.0


def test_gradients_go_around_the_updates():
    weight, steps = K.variable([1.0, 2.0]), K.variable(0.0)
    with control_dependencies(K.update_add(steps, 1.0)):
        loss = K.sum(K.square(weight)) * steps
    (slope,) = K.gradients(loss, [weight])
    np.testing.assert_allclose(K.function([], [slope])([])[0], [2.0, 4.0])
    assert K.get_value(steps) == 1.0


def test_updates_that_come_before_the_loss_happen():
    weight, average, x = K.variable([1.0, 2.0]), K.variable(0.0), K.placeholder((2,))
    product = weight * x
    with control_dependencies(K.update(average, K.mean(product))):
        loss = K.sum(K.square(identity(product))) + 0.0 * identity(average)
        seen = identity(average)
    (slope,) = K.gradients(loss, [weight])
    function = K.function([x], [loss, slope, seen], updates=[(weight, weight - 0.1 * slope)])
    loss_of, slope_of, seen_of = function([[1.0, 3.0]])
    assert (loss_of, slope_of.tolist(), seen_of) == (37.0, [2.0, 36.0], 3.5)
    assert K.get_value(average) == 3.5
    np.testing.assert_allclose(K.get_value(weight), [0.8, -1.6], rtol=1e-6)


def test_values_are_no_updates():
    with kjax.eager_mode():
        total = K.variable(1.0)
        with control_dependencies([K.update_add(total, 1.0), K.constant(1.0), None]):
            assert K.eval(total * 2.0) == 4.0
    with control_dependencies([]):
        assert K.eval(total * 2.0) == 4.0


# --------------------------------------------------------------------------------------------- the updates of a block


def test_updates_are_noted_whether_or_not_they_are_used():
    total, x = K.variable(1.0), K.placeholder((), name="myAssignVariableOp")
    with noted() as made:
        identity(x)
        first = K.update(total, x)
        K.clear_session()
        total.assign_add(x)  # thrown away
        K.moving_average_update(total, x, 0.5)
    K.update_sub(total, x)
    assert made[0] is first
    assert [(update._node.op.name, update._node.op.variable is total) for update in made] == [
        ("update", True),
        ("update_add", True),
        ("update_sub", True),
    ]


def test_blocks_nest():
    total, x = K.variable(1.0), K.placeholder(())
    with noted() as outer:
        first = K.update(total, x)
        with noted() as inner:
            second = K.update_add(total, x)
        third = K.update_sub(total, x)
    assert all(a is b for a, b in zip(outer, [first, second, third], strict=True))
    assert len(inner) == 1 and inner[0] is second


def test_a_block_that_fails_leaves_nothing_to_the_outer_one():
    total, x = K.variable(1.0), K.placeholder(())
    with noted() as outer:
        with pytest.raises(KeyError), noted() as inner:
            K.update(total, x)
            raise KeyError
        assert len(inner) == 1
    K.update(total, x)  # (no block notes it any more)
    assert outer == [] and len(inner) == 1


def test_what_is_carried_out_or_a_functions_own_is_not_noted():
    total, x = K.variable(1.0), K.placeholder(())
    with noted() as made:
        with kjax.eager_mode():
            K.update_add(total, 2.0)
            K.set_value(total, K.get_value(total) + 1.0)
        function = K.function([x], [], updates=[(total, total + x)])
    function([10.0])
    assert made == [] and K.get_value(total) == 14.0


def test_each_thread_notes_its_own():
    total, x = K.variable(1.0), K.placeholder(())
    with noted() as made, ThreadPoolExecutor(1) as threads:
        threads.submit(K.update, total, x).result()
        assert made == []
        threads.submit(contextvars.copy_context().run, K.update, total, x).result()
        assert len(made) == 1


def test_updates_on_a_condition():
    one, other, x = K.variable([1.0, 2.0]), K.variable(0, "int32"), K.placeholder((2,))
    with only_if(K.all(K.greater(x, 0.0))):
        new = K.update(one, x)
        updates = [new, K.update_add(other, 1), K.update_sub(one, new)]
    always = K.update_add(other, 10)
    step = K.function([x], [new], updates=[*updates, always])
    assert step([[3.0, -1.0]])[0].tolist() == [1.0, 2.0]
    assert K.get_value(one).tolist() == [1.0, 2.0] and K.get_value(other) == 10
    assert step([[3.0, 4.0]])[0].tolist() == [3.0, 4.0]
    assert K.get_value(one).tolist() == [0.0, 0.0] and K.get_value(other) == 21


def test_what_follows_an_update_on_a_condition_sees_what_became_of_it():
    total, x = K.variable(1.0), K.placeholder(())
    with in_order() as made:
        with only_if(K.greater(x, 0.0)):
            K.update_add(total, x)
        tenfold = total * 10.0
    function = K.function([x], [tenfold], updates=made)
    assert [function([value])[0] for value in (-1.0, 2.0, -3.0)] == [10.0, 30.0, 30.0]


def test_what_a_variable_is_read_as_stands_for_it():
    total = K.variable(1.0)
    reading = K.cast(total, "float16")
    with pytest.raises(TypeError, match="a variable is needed"):
        K.update(reading, 2.0)
    reading.read_from = total
    K.function([], [], updates=[K.update(reading, 2.0)])([])
    assert K.get_value(total) == 2.0
