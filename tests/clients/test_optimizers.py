"""Optimizers that wrap Keras 2.3.1's own."""

import numpy as np
import pytest

from kjax import backend as K

RATE = 2.0**-3


@pytest.mark.parametrize(
    "multipliers",
    [
        {"a": 0.5, "b": lambda t: 1.0 / (1.0 + t)},
        {"a": lambda t: 1.0 / (1.0 + t), "b": 0.5},
        {"a": lambda t: 1.0 / (1.0 + t), "b": lambda t: K.minimum(1.0, t / 4.0)},
        {"a": 0.5},
    ],
)
def test_a_rate_for_each_layer(keras, multipliers):
    """A wrapper calls `get_updates` once for each rate: each call counts, and each reads the count before the step."""

    class Multiplied(keras.optimizers.SGD):
        def get_updates(self, loss, params):
            rate, updates = self.learning_rate, []
            for param in params:
                factor = multipliers.get(param.name.partition("/")[0], 1.0)
                self.learning_rate = rate * (factor(K.cast(self.iterations, "float32")) if callable(factor) else factor)
                updates += super().get_updates(loss, [param])
            self.learning_rate, self.updates = rate, updates
            return updates

    layers = [
        keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", name=name, trainable=True, **shape)
        for name, shape in (("a", {"input_shape": (1,)}), ("b", {}))
    ]
    model = keras.models.Sequential(layers)
    model.compile(Multiplied(RATE), lambda _, output: output)
    a = b = np.float32(1)
    for step in range(5):
        model.train_on_batch([[1.0]], [[0.0]])
        factors = [multipliers.get(name, 1.0) for name in "ab"]
        first, second = (float(K.eval(f(K.constant(2.0 * step)))) if callable(f) else f for f in factors)
        a, b = a - RATE * first * b, b - RATE * second * a
        np.testing.assert_allclose([w.item() for w in model.get_weights()], [a, b], rtol=1e-6)
        assert K.get_value(model.optimizer.iterations) == 2 * (step + 1)
