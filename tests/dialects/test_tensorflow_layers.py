"""Keras 2.3.1 made to do as `tf.keras` of TensorFlow 2.2 does; each program in a process of its own."""

from programs import check_on_keras as check


def test_training_reaches_a_call():
    check(
        """
        class Noisy(tf.keras.layers.Layer):
            def call(self, inputs, training=None):
                assert isinstance(training, bool)
                return inputs + 1.0 if training else inputs

        class Two(tf.keras.layers.Layer):
            def call(self, inputs, training=False):
                return [inputs * 2.0, inputs] if training else [inputs, inputs * 3.0]

        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.noisy = Noisy()
            def call(self, inputs, training=None):
                return self.noisy(inputs, training=training) * 2.0

        x = np.ones((2, 1), "float32")
        inputs = tf.keras.Input((1,))
        model = tf.keras.Model(inputs, Noisy()(inputs))
        net = Net()
        for made, train, test in ((model, 2, 1), (net, 4, 2)):
            made.compile("sgd", "mae")
            assert made.train_on_batch(x, np.zeros((2, 1))) == train
            assert made.evaluate(x, np.zeros((2, 1)), verbose=0) == made.test_on_batch(x, np.zeros((2, 1))) == test
            assert made.predict(x).tolist() == made(x).numpy().tolist() == [[test]] * 2
            assert made(x, training=True).numpy().tolist() == [[train]] * 2
        always = tf.keras.Model(inputs, Noisy()(inputs, training=True))
        assert always.predict(x).tolist() == [[2], [2]]
        both = tf.keras.Model(inputs, Two()(inputs))
        assert [part.tolist() for part in both.predict(x)] == [[[1], [1]], [[3], [3]]]
        assert [part.numpy().tolist() for part in both(x, training=True)] == [[[2], [2]], [[1], [1]]]
        tf.keras.backend.set_learning_phase(1)
        assert tf.keras.Model(inputs, Noisy()(inputs)).predict(x).tolist() == [[2], [2]]
        """
    )


def test_what_inner_layers_add_counts():
    check(
        """
        from tensorflow.keras import backend as K, layers, regularizers

        class Inner(layers.Layer):
            def __init__(self):
                super().__init__()
                l1, l2 = regularizers.l1(0.1), regularizers.l2(0.5)
                self.dense = layers.Dense(2, kernel_regularizer=l2, activity_regularizer=l1)
                self.norm = layers.BatchNormalization(momentum=0.0)
            def call(self, x, training=None):
                x = self.norm(self.dense(x), training=training)
                self.add_loss(tf.reduce_sum(x) * 0.0 + (7.0 if training else 3.0))
                self.add_metric(tf.reduce_mean(x), name="mean", aggregation="mean")
                return x

        class Outer(layers.Layer):
            def __init__(self):
                super().__init__()
                self.inner = Inner()
            def call(self, x):
                return self.inner(x)

        inputs = tf.keras.Input((3,))
        model = tf.keras.Model(inputs, Outer()(inputs))
        assert model.output_shape == (None, 2)
        assert (len(model.losses), len(model.updates), len(model.weights)) == (3, 2, 6)
        model.layers[1].inner.dense.set_weights([np.full((3, 2), 0.5), np.zeros(2)])
        model.compile("sgd", lambda t, p: 0.0 * p)
        x = np.arange(6.0).reshape(2, 3)
        steady = 0.5 * 6 * 0.25 + 0.1 * np.abs(x @ np.full((3, 2), 0.5)).sum() / 2
        K.set_value(model.optimizer.lr, 0.0)
        assert np.isclose(model.test_on_batch(x, np.zeros((2, 2)))[0], steady + 3)
        assert np.isclose(model.train_on_batch(x, np.zeros((2, 2)))[0], steady + 7)
        assert model.metrics_names == ["loss", "mean"]
        mean = model.layers[1].inner.norm.moving_mean
        assert np.allclose(K.get_value(mean), (x @ np.full((3, 2), 0.5)).mean(0))
        model(np.zeros((2, 3)), training=True)
        assert np.allclose(K.get_value(mean), 0)
        model(x)
        assert np.allclose(K.get_value(mean), 0) and len(model.losses) == 3
        """
    )


def test_layers_and_models_on_values():
    check(
        """
        from tensorflow.keras import layers, regularizers
        dense = layers.Dense(2, kernel_initializer="ones", kernel_regularizer=regularizers.l2(1.0))
        made = dense(tf.constant([[1.0, 2.0]]))
        assert made.numpy().tolist() == [[3, 3]] and dense(np.ones((3, 2))).shape == (3, 2) and len(dense.losses) == 1
        embedded = layers.Embedding(5, 3)(np.array([[1, 2]]))
        assert embedded.shape == (1, 2, 3)
        assert layers.Concatenate()([tf.ones((1, 2)), tf.zeros((1, 3))]).numpy().tolist() == [[1, 1, 0, 0, 0]]
        assert layers.LSTM(4)(tf.ones((2, 3, 5))).shape == layers.Bidirectional(layers.GRU(2))(np.ones((2, 3, 5))).shape
        unbuilt = tf.keras.Sequential([layers.Dense(3), layers.Dense(1)])
        assert unbuilt(np.ones((2, 4))).shape == (2, 1) and len(unbuilt.weights) == 4
        inputs = tf.keras.Input((2,))
        model = tf.keras.Model(inputs, dense(inputs))
        assert model(tf.Variable([[1.0, 1.0]])).numpy().tolist() == [[2, 2]]
        assert model.output is model.layers[-1].output and dense(tf.keras.backend.placeholder((None, 2))).is_symbolic
        """
    )


def test_assignments_in_a_call_and_in_a_metric():
    check(
        """
        class Count(tf.keras.layers.Layer):
            def build(self, input_shape):
                self.calls = self.add_weight("calls", shape=(), initializer="zeros", trainable=False)
            def call(self, x, training=None):
                if training:
                    self.calls.assign_add(1.0)
                return x

        class Large(tf.keras.metrics.Metric):
            def __init__(self):
                super().__init__(name="large")
                self.total = self.add_weight("total", initializer="zeros")
            def update_state(self, y_true, y_pred, sample_weight=None):
                self.total.assign_add(tf.reduce_sum(tf.cast(y_true > 1.0, tf.float32)))
            def result(self):
                return self.total

        class Absolute(tf.keras.losses.Loss):
            def call(self, y_true, y_pred):
                return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)

        model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,)), Count()])
        model.compile("sgd", Absolute(), metrics=[Large()])
        x, y = np.ones((8, 2)), np.arange(8.0).reshape(8, 1)
        assert model.fit(x, y, batch_size=4, epochs=3, verbose=0).history["large"] == [6, 6, 6]
        model.evaluate(x, y, verbose=0), model.predict(x)
        assert tf.keras.backend.get_value(model.layers[1].calls) == 6
        mean = tf.keras.metrics.Mean()
        mean.update_state([1.0, 2.0])
        mean.update_state([6.0])
        assert mean.result().numpy() == 3
        """
    )


def test_masks_go_no_further_than_a_layer_that_takes_them():
    check(
        """
        class Total(tf.keras.layers.Layer):
            def call(self, x, mask=None):
                return tf.reduce_sum(x * tf.cast(mask, tf.float32)[:, :, None], axis=1)

        words = tf.keras.Input((3,))
        ones = tf.keras.layers.Embedding(5, 2, mask_zero=True, embeddings_initializer="ones")(words)
        model = tf.keras.Model(words, tf.keras.layers.Dense(1, kernel_initializer="ones")(Total()(ones)))
        assert model.predict(np.array([[1, 2, 0], [0, 0, 0]])).tolist() == [[4], [0]]
        """
    )


def test_tensors_with_values_are_data():
    check(
        """
        model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(2,))])
        model.compile("sgd", "mse")
        x, y = tf.ones((4, 2)), tf.one_hot([0, 1, 0, 1], 2)
        assert len(model.fit(x, y, epochs=2, verbose=0, validation_data=(x, y)).history["val_loss"]) == 2
        arrays = np.asarray(x), np.asarray(y)
        assert model.evaluate(x, y, verbose=0) == model.test_on_batch([x], [y]) == model.evaluate(*arrays, verbose=0)
        assert model.predict(x).tolist() == model.predict_on_batch(arrays[0]).tolist()
        assert model.train_on_batch(x=x, y=y) > model.train_on_batch(x, y)
        """
    )


def test_shapes_of_layers_without_a_rule():
    check(
        """
        from tensorflow.keras import layers

        class Split(layers.Layer):
            def call(self, x):
                return x[:, :2], tf.reduce_sum(x, axis=1)

        inputs = tf.keras.Input((5,))
        left, total = Split()(inputs)
        inner = tf.keras.Model(inputs, layers.Dense(7)(left))
        outer = tf.keras.Sequential([layers.Dense(5, input_shape=(3,)), inner, layers.Dense(1)])
        assert outer.output_shape == (None, 1) and outer.layers[-1].kernel.shape == (7, 1)
        assert total.shape.as_list() == [None]
        try:
            Split().compute_output_shape((None, 9))
        except NotImplementedError as error:
            assert "(None, 9)" in str(error) and "Split may define compute_output_shape" in str(error)
        """
    )


def test_weights_without_an_initializer():
    check(
        """
        class Scale(tf.keras.layers.Layer):
            def build(self, input_shape):
                self.scale = self.add_weight("scale", shape=(4, 4), regularizer=tf.keras.regularizers.l2(1.0))
                self.count = self.add_weight("count", shape=(), dtype=tf.int32, trainable=False)
            def call(self, x):
                return tf.matmul(x, self.scale)
        layer = Scale()
        assert layer(tf.ones((1, 4))).shape == (1, 4)
        assert 0 < np.abs(layer.get_weights()[0]).max() < 1 and layer.get_weights()[1] == 0
        K = tf.keras.backend
        before = K.get_value(layer.losses[0])
        layer.set_weights([np.ones((4, 4)), np.zeros(())])
        assert K.get_value(layer.losses[0]) == 16 != before  # read anew
        """
    )


def test_updates_in_a_call_count_once_whoever_makes_them():
    # The numbers are what TensorFlow 2.2.0 gives.
    check(
        """
        K, layers = tf.keras.backend, tf.keras.layers

        class Count(layers.Layer):
            def build(self, input_shape):
                self.calls = self.add_weight("calls", shape=(), initializer="zeros", trainable=False)
                self.mean = self.add_weight("mean", shape=(), initializer="zeros", trainable=False)
            def call(self, x, training=None):
                if training:
                    K.update_add(self.calls, 1.0)
                    K.moving_average_update(self.mean, K.mean(x), 0.0)
                return x

        class Given(Count):
            def call(self, x, training=None):
                self.add_update(K.update_add(self.calls, 1.0), inputs=x)
                return x

        class Norm(layers.BatchNormalization):
            def call(self, x, training=None):
                return super().call(x, training)

        class Outer(layers.Layer):
            def __init__(self):
                super().__init__()
                self.count, self.given = Count(), Given()
                self.norm, self.plain = Norm(momentum=0.0), layers.BatchNormalization(momentum=0.0)
            def call(self, x, training=None):
                for layer in (self.count, self.given, self.norm, self.plain):
                    x = layer(x, training=training)
                return x

        class Mean(tf.keras.metrics.Mean):
            def update_state(self, y_true, y_pred, sample_weight=None):
                super().update_state(y_true)

        inputs, outer = tf.keras.Input((3,)), Outer()
        model = tf.keras.Model(inputs, outer(inputs))
        assert len(model.updates) == 2 + 1 + 2 + 2
        model.compile("sgd", "mse", metrics=[Mean(name="mean_of_y")])
        x, y = np.arange(24.0).reshape(8, 3), np.full((8, 3), 2.0)
        history = model.fit(x, y, batch_size=4, epochs=3, verbose=0, shuffle=False).history
        assert history["mean_of_y"] == [2, 2, 2]
        assert K.get_value(outer.count.calls) == K.get_value(outer.given.calls) == 6
        assert K.get_value(outer.count.mean) == 17.5
        assert K.get_value(outer.norm.moving_mean).tolist() == [16.5, 17.5, 18.5]
        """
    )


def test_a_model_that_is_called_on_more_than_its_inputs():
    check(
        """
        class Scaled(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = tf.keras.layers.Dense(2, kernel_initializer="ones")
            def call(self, x, factor):
                return self.dense(x) * factor

        class Outer(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.scaled = Scaled()
            def call(self, x, factor):
                return self.scaled(x, factor) + 1.0

        x, factor = tf.ones((3, 4)), tf.constant(2.0)
        for model in (Scaled(), Outer()):
            first = model(x, factor)
            assert first.shape == (3, 2) and len(model.weights) == 2 and model.count_params() == 10
            assert np.array_equal(tf.function(lambda x, factor: model(x, factor))(x, factor), first)
        assert first.numpy().tolist() == [[9.0, 9.0]] * 3
        outer = Outer()
        assert tf.function(lambda x: outer(x, factor))(x).numpy().tolist() == [[9.0, 9.0]] * 3
        """
    )


def test_all_weights_of_recurrent_layers_have_gradients_in_a_function():
    check(
        """
        x = tf.constant(np.random.RandomState(0).randn(2, 3, 4), "float32")
        for implementation in (1, 2):
            for kind in (tf.keras.layers.GRU, tf.keras.layers.LSTM):
                layer = kind(3, implementation=implementation)

                def slopes(x):
                    with tf.GradientTape() as tape:
                        loss = tf.reduce_sum(layer(x) ** 2)
                    return tape.gradient(loss, layer.trainable_variables)

                for here, there in zip(slopes(x), tf.function(slopes)(x)):
                    assert np.allclose(here, there, atol=1e-6) and np.any(here)
        """
    )


def test_outputs_in_nested_structures():
    check(
        """
        class Two(tf.keras.layers.Layer):
            def call(self, x, scale):
                return x * scale, {"sum": x + scale, "both": (x, scale)}

        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.two = Two()
                self.dense = tf.keras.layers.Dense(1, kernel_initializer="ones")
            def call(self, x, scale, training):
                product, parts = self.two(x, scale)
                return {"product": self.dense(product), "left": parts["both"][0] + (1.0 if training else 0.0)}

        x, scale = tf.constant([[1.0, 2.0]]), tf.constant([[3.0, 4.0]])
        product, parts = Two()(x, scale)
        assert product.numpy().tolist() == [[3, 8]] and parts["sum"].numpy().tolist() == [[4, 6]]
        assert type(parts["both"]) is tuple and parts["both"][1].numpy().tolist() == [[3, 4]]
        net = Net()
        for call in (net, tf.function(lambda *args: net(*args))):
            found = call(x, scale, True)
            assert found["product"].numpy().tolist() == [[11]] and found["left"].numpy().tolist() == [[2, 3]]
            assert call(x, scale, False)["left"].numpy().tolist() == [[1, 2]]
        assert len(net.weights) == 2
        inputs = tf.keras.Input((2,))
        first, rest = Two()(inputs, 2.0 * inputs)
        model = tf.keras.Model(inputs, [first, rest["sum"]])
        assert [y.tolist() for y in model.predict(x)] == [[[2, 8]], [[3, 6]]]
        try:
            Net().build((None, 2))
        except ValueError as error:
            assert "scale" in str(error)
        else:
            raise AssertionError
        """
    )
