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


def test_arguments_are_told_and_nothing_need_be_fed():
    check(
        """
        import inspect
        import kjax
        from tensorflow.keras.wrappers.scikit_learn import KerasRegressor
        methods = {name: getattr(tf.keras.Model, name) for name in ("fit", "evaluate", "compile")}
        told = {name: inspect.signature(method).parameters for name, method in methods.items()}
        assert [*told["fit"]][:5] == ["self", "x", "y", "batch_size", "epochs"]
        assert "validation_batch_size" in told["fit"]
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
