"""K inside of layers of Keras 3: the phase and random numbers are those of Keras."""

import jax
import keras
import numpy as np
import pytest

from kjax import backend as K


class Spy(keras.layers.Layer):
    """Notes what passes, and the phase in which it does."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen, self.phases = [], []

    def call(self, x):
        phase = K.learning_phase()
        jax.debug.callback(lambda value: (self.seen.append(np.array(value)), self.phases.append(phase)), x)
        return x


class OldDropout(keras.layers.Layer):
    def call(self, x, training=None):
        return K.in_train_phase(lambda: K.dropout(x, 0.5), x, training=training)


class PhasedDropout(keras.layers.Layer):
    def call(self, x):
        return K.in_train_phase(lambda: K.dropout(x, 0.5), x)


class PlainDropout(keras.layers.Layer):
    def call(self, x, training=None):
        return K.dropout(x, 0.5) if training else x


class Noise(keras.layers.Layer):
    def call(self, x):
        return x + K.random_uniform(K.shape(x))


class Branches(keras.layers.Layer):
    def call(self, x):
        return K.switch(K.sum(x) > 0, lambda: K.dropout(x, 0.5), lambda: x)


class Loop(keras.layers.Layer):
    def call(self, x):
        steps = K.repeat(x, 3)
        return K.rnn(lambda now, states: (K.dropout(now, 0.5), []), steps, [])[1][:, 1]


class Running(keras.layers.Layer):
    """Keeps a running mean, which `K.moving_average_update` moves while training."""

    def build(self, input_shape):
        self.average = self.add_weight(shape=input_shape[1:], initializer="zeros", trainable=False, name="average")

    def call(self, x, training=None):
        def moved():
            K.moving_average_update(self.average, K.mean(x, axis=0), 0.5)
            return x

        return K.in_train_phase(moved, x, training=training)


X = np.ones((6, 8), "float32")


def model_with(*layers, **how):
    model = keras.Sequential([keras.Input((8,)), *layers, keras.layers.Dense(1)])
    model.compile("sgd", "mse", **how)
    return model


def fit(model):
    model.fit(X, X[:, :1], batch_size=2, epochs=2, verbose=0)
    jax.effects_barrier()


def different(arrays):
    return len({array.tobytes() for array in arrays})


@pytest.mark.parametrize("how", [{"jit_compile": True}, {"jit_compile": False}, {"run_eagerly": True}], ids=str)
@pytest.mark.parametrize("layer", [OldDropout, PhasedDropout, PlainDropout, Noise, Branches, Loop])
def test_numbers_differ_from_step_to_step(layer, how):
    spy = Spy()
    model = model_with(layer(), spy, **how)
    fit(model)
    assert len(spy.seen) == 6 and different(spy.seen) == 6 and set(spy.phases) == {1}
    spy.seen.clear(), spy.phases.clear()
    model.predict(X, batch_size=2, verbose=0)
    model.evaluate(X, X[:, :1], batch_size=2, verbose=0)
    jax.effects_barrier()
    assert set(spy.phases) == {0} and different(spy.seen) == (1 if "Dropout" in layer.__name__ else 6)


def test_half_of_the_elements_are_dropped_and_the_rest_scaled():
    layer = OldDropout()
    assert set(np.unique(layer(np.ones((100, 100), "float32"), training=True))) == {0, 2}
    assert set(np.unique(layer(np.ones((100, 100), "float32")))) == {1}


def test_keras_seeds_decide():
    def drawn():
        keras.utils.set_random_seed(3)
        layer = Noise()
        return np.concatenate([layer(X), layer(X)])

    first = drawn()
    np.testing.assert_array_equal(first, drawn())
    assert not np.array_equal(first[:6], first[6:])


def test_a_seed_generator_as_seed():
    class Seeded(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.generator = keras.random.SeedGenerator(5)

        def call(self, x):
            return K.dropout(x, 0.5, seed=self.generator)

    spy = Spy()
    fit(model_with(Seeded(), spy))
    assert different(spy.seen) == 6
    generator = keras.random.SeedGenerator(5)
    one, two = (K.random_normal((3,), seed=generator) for _ in range(2))
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(one, K.random_normal((3,), seed=keras.random.SeedGenerator(5)))


def test_the_state_of_random_numbers_is_no_weight_and_is_not_saved(tmp_path):
    model = model_with(OldDropout(), Running())
    fit(model)
    assert [w.shape for w in model.weights] == [(8,), (8, 1), (1,)] and len(model.variables) > len(model.weights)
    model.save(tmp_path / "model.keras")
    own = {"OldDropout": OldDropout, "Running": Running}
    again = keras.models.load_model(tmp_path / "model.keras", custom_objects=own)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    fit(again)


def test_updates_in_a_call_happen_while_training_only():
    running = Running()
    model = model_with(running)
    model.predict(X, verbose=0)
    model.evaluate(X, X[:, :1], verbose=0)
    assert not running.average.numpy().any()
    model.fit(X, X[:, :1], batch_size=3, verbose=0)
    np.testing.assert_allclose(running.average, np.full(8, 0.75))


def test_the_program_s_phase_goes_before_where_a_layer_is_not_told():
    layer = PhasedDropout()
    model = keras.Sequential([keras.Input((8,)), layer])
    K.set_learning_phase(1)
    try:
        first, second = (model.predict(X, verbose=0) for _ in range(2))
        assert set(np.unique(first)) == {0, 2} and not np.array_equal(first, second)
    finally:
        K.clear_session()
    assert K.learning_phase() == 0 and set(np.unique(layer(X))) == {1}


def test_outside_of_layers_nothing_is_said():
    assert K.learning_phase() == 0 and K.in_train_phase("training", "testing") == "testing"
    assert type(K.random_normal((2,))).__module__.startswith("kjax")
    with pytest.raises(ValueError, match="a key"):
        jax.jit(lambda x: K.dropout(x, 0.5))(X)


def test_layers_that_draw_nothing_get_no_state():
    class Quiet(keras.layers.Layer):
        def call(self, x):
            x = K.switch(K.sum(x) > 0, lambda: x * 2.0, lambda: x)
            return K.rnn(lambda now, states: (now, []), K.repeat(x, 3), [])[0]

    assert not model_with(Quiet()).non_trainable_variables
    assert len(model_with(Loop()).non_trainable_variables) == len(model_with(Branches()).non_trainable_variables) == 1


@pytest.mark.parametrize("takes_training", [False, True])
def test_a_model_of_its_own_that_its_trainer_calls(takes_training):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(1)
            self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False)

        def computed(self, x):
            K.in_train_phase(lambda: K.update_add(self.steps, 1.0), lambda: self.steps)
            return self.dense(K.in_train_phase(K.dropout(x, 0.5), x))

    class Taking(Own):
        def call(self, x, training=None):
            return self.computed(x)

    class NotTaking(Own):
        def call(self, x):
            return self.computed(x)

    model = (Taking if takes_training else NotTaking)()
    model.compile("sgd", "mse")
    ones = np.ones((8, 5), "float32")
    model.fit(ones, np.zeros((8, 1)), batch_size=2, verbose=0)
    assert model.predict(ones, verbose=0).std() == 0  # nothing is dropped
    model.evaluate(ones, np.zeros((8, 1)), verbose=0)
    assert K.get_value(model.steps) == 4
