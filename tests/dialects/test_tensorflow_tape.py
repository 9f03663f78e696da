"""`tf.GradientTape` beyond its recorded answers."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_function import function
from kjax.dialects.tensorflow_tape import GradientTape


def test_a_tape_gives_gradients_once():
    x = K.constant(2.0)
    with GradientTape() as tape:
        tape.watch(x)
        y = x * x
    assert tape.gradient(y, x).numpy() == 4
    with pytest.raises(RuntimeError, match="persistent=True"):
        tape.gradient(y, x)


def test_a_training_loop():
    """Least squares by gradient descent, at once and in a function: the same steps."""
    rng = np.random.RandomState(0)
    x, target = rng.randn(64, 3).astype("float32"), rng.randn(64, 1).astype("float32")

    def trained(wrap):
        w, b = K.variable(np.zeros((3, 1))), K.variable(np.zeros(1))

        @wrap
        def step(x, target):
            with GradientTape() as tape:
                loss = K.mean(K.square(K.dot(x, w) + b - target))
            for variable, slope in zip((w, b), tape.gradient(loss, (w, b)), strict=True):
                variable.assign_sub(0.1 * slope)
            return loss

        losses = [float(step(K.constant(x), K.constant(target))) for _ in range(5)]
        return losses, w.numpy()

    at_once, weights = trained(lambda step: step)
    compiled, same = trained(function)
    assert np.allclose(at_once, compiled) and np.allclose(weights, same)
    assert at_once[-1] < at_once[0]


def test_what_can_not_be_asked():
    x = K.constant([[1.0, 2.0]])
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x * x
        with pytest.raises(ValueError, match="recording already"):
            tape.__enter__()
        with pytest.raises(ValueError, match="only tensors of floats"):
            tape.watch(K.constant([1], dtype="int32"))
    for call, error, match in (
        (lambda: tape.gradient(y, 3.0), TypeError, "sources must be tensors"),
        (lambda: tape.gradient(3.0, x), TypeError, "target must be tensors"),
        (lambda: tape.gradient(y, x, [y, y]), ValueError, "1 targets, but 2 output_gradients"),
        (lambda: tape.batch_jacobian(y, x[0]), ValueError, "the same first dim"),
        (lambda: tape.stop_recording(), ValueError, "not recording"),
    ):
        with pytest.raises(error, match=match):
            call()


def test_a_tape_in_a_function_of_a_tape():
    """Derivatives of the second order through a compiled function."""

    @function
    def slope(x):
        with GradientTape() as inner:
            inner.watch(x)
            y = K.sum(x * x * x)
        return inner.gradient(y, x)

    x = K.constant([1.0, 2.0])
    with GradientTape() as outer:
        outer.watch(x)
        first = slope(x)
    assert first.numpy().tolist() == [3.0, 12.0]
    assert outer.gradient(first, x).numpy().tolist() == [6.0, 12.0]
