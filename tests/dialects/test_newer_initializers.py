"""Initializers, activations, regularizers and constraints beside those of Keras 2.3.1."""

import math

import numpy as np

from kjax.dialects import newer_initializers
from programs import check_on_keras as check


def test_activations():
    x = np.linspace(-3, 3, 7, dtype="float32")
    exact = [float(v) * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x]
    np.testing.assert_allclose(newer_initializers.gelu(x).numpy(), exact, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(newer_initializers.gelu(x, True).numpy(), exact, atol=2e-3)
    assert not np.allclose(newer_initializers.gelu(x, True).numpy(), exact, atol=1e-6)
    np.testing.assert_allclose(newer_initializers.swish(x).numpy(), x / (1 + np.exp(-x)), rtol=1e-5)


def test_initializers_regularizers_and_constraints():
    check(
        """
        I, R = tf.keras.initializers, tf.keras.regularizers
        variances = {"HeNormal": 2 / 400, "HeUniform": 2 / 400, "LecunNormal": 1 / 400, "LecunUniform": 1 / 400,
                     "GlorotNormal": 2 / 600, "GlorotUniform": 2 / 600, "he_normal": 2 / 400, "lecun_uniform": 1 / 400}
        for name, variance in variances.items():
            made = I.get(name)
            value = np.asarray(made((400, 200)))
            assert np.isclose(value.var(), variance, rtol=0.05) and abs(value.mean()) < 0.005, name
            again = I.deserialize(I.serialize(made))
            assert again.get_config() == made.get_config() and isinstance(made, I.VarianceScaling)
            one, other = (np.asarray(getattr(I, name)(seed=3)((4, 4))) for _ in range(2))
            assert (one == other).all()
        assert np.abs(np.asarray(I.HeUniform()((400, 200)))).max() <= np.sqrt(6 / 400)
        free = I.VarianceScaling(4.0, "fan_out", "untruncated_normal")
        value = np.asarray(free((100, 400)))
        assert np.isclose(value.std(), 0.1, rtol=0.05) and np.abs(value).max() > 0.3
        assert I.deserialize(I.serialize(free)).get_config() == free.get_config()
        try:
            I.VarianceScaling(distribution="odd")
        except ValueError as error:
            assert "distribution must be one of" in str(error)
        assert tf.initializers.HeNormal is I.HeNormal

        value = np.array([[1.0, -2.0]], "float32")
        for name, loss in (("L1", 0.03), ("L2", 0.05)):
            made = getattr(R, name)()
            assert np.isclose(float(tf.keras.backend.eval(made(tf.constant(value)))), loss)
            again = R.deserialize(R.serialize(made)).get_config()
            assert again == made.get_config() == {name.lower(): float(np.float32(0.01))}
        radial = tf.keras.constraints.get("RadialConstraint")
        kernel = np.asarray(radial(tf.constant(np.arange(9.0).reshape(3, 3, 1, 1))))[..., 0, 0]
        assert kernel.tolist() == [[4, 4, 4], [4, 0, 4], [4, 4, 4]]
        model = tf.keras.Sequential([tf.keras.layers.Dense(2, activation="gelu", kernel_regularizer=R.L2(0.5),
                                                           kernel_initializer="HeNormal", input_shape=(2,))])
        again = tf.keras.models.model_from_json(model.to_json())
        assert again.get_config()["layers"] == model.get_config()["layers"]
        """
    )
