"""Layers that prepare numbers and images: what they draw, learn and refuse."""

from programs import check_on_keras as check


def test_random_layers():
    check(
        """
        P = tf.keras.layers.experimental.preprocessing
        image = np.arange(35.0, dtype="float32").reshape(1, 5, 7, 1)
        def of(layer, x=image, training=True):
            return layer(x, training=training).numpy()[..., 0]
        for layer in (P.RandomFlip(), P.RandomRotation(0.2), P.RandomZoom(0.2), P.RandomContrast(0.3),
                      P.RandomTranslation(0.2, 0.2)):
            assert (of(layer, training=False) == image[..., 0]).all(), layer
            many = [of(layer) for _ in range(12)]
            assert any((one != many[0]).any() for one in many) and many[0].shape == (1, 5, 7)
            assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()
        flips = {of(P.RandomFlip("vertical")).tobytes() for _ in range(16)}
        assert flips == {image.tobytes(), image[:, ::-1].tobytes()}
        assert (of(P.RandomRotation((0.5, 0.5))).round(2) == image[0, ::-1, ::-1, 0]).all()
        square = image[:, :, :5]
        assert (of(P.RandomRotation((0.25, 0.25)), square).round(2) == np.rot90(square[0, ..., 0], 1)).all()
        shifted = of(P.RandomTranslation((0.2, 0.2), (-1 / 7, -1 / 7)))
        np.testing.assert_allclose(shifted[0, 1:, :-1], image[0, :-1, 1:, 0], atol=1e-4)
        assert (shifted[0, 0] == 0).all() and (shifted[0, :, -1] == 0).all()
        zoomed = of(P.RandomZoom((-0.5, -0.5), interpolation="nearest"))
        assert zoomed[0, 2, 3] == image[0, 2, 3, 0] and zoomed.min() >= 8 and zoomed.max() <= 26
        darker = of(P.RandomContrast((0.5, 0.50001)), image)
        assert np.isclose(darker.mean(), image.mean()) and not np.isclose(darker.std(), image.std())
        parts = [of(P.RandomCrop(2, 3)) for _ in range(8)]
        windows = [image[0, i:i + 2, j:j + 3, 0].tolist() for i in range(4) for j in range(5)]
        assert all(part[0].tolist() in windows for part in parts) and len({p.tobytes() for p in parts}) > 1
        same = P.RandomCrop(2, 3)(np.repeat(image, 3, 0), training=True).numpy()
        assert (same == same[:1]).all()
        """
    )


def test_layers_in_a_model():
    check(
        """
        P, L = tf.keras.layers.experimental.preprocessing, tf.keras.layers
        inputs = x = tf.keras.Input((None, None, 3))
        for layer in (P.RandomFlip("horizontal"), P.RandomCrop(4, 4), P.Resizing(6, 5), P.Rescaling(2.0, offset=-1.0)):
            x = layer(x)
        model = tf.keras.Model(inputs, x)
        assert model.output_shape == (None, 6, 5, 3)
        assert (model.predict(np.ones((2, 4, 9, 3))) == 1.0).all()
        again = tf.keras.models.model_from_json(model.to_json())
        images = np.ones((1, 7, 5, 3))
        assert (again.predict(images) == 1.0).all() and again(images).shape == (1, 6, 5, 3)
        norm = P.Normalization()
        norm.adapt([[1.0, 10.0], [3.0, 30.0]])
        model = tf.keras.Sequential([norm, L.Dense(1, kernel_initializer="ones")])
        assert model.predict(np.array([[3.0, 10.0]])).tolist() == [[0.0]] and len(model.trainable_weights) == 2
        model.compile("sgd", "mse")
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
        assert [w.tolist() for w in norm.get_weights()] == [[2.0, 20.0], [1.0, 100.0], 2]
        norm.adapt(iter([np.array([[1.0, 10.0]]), np.array([[3.0, 30.0]])]))
        assert [w.tolist() for w in norm.get_weights()] == [[2.0, 20.0], [1.0, 100.0], 2]
        norm.set_weights([np.zeros(2), np.ones(2)])
        assert norm(np.array([[3.0, 4.0]])).numpy().tolist() == [[3.0, 4.0]]
        assert P.Discretization([0.0, 1.0])(np.array([-1.0, 0.0, 0.5, 3.0])).numpy().tolist() == [0, 1, 1, 2]
        tokens = np.array([[0, 2, 2], [1, 1, 1]])
        assert P.CategoryEncoding(3, "count")(tokens).numpy().tolist() == [[1, 0, 2], [0, 3, 0]]
        learnt = P.CategoryEncoding()
        learnt.adapt(tokens)
        assert learnt(tokens).numpy().tolist() == [[1, 0, 1], [0, 1, 0]]
        assert learnt.compute_output_shape((4, 3)) == (4, 3)
        """
    )


def test_what_is_refused():
    check(
        """
        P = tf.keras.layers.experimental.preprocessing
        image = np.ones((1, 2, 2, 1))
        refused = {
            "RandomFlip(): mode": lambda: P.RandomFlip("sideways"),
            "RandomRotation(): factor": lambda: P.RandomRotation(-0.1),
            "fill_mode must be": lambda: P.RandomRotation(0.1, fill_mode="nearest"),
            "interpolation must be": lambda: P.RandomZoom(0.1, interpolation="area"),
            "Resizing(): interpolation": lambda: P.Resizing(2, 2, interpolation="odd"),
            "RandomContrast(): factor": lambda: P.RandomContrast((2.0, 1.0)),
            "axis must not be 0": lambda: P.Normalization(axis=0),
            "axis must be an int": lambda: P.Normalization(axis=None),
            "must fit into": lambda: P.RandomCrop(3, 3)(image, training=True),
            "must lie within": lambda: P.CenterCrop(3, 3)(image),
            "rank 4": lambda: P.CenterCrop(1, 1)(image[0]),
            "max_tokens is not known": lambda: P.CategoryEncoding()(np.array([[1]])),
            "sparse must be False": lambda: P.CategoryEncoding(3, sparse=True),
            "output_mode must be": lambda: P.CategoryEncoding(3, "tf-idf"),
            "has no adapt": lambda: P.PreprocessingLayer().adapt(image),
        }
        for message, call in refused.items():
            try:
                call()
            except (ValueError, NotImplementedError, TypeError, RuntimeError) as error:
                assert message in str(error), (message, error)
            else:
                raise AssertionError(message)
        """
    )
