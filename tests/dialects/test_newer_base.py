"""The base of layers as `tf.keras` has it: arguments, tracking, `trainable`, building."""

import pytest

from kjax.core.shape import Shape
from kjax.dialects import newer_base
from programs import check_on_keras as check


def test_arguments_of_weights():
    given = {"name": "w", "shape": Shape((2, 3)), "dtype": None, "trainable": None, "use_resource": True, "getter": 1}
    assert newer_base.weight_arguments(given) == {"name": "w", "shape": (2, 3), "dtype": None, "trainable": True}
    assert newer_base.weight_arguments({"shape": 4}) == {"shape": (4,)}


def test_leaves_of_containers():
    assert [*newer_base._leaves([1, (2, {"a": 3, "b": [4]}), []])] == [1, 2, 3, 4]


@pytest.mark.parametrize("layer", [type("Own", (), {"__module__": "keras.layers"})(), type("Own", (), {})()])
def test_lists_of_keras_are_left_alone(layer):
    stored = []
    newer_base._set(lambda *args: stored.append(args), layer, "parts", [1])
    assert stored == [(layer, "parts", [1])]
    assert vars(layer) == ({} if newer_base._is_of_keras(layer) else {"_containers": {"parts": [1]}})


def test_layers_and_variables_of_a_model():
    check(
        """
        L = tf.keras.layers

        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__(name="net")
                self.blocks, self.named = [], {"one": L.Dense(2), "pairs": [(L.Dense(2), 7)]}
                self.variables_of_its_own = [tf.Variable(1.0), tf.Variable(2.0, trainable=False)]
                self.blocks.append(L.BatchNormalization())
            def call(self, x):
                self.calls = getattr(self, "calls", 0) + 1
                return self.named["pairs"][0][0](self.named["one"](self.blocks[0](x))) * self.variables_of_its_own[0]

        net = Net()
        assert not net.weights[2:] and not net.built
        try:
            net.summary()
        except ValueError as error:
            assert "build(input_shape)" in str(error)
        net.build((None, 3))
        assert net.built and net.calls >= 1 and net(np.ones((4, 3))).shape == (4, 2)
        lengths = [len(part) for part in (net.weights, net.variables, net.trainable_variables,
                                          net.non_trainable_variables, net.submodules, net.layers)]
        assert lengths == [10, 10, 7, 3, 3, 3], lengths
        assert net.get_layer(index=0) is net.layers[0] and net.get_layer(net.layers[1].name) is net.layers[1]
        net.trainable = False
        assert not net.trainable_weights and not any(layer.trainable for layer in net.layers)
        net.layers[0].trainable = net.trainable = True
        assert all(layer.trainable for layer in net.layers)
        again = Net()
        again(np.ones((1, 3)))
        again.set_weights(net.get_weights())
        np.testing.assert_allclose(again(np.ones((4, 3))), net(np.ones((4, 3))), rtol=1e-5)

        frozen = L.Dense(2, trainable=False, input_shape=(3,))
        model = tf.keras.Sequential([frozen])
        model.add(L.Dense(2))
        assert not frozen.trainable and len(model.trainable_weights) == 2 and model.dynamic is False

        class Own(L.Layer):
            def __init__(self, **kwargs):
                super().__init__(activity_regularizer="l2", autocast=False, **kwargs)
            def compute_output_shape(self, input_shape):
                return [input_shape[0], 7]
            def call(self, x):
                return tf.concat([x, x, x[:, :1]], -1)
        own = Own(dtype=tf.float32, input_dim=3)
        model = tf.keras.Sequential([own])
        assert model.output_shape == (None, 7) and len(model.losses) == 1 and own.dtype == "float32"
        """
    )


def test_models_within_models():
    check(
        """
        L = tf.keras.layers
        x = np.random.RandomState(0).randn(16, 4).astype("float32")
        base = tf.keras.Sequential([L.Dense(3, input_shape=(4,)), L.BatchNormalization(momentum=0.5), L.Dropout(0.5)])
        changed = lambda model: trained(model) != base.get_weights()[4].tolist()

        def trained(model):
            model.compile("sgd", "mse")
            before = base.get_weights()[4].tolist()
            model.fit(x, np.zeros((16, *model.predict(x).shape[1:])), verbose=0)
            return before

        # Whether a model trains can be said where it is called.
        still, moving, always = (tf.keras.Input((4,)) for _ in range(3))
        model = tf.keras.Model(still, L.Dense(1)(base(still, training=False)))
        assert not changed(model) and not model.updates
        assert changed(tf.keras.Model(moving, base(moving)))
        both = tf.keras.Model(always, [base(always), base(always, training=True), base(always, training=False)])
        usual, noisy, steady = both.predict(x)
        assert usual.tolist() == steady.tolist() != noisy.tolist()
        for again in (tf.keras.models.clone_model(model), tf.keras.models.model_from_json(model.to_json())):
            again.set_weights(model.get_weights())
            assert np.allclose(again.predict(x), model.predict(x))
        try:
            base(still, training=tf.keras.Input(()))
        except NotImplementedError as error:
            assert "must be True or False" in str(error)

        # A model of one's own hands the phase on, on its own and within another one.
        class Own(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.base, self.dense = base, L.Dense(1, kernel_regularizer="l2")
            def call(self, x, training=None):
                return self.dense(self.base(x, training=training))

        own = Own()
        assert changed(own) and own.predict(x).tolist() == own.predict(x).tolist()
        assert (len(own.updates), len(own.losses)) == (2, 1)
        assert own(x, training=True).numpy().tolist() != own(x, training=True).numpy().tolist()
        outer = tf.keras.Input((4,))
        assert changed(tf.keras.Model(outer, own(outer)))
        """
    )


def test_weights_of_a_model_are_in_the_order_of_its_layers():
    check(
        """
        L = tf.keras.layers

        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.scale = tf.Variable(2.0)
                self.normal, self.dense = L.BatchNormalization(), L.Dense(1)
            def call(self, x):
                return self.scale * self.dense(self.normal(x))

        net = Net()
        net(np.ones((1, 3)))
        expected = [*net.normal.weights, *net.dense.weights, net.scale]
        assert [id(weight) for weight in net.weights] == [*map(id, expected)] == [*map(id, net.variables)]
        """
    )
