import gc
import weakref

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import tape as module
from kjax.core.tape import Tape, called


def taped(tape, compute):
    tape.start()
    try:
        return compute()
    finally:
        tape.stop()


def test_the_gradients_of_one_form_are_compiled_once():
    def slope(x):
        tape = Tape()
        tape.watch(x)
        return tape.gradient([taped(tape, lambda: K.sum(K.tanh(x) * 3.0 + K.constant([1.0, 2.0])))], [x])[0]

    first = slope(K.constant([0.5, 1.0]))
    before = len(module._programs)
    for value in (2.0, -1.0):
        expected = 3 * (1 - np.tanh([value, value]) ** 2)
        assert np.allclose(slope(K.constant([value, value])), expected)
    assert len(module._programs) == before and first.shape == (2,)


def test_numbers_of_the_program_are_part_of_the_form():
    """x ** 2 has a gradient at 0, which x ** y has not."""
    x = K.constant([0.0, 2.0])
    for exponent, expected in ((2, [0.0, 4.0]), (3, [0.0, 12.0])):
        tape = Tape()
        tape.watch(x)
        y = taped(tape, lambda exponent=exponent: K.sum(x**exponent))
        assert tape.gradient([y], [x])[0].numpy().tolist() == expected


def test_random_numbers_are_those_that_were_drawn():
    x = K.constant(np.ones(100, "float32"))
    tape = Tape()
    tape.watch(x)
    y = taped(tape, lambda: K.dropout(x, 0.5))
    assert 0 < (y.numpy() == 0).sum() < 100
    assert np.array_equal(tape.gradient([y], [x])[0].numpy(), y.numpy())


def test_a_variable_is_read_when_it_is_used():
    v = K.variable([3.0])

    def compute():
        before = v * v
        v.assign([10.0])
        return before

    tape = Tape()
    y = taped(tape, compute)
    assert tape.gradient([y], [v])[0].numpy().tolist() == [6.0]


def test_a_variable_that_moves_to_the_device_is_read_once():
    """Its array is another object then, of the same value."""
    v = K.variable(np.ones(4))
    tape = Tape()

    def compute():
        y = v * 2.0
        K.function([], [v + 1.0])([])
        K.function([], [v + 1.0])([])
        return y * v

    y = taped(tape, compute)
    assert len(tape._versions[v]) == 1
    assert tape.gradient([y], [v])[0].numpy().tolist() == [4.0] * 4


def test_functions_are_part_of_what_is_recorded():
    x, w = K.placeholder((2,)), K.variable([1.0, 2.0])
    f = K.function([x], [K.sum(x * w * w)], updates=[(w, w + x)])
    given = K.constant([3.0, 4.0])
    tape = Tape()
    tape.watch(given)
    (y,) = taped(tape, lambda: called(f, [given]))
    assert y.numpy() == 19 and w.numpy().tolist() == [4.0, 6.0]
    by_x, by_w = tape.gradient([y], [given, w])
    assert by_x.numpy().tolist() == [1.0, 4.0] and by_w.numpy().tolist() == [6.0, 16.0]


def test_an_output_of_a_function_depends_on_another():
    """Of one call: as a class score and the maps of a layer before it, which Grad-CAM differentiates it by."""
    x, w = K.placeholder((2,)), K.variable([1.0, 2.0])
    maps = x * w
    rounded = K.cast(maps, "int32")
    f = K.function([x], [K.sum(maps * maps * x), maps, rounded, maps * 3.0, maps])
    given = K.constant([3.0, 4.0])
    tape = Tape()
    tape.watch(given)
    score, inner, whole, other, again = taped(tape, lambda: called(f, [given]))
    assert score.numpy() == 3 * 9 + 4 * 64 and whole.numpy().tolist() == again.numpy().tolist() == [3, 8]
    by_maps, by_x, by_w = tape.gradient([score], [inner, given, w])
    assert by_maps.numpy().tolist() == [2 * 3 * 3, 2 * 8 * 4]
    assert by_x.numpy().tolist() == [3 * 9, 3 * 4 * 16] and by_w.numpy().tolist() == [2 * 27, 2 * 2 * 64]
    assert tape.gradient([other], [inner])[0].numpy().tolist() == [3, 3]
    assert tape.gradient([inner], [given])[0].numpy().tolist() == [1, 2]
    assert tape.gradient([inner], [other]) == tape.gradient([inner], [score]) == [None]


def test_random_numbers_of_functions_are_those_that_were_drawn():
    x = K.placeholder((100,))
    with kjax.graph_mode():
        f = K.function([x], [K.dropout(x, 0.5)])
    given = K.constant(np.ones(100))
    for _ in range(2):
        tape = Tape()
        tape.watch(given)
        (y,) = taped(tape, lambda: called(f, [given]))
        assert np.array_equal(tape.gradient([y], [given])[0].numpy(), y.numpy())


def test_lengths_that_the_compiler_has_to_know():
    """As integers they are data at first, and part of the program where that fails."""
    y_true, lengths = K.constant([[0, 1]], dtype="int32"), K.constant([[3]], dtype="int32")
    pred = K.constant(np.full((1, 3, 3), 1 / 3, "float32"))
    tape = Tape()
    tape.watch(pred)
    labels = K.constant([[2]], dtype="int32")
    loss = taped(tape, lambda: K.ctc_batch_cost(y_true, pred, lengths, labels))
    x = K.placeholder((1, 3, 3))
    expected = K.function([x], K.gradients(K.ctc_batch_cost(y_true, x, lengths, labels), [x]))([pred])[0]
    assert np.allclose(tape.gradient([loss], [pred])[0], expected)


def test_what_was_recorded_goes_with_the_tape():
    def slope(x):
        tape = Tape()
        tape.watch(x)
        return tape.gradient([taped(tape, lambda: K.exp(x) + 1.0)], [x])[0]

    x = K.constant(np.ones((200, 200)))
    slope(x)
    kept = weakref.ref(x)
    del x
    gc.collect()
    assert kept() is None


def test_the_fast_way_is_taken_again_behind_a_tape():
    from kjax.core.graph import MODE

    with pytest.raises(ZeroDivisionError):
        taped(Tape(), lambda: 1 / 0)
    assert MODE.get().direct
