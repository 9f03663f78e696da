"""Attention of several heads beside a computation in NumPy, as the paper has it."""

from programs import check_on_keras as check


def test_heads_beside_a_computation_in_numpy():
    check(
        """
        L = tf.keras.layers
        rng = np.random.RandomState(0)

        def softmax(x):
            x = np.exp(x - x.max(-1, keepdims=True))
            return x / x.sum(-1, keepdims=True)

        def expected(weights, query, value, key, mask, heads, size):
            wq, bq, wk, bk, wv, bv, wo, bo = weights
            outputs, all_scores = 0.0, []
            for h in range(heads):
                q, k, v = query @ wq[:, h] + bq[h], key @ wk[:, h] + bk[h], value @ wv[:, h] + bv[h]
                scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(size)
                scores = softmax(np.where(mask, scores, -1e9))
                outputs = outputs + scores @ v @ wo[h]
                all_scores.append(scores)
            return outputs + bo, np.stack(all_scores, -3)

        query, value, key = rng.randn(2, 4, 5), rng.randn(2, 6, 3), rng.randn(2, 6, 2)
        mask = rng.rand(2, 4, 6) > 0.3
        layer = L.MultiHeadAttention(3, 4, value_dim=2)
        layer(query, value, key)
        layer.set_weights([rng.randn(*w.shape) for w in layer.get_weights()])
        assert [w.shape for w in layer.get_weights()][::2] == [(5, 3, 4), (2, 3, 4), (3, 3, 2), (3, 2, 5)]
        found = layer(query, value, key=key, attention_mask=mask, return_attention_scores=True)
        wanted = expected(layer.get_weights(), query, value, key, mask, 3, 4)
        for one, other in zip(found, wanted):
            np.testing.assert_allclose(one.numpy(), other, rtol=1e-4, atol=1e-4)

        # In a model, for other inputs, and after it was saved.
        inputs = [tf.keras.Input((None, size)) for size in (5, 3, 2)]
        masks = tf.keras.Input((None, None))
        outer = layer(inputs[0], inputs[1], inputs[2], attention_mask=masks)
        model = tf.keras.Model([*inputs, masks], outer)
        again = tf.keras.models.model_from_json(model.to_json())
        again.set_weights(model.get_weights())
        for made in (model, again):
            np.testing.assert_allclose(made.predict([query, value, key, mask]), wanted[0], rtol=1e-4, atol=1e-4)
        assert outer.shape.as_list() == [None, None, 5]
        """
    )


def test_axes_outputs_and_dropout():
    check(
        """
        L = tf.keras.layers
        rng = np.random.RandomState(0)
        images = rng.randn(2, 3, 4, 5).astype("float32")
        # Over both axes: as over one with all their points.
        both = L.MultiHeadAttention(2, 3, attention_axes=(1, 2), output_shape=7)
        found, scores = both(images, images, return_attention_scores=True)
        flat = L.MultiHeadAttention(2, 3, output_shape=7)
        flat(images.reshape(2, 12, 5), images.reshape(2, 12, 5))
        flat.set_weights(both.get_weights())
        wanted = flat(images.reshape(2, 12, 5), images.reshape(2, 12, 5)).numpy()
        np.testing.assert_allclose(found.numpy().reshape(2, 12, 7), wanted, rtol=1e-4, atol=1e-5)
        assert scores.shape == (2, 2, 12, 12)
        # Over one of two axes: each row for itself.
        rows = L.MultiHeadAttention(2, 3, attention_axes=2, output_shape=7)
        rows(images, images)
        rows.set_weights(both.get_weights())
        wanted = np.stack([flat(images[:, i], images[:, i]).numpy() for i in range(3)], 1)
        np.testing.assert_allclose(rows(images, images).numpy(), wanted, rtol=1e-4, atol=1e-5)
        # Weights are dropped while training only.
        for layer, given in (
            (L.MultiHeadAttention(2, 3, dropout=0.5), lambda layer, **how: layer(images[0], images[0], **how)),
            (L.Attention(dropout=0.5), lambda layer, **how: layer([images[0], images[0]], **how)),
        ):
            steady = given(layer).numpy()
            np.testing.assert_array_equal(given(layer, training=False).numpy(), steady)
            assert np.abs(given(layer, training=True).numpy() - steady).max() > 0.01
        assert len(L.MultiHeadAttention(2, 3, use_bias=False)(images[0], images[0]).shape) == 3
        for wrong in (lambda: both(images), lambda: L.Attention()(images), lambda: L.Attention()([images[0]])):
            try:
                wrong()
            except (TypeError, ValueError) as error:
                assert "ttention" in str(error)
            else:
                raise AssertionError
        """
    )


def test_layers_for_sequences_train():
    check(
        """
        L = tf.keras.layers

        class Encoder(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.attention, self.norm = L.MultiHeadAttention(2, 4, dropout=0.1), L.LayerNormalization(epsilon=1e-6)
                self.ways = [L.Dense(8, activation="relu"), L.Dense(4)]
            def call(self, x, training=False, mask=None):
                x = self.norm(x + self.attention(x, x, x, mask, training=training))
                for way in self.ways:
                    x = way(x)
                return x

        encoder, x = Encoder(), np.random.RandomState(0).rand(8, 3, 4).astype("float32")
        assert encoder(x, True).shape == encoder(x, mask=np.ones((8, 3, 3))).shape == (8, 3, 4)
        assert len(encoder.trainable_variables) == 8 + 2 + 4
        encoder.compile("adam", "mse")
        losses = encoder.fit(x, x, epochs=20, verbose=0).history["loss"]
        assert losses[-1] < losses[0]
        """
    )
