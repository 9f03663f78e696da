"""Policies of layers, beside what TensorFlow 2.2 answered."""

from newer_programs import problems
from programs import check_on_keras as check


def near(case):
    """The bound of differences: a few steps of the narrowest dtype that is computed in."""
    if case.startswith("layers"):
        return {"mixed_bfloat16": 2e-2, "mixed_float16": 2e-3, "float16": 2e-3, "float64": 1e-5}[case.rsplit(", ")[1]]
    return 3e-2 if "penalties" in case or "bfloat16" in case else 2e-3


def test_layers_compute_as_by_tensorflow(tmp_path):
    assert problems(tmp_path, "layers", recorder="newer_precision", near=near) == {}


def test_models_are_trained_as_by_tensorflow(tmp_path):
    assert problems(tmp_path, "training", recorder="newer_precision", near=near) == {}


def test_the_names_of_tensorflow_2_4():
    check(
        """
        from tensorflow.keras import layers, mixed_precision

        mixed_precision.set_global_policy("mixed_float16")
        policy = mixed_precision.global_policy()
        assert repr(policy) == '<Policy "mixed_float16">' and policy.loss_scale is None
        model = tf.keras.Sequential([layers.Embedding(4, 3, input_length=2), layers.Flatten(), layers.Dense(1)])
        model.add(layers.Activation("linear", dtype="float32"))
        dense = model.layers[2]
        assert (dense.dtype_policy.name, dense.compute_dtype, dense.variable_dtype) == (
            "mixed_float16", "float16", "float32")
        assert [layer.output.dtype.name for layer in model.layers] == ["float16", "float16", "float16", "float32"]
        model.compile("adam", "mse")
        optimizer = model.optimizer
        assert isinstance(optimizer, mixed_precision.LossScaleOptimizer) and optimizer.dynamic
        near = np.full((2, 1), 0.1)  # (farther from the outputs, gradients times 2 ** 15 can be too large for float16)
        model.fit(np.array([[1, 2], [3, 0]]), near, epochs=3, verbose=0)
        assert float(optimizer.loss_scale) == 2.0 ** 15 and int(optimizer.iterations) == 3
        assert int(optimizer.dynamic_counter) == 3 and isinstance(optimizer.inner_optimizer, tf.keras.optimizers.Adam)
        again = tf.keras.models.model_from_json(model.to_json())
        assert [layer.compute_dtype for layer in again.layers] == ["float16", "float16", "float16", "float32"]
        assert layers.Dense(2, dtype="mixed_bfloat16").compute_dtype == "bfloat16"
        """
    )


def test_what_is_told_to_a_model_of_other_dtypes():
    check(
        """
        L, mp = tf.keras.layers, tf.keras.mixed_precision.experimental
        # A conversion is part of a layer, not a layer of its own; and it happens whatever the model is called on.
        inputs = tf.keras.Input((3,), dtype="float64")
        model = tf.keras.Model(inputs, L.Dense(2, name="narrow")(inputs))
        assert [layer.name for layer in model.layers][1:] == ["narrow"]
        x = np.ones((2, 3), "float32")
        whole = tf.keras.Input((3,))
        outer = tf.keras.Model(whole, model(whole))
        assert outer.predict(x).dtype == model.predict(x).dtype == "float32" and model(x).dtype == "float32"
        np.testing.assert_allclose(outer.predict(x), model(x))

        # After a call, also after one that fails, weights are variables again.
        class Failing(L.Dense):
            def call(self, x):
                assert self.kernel.dtype == "float16" and self.kernel.true_dtype == "float32"
                raise KeyError("of the program")
        layer = Failing(2, dtype=mp.Policy("mixed_float16"))
        try:
            layer(x)
        except KeyError:
            pass
        assert isinstance(layer.kernel, tf.Variable) and layer.kernel.dtype == "float32"

        # Weights of one layer that another one reads.
        class Tied(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.dense = L.Dense(4, use_bias=False)
            def call(self, x):
                self.noted = x
                return tf.matmul(self.dense(x), self.dense.kernel, transpose_b=True)
        mp.set_policy("mixed_float16")
        tied = Tied()
        kernel = tied(x), tied.dense.kernel
        expected = x @ kernel[1].numpy() @ kernel[1].numpy().T
        assert kernel[0].dtype == "float16" and kernel[1].dtype == "float32" and tied.noted.dtype == "float16"
        np.testing.assert_allclose(kernel[0].numpy(), expected, rtol=1e-2, atol=1e-2)
        """
    )


def test_a_program_that_sets_no_policy_has_layers_without_one():
    check(
        """
        layer = tf.keras.layers.Dense(2)
        layer(np.ones((2, 3)))
        assert "call" not in vars(layer) and layer.dtype_policy.name == "float32"
        """
    )
