"""Slots of optimizers, found in the graph of their updates."""

import pytest

import kjax
from kjax import backend as K
from kjax.core.slots import slots_of


def two_weights():
    x = K.placeholder((None, 3))
    w, v = K.ones((3, 3), name="w"), K.ones((3, 3), name="v")
    return x, w, v, K.sum(K.dot(K.dot(x, w), v))


def named(function):
    return {slot.name: weight.name for slot, weight in slots_of(function.plan).items()}


def test_a_momentum_belongs_to_the_weight_that_it_moves():
    with kjax.graph_mode():
        x, w, v, loss = two_weights()
        updates = []
        for weight, slope in zip((w, v), K.gradients(loss, [w, v]), strict=True):
            slot = K.zeros((3, 3), name=f"of_{weight.name[0]}")
            new = K.update(slot, 0.9 * slot - 0.1 * slope)  # (read through the update itself)
            updates.append(K.update_add(weight, new * 2.0))
        train = K.function([x], [loss], updates=updates)
    assert named(train) == {"of_w:0": "w:0", "of_v:0": "v:0"}


def test_other_shapes_and_scalars_are_no_slots():
    with kjax.graph_mode():
        x, w, _, loss = two_weights()
        rows, count = K.zeros((3,), name="rows"), K.zeros((), name="count")
        slope = K.gradients(loss, [w])[0]
        new = K.update_add(rows, K.sum(slope, 0))
        train = K.function([x], [loss], updates=[new, K.update_add(count, 1.0), K.update_sub(w, slope * new / count)])
    assert named(train) == {}


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_weight_decay_in_a_momentum(decay):
    with kjax.graph_mode():
        x, w, _, loss = two_weights()
        slot = K.zeros((3, 3), name="slot")
        new = 0.9 * slot - K.gradients(loss, [w])[0] - (decay * w if decay else 0.0)
        train = K.function([x], [loss], updates=[K.update(slot, new), K.update_add(w, new)])
    assert named(train) == ({"slot:0": "w:0", "w:0": "slot:0"} if decay else {"slot:0": "w:0"})
