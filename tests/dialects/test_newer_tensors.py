"""Operations between layers become layers."""

from programs import check_on_keras as check


def test_a_layer_stands_for_operations():
    check(
        """
        L = tf.keras.layers
        inputs = tf.keras.Input((3,))
        dense = L.Dense(2, kernel_initializer="ones")
        between = dense(inputs) * 2.0 + 1.0
        model = tf.keras.Model(inputs, L.Dense(1, kernel_initializer="ones")(between))
        kinds = [type(layer).__name__ for layer in model.layers]
        assert kinds == ["InputLayer", "Dense", "TensorFlowOpLayer", "Dense"]
        assert model.layers[2].name.startswith("tf_op_layer_") and model.layers[2].output is between
        assert model.predict(np.ones((1, 3))).tolist() == model(np.ones((1, 3))).numpy().tolist() == [[14.0]]
        # One layer, also where the tensor is used twice; and none for what comes from a layer.
        twice = tf.keras.Model(inputs, [between, L.Dense(1)(between), dense(inputs)])
        assert len(twice.layers) == 4

        # Random numbers are drawn anew, variables are read anew, and gradients go through.
        scale = tf.Variable(3.0)
        noisy = tf.keras.Model(inputs, dense(inputs) * scale + tf.random.normal(tf.shape(inputs)[:1])[:, None])
        other = tf.keras.Input((3,))
        for made in (noisy, tf.keras.Model(other, noisy(other))):
            first = made.predict(np.ones((4, 3)))
            assert (first != made.predict(np.ones((4, 3)))).any()
            scale.assign(100.0)
            assert (made.predict(np.ones((4, 3))) > 250).all()
            scale.assign(3.0)
        K = tf.keras.backend
        (slope,) = K.gradients(tf.keras.Model(other, model(other)).output, other)
        assert K.function([other], [slope])([np.ones((1, 3))])[0].tolist() == [[4.0, 4.0, 4.0]]
        """
    )


def test_other_inputs_of_other_shapes():
    check(
        """
        L = tf.keras.layers
        fixed = tf.keras.Input(batch_shape=(2, 3))
        model = tf.keras.Model(fixed, tf.reshape(L.Lambda(lambda x: x)(fixed), (-1,)) * 1.0)
        assert model.output_shape == (6,)
        other = tf.keras.Input((3,))
        assert model(other).shape.as_list() == [None]
        assert tf.keras.Model(other, model(other))(np.ones((2, 3))).shape == (6,)
        images = tf.keras.Input((None, None, 3))
        size = tf.shape(images)
        larger = tf.keras.Model(images, L.Conv2D(2, 1)(tf.image.resize(images, (size[1] * 2, size[2] * 2))))
        assert larger.predict(np.ones((1, 2, 3, 3))).shape == (1, 4, 6, 2)
        assert larger.compute_output_shape((1, None, None, 3)) == (None, None, None, 2)
        """
    )


def test_saving():
    check(
        """
        import os, tempfile
        L = tf.keras.layers
        inputs = tf.keras.Input((4,))
        x = L.Dense(4, activation="tanh")(inputs)
        x = tf.concat([x[:, 1:], tf.cast(x > 0.0, tf.float32), tf.ones_like(x)[..., :1]], -1)
        x = tf.where(x > 0.5, x, x * np.arange(8.0, dtype="float32")) + tf.reshape(tf.reduce_mean(x, [1]), (-1, 1))
        model = tf.keras.Model(inputs, x)
        data = np.random.RandomState(0).randn(3, 4)
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "model.h5")
            model.save(file)
            loaded = tf.keras.models.load_model(file, compile=False)
        assert loaded.predict(data).tolist() == model.predict(data).tolist()
        copy = tf.keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
        assert copy.predict(data).tolist() == model.predict(data).tolist()
        looped = tf.map_fn(lambda row: row * 2.0, L.Dense(2)(inputs))
        try:
            tf.keras.Model(inputs, looped).get_config()
        except NotImplementedError as error:
            assert "can't be saved; wrap it into a Lambda" in str(error)
        else:
            raise AssertionError
        config = model.layers[-1].get_config()
        config["operations"]["nodes"][0][0] = "os:getcwd"
        try:
            type(model.layers[-1]).from_config(config)
        except ValueError as error:
            assert "is no operation" in str(error)
        else:
            raise AssertionError
        """
    )
