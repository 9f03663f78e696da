"""Small variables that are updated alike: computed as one, and the same as each by itself."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.packing import packing
from kjax.machine import config, meshes

pytestmark = pytest.mark.skipif(config.PLAIN, reason="KJAX_PLAIN switches this shortcut off")


@pytest.fixture(autouse=True)
def on_one_device(monkeypatch):
    """As in a program that has named no mesh."""
    monkeypatch.setattr(meshes, "engaged", False)


def trained(shapes=((3,), (2, 3), (4,), (1, 5), (3, 3)), decay=0.9):
    """A step with a momentum for each of the weights, which read their momentum's new value."""
    with kjax.graph_mode():
        x = K.placeholder(())
        rate = K.variable(0.5, name="rate")
        weights = [K.variable(np.arange(1.0, 1 + np.prod(shape)).reshape(shape)) for shape in shapes]
        slots = [K.zeros(shape) for shape in shapes]
        loss = K.sum(K.stack([K.sum(K.square(w * x - 1.0)) for w in weights]))
        updates = []
        for w, m, slope in zip(weights, slots, K.gradients(loss, weights), strict=True):
            new = decay * m - rate * slope / (K.sqrt(K.square(slope)) + 1e-3)
            updates += [K.update(m, new), K.update(w, w + (1.0 - rate) * new)]
        step = K.function([x], [loss], updates=[*updates, K.update(rate, rate * 0.5)])
    return step, rate, weights, slots


def values(variables):
    return [K.get_value(v) for v in variables]


def expected(step, monkeypatch, feeds, variables):
    """The losses and values by a program that is given each variable by itself."""
    before = values(variables)
    with monkeypatch.context() as patch:
        patch.setattr(config, "PLAIN", True)
        losses = [step([x])[0] for x in feeds]
    found = values(variables)
    K.batch_set_value(list(zip(variables, before, strict=True)))
    return losses, found


def test_packed_variables_get_the_values_of_single_ones(monkeypatch):
    (plain, *_), (step, rate, weights, slots) = (made := trained()), trained()
    _, other_rate, other_weights, other_slots = made
    losses, found = expected(plain, monkeypatch, [0.5, 1.5, 2.0], [other_rate, *other_weights, *other_slots])
    assert len(packing(step.plan)._packed) == 10
    assert packing(step.plan).loose == [rate]
    np.testing.assert_allclose([step([x])[0] for x in (0.5, 1.5, 2.0)], losses, 1e-6)
    for value, wanted in zip(values([rate, *weights, *slots]), found, strict=True):
        assert value.shape == wanted.shape
        np.testing.assert_allclose(value, wanted, 1e-6)


def test_a_variable_that_is_set_between_two_steps_is_seen():
    (step, _, weights, slots), (other, *_, others, _) = trained(), trained()
    for each, changed in ((step, weights[1]), (other, others[1])):
        each([1.0])
        each([1.0])
        K.set_value(changed, np.full((2, 3), 7.0))
        each([1.0])
    assert not np.array_equal(K.get_value(weights[1]), np.full((2, 3), 7.0))
    np.testing.assert_array_equal(K.get_value(weights[1]), K.get_value(others[1]))
    before = K.get_value(slots[0])
    K.get_value(slots[0])[:] = 5.0  # a copy
    np.testing.assert_array_equal(K.get_value(slots[0]), before)


def test_other_functions_read_and_update_packed_variables():
    step, _, weights, _ = trained()
    with kjax.graph_mode():
        total, twice = K.function([], [K.sum(weights[0])]), K.function([], [], [K.update(weights[0], weights[0] * 2.0)])
    for _ in range(3):
        step([1.0])
        now = K.get_value(weights[0])
        total([])
        twice([])
        assert np.isclose(total([])[0], 2 * now.sum())
        np.testing.assert_allclose(K.get_value(weights[0]), 2 * now)


def test_old_values_stay_as_they_were_and_a_failed_step_changes_nothing():
    step, _, weights, _ = trained()
    step([1.0])
    step([1.0])
    read, kept = weights[0].numpy(), values(weights)
    with pytest.raises(ValueError):
        step([[1.0, 2.0]])
    for now, before in zip(values(weights), kept, strict=True):
        np.testing.assert_array_equal(now, before)
    step([1.0])
    np.testing.assert_array_equal(read, kept[0])


def count_of(updates):
    found = packing(K.function([], [], updates).plan)
    return 0 if found is None else len(found._packed)


def test_what_is_packed():
    with kjax.graph_mode():
        few, many = [K.ones((n,)) for n in (1, 2, 3)], [K.ones((n,)) for n in (1, 2, 3, 4)]
        assert count_of([K.update(v, v * 2.0) for v in few]) == 0  # not worth it
        assert count_of([K.update(v, v * 2.0) for v in many]) == 4
        assert count_of([K.update(v, v * n) for n, v in enumerate(many, 2)]) == 4  # (numbers of their own: the ends)
        assert count_of([K.update(v, v / K.sum(v)) for v in many]) == 4
        numbers = [K.variable(1.0) for _ in many]
        assert count_of([K.update(v, v * 2.0) for v in numbers]) == 0
        whole = [K.variable([1, 2], dtype="int32") for _ in many]
        assert count_of([K.update(v, v * 2) for v in whole]) == 0
        large = [K.ones((200, 100)) for _ in many]
        assert count_of([K.update(v, v * 2.0) for v in large]) == 0
        twice = [K.update_add(v, v) for v in (*many, *many)]
        assert count_of(twice) == 0
        new = [K.update(v, v * 2.0) for v in many]
        assert packing(K.function([], [new[0]], new).plan) is None  # (its new value is asked for: three are left)


def test_lanes_that_use_each_other_stay_in_order():
    with kjax.graph_mode():
        chain = [K.variable([float(n), 1.0]) for n in range(6)]
        step = K.function([], [], [K.update(a, b + 1.0) for a, b in zip(chain, [*chain[1:], chain[0]], strict=True)])
    for _ in range(3):
        old = values(chain)
        step([])
        for value, before in zip(values(chain), [*old[1:], old[0]], strict=True):
            np.testing.assert_array_equal(value, before + 1.0)


def test_packed_variables_that_are_read_elsewhere():
    """As outputs, in branches, and in loops, they have the values that they had before the step."""
    with kjax.graph_mode():
        x = K.placeholder((2, 4, 3))
        variables = [K.variable(np.full(n, 1.0)) for n in (3, 4, 5, 6)]
        scale, other, shown, _ = variables
        last, _, _ = K.rnn(
            lambda now, states: (now * scale + states[0], [now * scale + states[0]]), x, [K.zeros((2, 3))]
        )
        chosen = K.switch(K.sum(x) > 0, lambda: last + K.sum(other), lambda: last)
        step = K.function([x], [chosen, shown, *variables], updates=[K.update(v, v + 1.0) for v in variables])
    assert len(packing(step.plan)._packed) == 4
    for number in (1.0, 2.0, 3.0):
        sums, *outputs = step([np.ones((2, 4, 3))])
        np.testing.assert_allclose(sums, np.full((2, 3), 8 * number))
        for value, size in zip(outputs, (5, 3, 4, 5, 6), strict=True):
            np.testing.assert_array_equal(value, np.full(size, number))
    assert [K.get_value(v).tolist() for v in variables] == [[4.0] * n for n in (3, 4, 5, 6)]
