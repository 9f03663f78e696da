import pytest

from newer_programs import difference, problems
from programs import check_on_keras as check


def test_models_are_trained_as_by_tensorflow(tmp_path):
    assert problems(tmp_path, "training") == {}


def test_a_wrong_answer_is_seen():
    expected = {"a": [1.0, 2.0]}
    assert difference({"a": [1.0, 2.000001]}, expected) == ""
    assert difference({"a": [1.0, 2.1]}, expected) == "['a'] [1] 2.1 instead of 2.0"
    assert difference({"a": [1.0]}, expected) == "['a'] [1.0] instead of [1.0, 2.0]"
    assert difference("raises ValueError", expected).startswith("'raises ValueError' instead of")


def test_files_and_what_they_are_asked_for(tmp_path):
    check(
        f"""
        import pathlib
        folder = pathlib.Path({str(tmp_path)!r}) / "new"
        model = tf.keras.Sequential([tf.keras.layers.Dense(3, input_shape=(4,))])
        model.compile(tf.keras.optimizers.Adam(0.1), tf.keras.losses.Huber(0.3), metrics=["AUC"])
        model.fit(np.ones((4, 4)), np.ones((4, 3)), verbose=0)
        model.save(folder / "model", save_format="tf")
        model.save_weights(str(folder / "weights"), save_format="h5")
        again = tf.keras.models.load_model(folder / "model")
        assert again.optimizer.get_config() == model.optimizer.get_config()
        told = [one.evaluate(np.ones((4, 4)), np.ones((4, 3)), verbose=0) for one in (model, again)]
        np.testing.assert_allclose(*told, 1e-6)
        # (Which arguments methods have is looked up.)
        wrapped = tf.keras.wrappers.scikit_learn.KerasRegressor(lambda: model, epochs=2, batch_size=3, verbose=0)
        assert wrapped.get_params()["epochs"] == 2
        import inspect
        for method, name in (("fit", "validation_batch_size"), ("evaluate", "return_dict"), ("compile", "loss")):
            assert name in inspect.signature(getattr(tf.keras.Model, method)).parameters, method
        again.set_weights([np.zeros((4, 3)), np.zeros(3)])
        again.load_weights(str(folder / "weights"))
        assert (again.predict(np.ones((1, 4))) == model.predict(np.ones((1, 4)))).all()
        for wrong in ({{"save_freq": "day"}}, {{"nothing": 1}}):
            try:
                tf.keras.callbacks.ModelCheckpoint("file", **wrong)
            except (TypeError, ValueError) as error:
                assert "ModelCheckpoint()" in str(error)
            else:
                raise AssertionError
        """
    )


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


def test_arguments_are_told_and_nothing_need_be_fed():
    check(
        """
        import inspect
        import kjax
        from tensorflow.keras.wrappers.scikit_learn import KerasRegressor
        methods = {name: getattr(tf.keras.Model, name) for name in ("fit", "evaluate", "compile")}
        told = {name: inspect.signature(method).parameters for name, method in methods.items()}
        assert [*told["fit"]][:5] == ["self", "x", "y", "batch_size", "epochs"]
        assert told["evaluate"]["return_dict"].default is False and told["compile"]["optimizer"].default == "rmsprop"

        def made(units):
            model = tf.keras.Sequential([tf.keras.layers.Dense(units, input_shape=(4,)), tf.keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            return model

        regressor = KerasRegressor(made, units=3, epochs=2, batch_size=4, verbose=0)
        regressor.fit(np.ones((8, 4)), np.ones(8))
        assert regressor.predict(np.ones((3, 4))).shape == (3,)
        with kjax.graph_mode():
            inputs = tf.keras.Input(tensor=tf.keras.backend.variable(np.ones((8, 4))))
            model = tf.keras.Model(inputs, tf.keras.layers.Dense(2)(inputs))
            model.compile("sgd", "mse")
            loss = model.train_on_batch(None, np.ones((8, 2)))
            assert 0 < model.test_on_batch(None, np.ones((8, 2))) < loss
        """
    )
