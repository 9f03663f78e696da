"""Models with steps of their own, and batches that are iterated over."""

import pytest

from programs import check_on_keras as check


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("self.compiled_loss(data[1], self(data[0]))", "no loss was given to `compile`"),
        ("super().train_step(tf.keras.backend.placeholder((2, 4)))", "data must be values"),
        ("self.nothing", "nothing"),
    ],
)
def test_steps_that_can_not_be_made(step, error):
    check(
        f"""
        class Own(tf.keras.Model):
            def train_step(self, data):
                return {step}
        inputs = tf.keras.Input((4,))
        model = Own(inputs, tf.keras.layers.Dense(3)(inputs))
        model.compile()
        try:
            model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)
        except (AttributeError, ValueError, NotImplementedError) as error:
            assert {error!r} in str(error), error
        else:
            raise AssertionError
        """
    )


def test_arrays_of_different_lengths_are_no_data():
    check(
        """
        class Own(tf.keras.Model):
            def train_step(self, data):
                return {}
        inputs = tf.keras.Input((4,))
        model = Own(inputs, tf.keras.layers.Dense(3)(inputs))
        model.compile()
        try:
            model.fit(np.ones((4, 4)), np.ones((5, 3)), verbose=0)
        except ValueError as error:
            assert "same number of samples" in str(error) and "[4, 5]" in str(error), error
        else:
            raise AssertionError
        """
    )


def test_a_step_is_traced_once_for_all_epochs():
    check(
        """
        calls = []
        class Own(tf.keras.Model):
            def train_step(self, data):
                calls.append(data)
                return {"one": tf.reduce_mean(data[0])}
        inputs = tf.keras.Input((4,))
        model = Own(inputs, tf.keras.layers.Dense(3)(inputs))
        model.compile()
        for _ in range(2):
            history = model.fit(np.ones((8, 4)), np.ones((8, 3)), batch_size=4, epochs=2, verbose=0).history
        assert len(calls) == 1 and history == {"one": [1.0, 1.0]}
        model.compile(run_eagerly=True)
        model.fit(np.ones((8, 4)), np.ones((8, 3)), batch_size=4, verbose=0)
        assert len(calls) == 3 and calls[-1][0].numpy().shape == (4, 4)
        """
    )


def test_batches_that_are_iterated_over():
    check(
        """
        x, y = np.random.RandomState(0).rand(10, 4).astype("float32"), np.ones((10, 3), "float32")
        class Batches:
            def __iter__(self):
                for i in (0, 4, 8):
                    yield tf.constant(x[i:i + 4]), tf.constant(y[i:i + 4])
        def made():
            model = tf.keras.Sequential([tf.keras.layers.Dense(3, input_shape=(4,))])
            model.set_weights([np.full((4, 3), 0.1), np.zeros(3)])
            model.compile("sgd", "mse", metrics=["mae"])
            return model
        one, other = made(), made()
        told = one.fit(Batches(), epochs=2, validation_data=Batches(), verbose=0).history
        expected = other.fit(x, y, epochs=2, batch_size=4, validation_data=(x, y), shuffle=False, verbose=0).history
        assert told.keys() == expected.keys() == {"loss", "mae", "val_loss", "val_mae"}
        for name in told:
            np.testing.assert_allclose(told[name], expected[name], 1e-5)
        np.testing.assert_allclose(one.evaluate(Batches(), verbose=0), other.evaluate(x, y, verbose=0), 1e-5)
        np.testing.assert_allclose(one.predict(Batches()), other.predict(x), 1e-5)
        """
    )
