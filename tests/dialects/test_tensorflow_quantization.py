"""`tf.quantization`: training through rounded numbers. Answers are in `recorded/quantization.json`."""

import numpy as np
import pytest

from kjax import backend as K


def test_ends_are_trained(tf):
    x, low, high = K.placeholder((None, 2)), K.variable(-1.0), K.variable(1.0)
    rounded = tf.quantization.fake_quant_with_min_max_vars(x, low, high, num_bits=3)
    assert rounded.shape == (None, 2)
    loss = K.mean((rounded - x) ** 2)
    steps = [(end, end - 0.2 * slope) for end, slope in zip((low, high), K.gradients(loss, [low, high]), strict=True)]
    train = K.function([x], [loss], updates=steps)
    losses = [train([[[-3.0, 2.0], [0.5, 1.0]]])[0] for _ in range(20)]
    assert losses[-1] < losses[0] / 2 and K.get_value(low) < -1 and K.get_value(high) > 1


def test_what_is_refused(tf):
    per_channel = tf.quantization.fake_quant_with_min_max_vars_per_channel
    for error, call in (
        (ValueError, lambda: tf.quantization.fake_quant_with_min_max_args([1.0], 3.0, 3.0)),
        (ValueError, lambda: tf.quantization.fake_quant_with_min_max_args_gradient([1.0], [1.0], 3.0, 3.0)),
        (ValueError, lambda: per_channel([1.0], 0.0, 1.0)),
        (ValueError, lambda: tf.quantization.fake_quant_with_min_max_vars([1.0], [0.0], [1.0])),
        (TypeError, lambda: tf.quantization.fake_quant_with_min_max_vars([1.0], K.constant(0, "float64"), 1.0)),
        (TypeError, lambda: tf.quantization.fake_quant_with_min_max_vars(np.array([1]) * 1j, 0.0, 1.0)),
    ):
        with pytest.raises(error, match=r"tf\.quantization|fake_quant\(\)"):
            call()
