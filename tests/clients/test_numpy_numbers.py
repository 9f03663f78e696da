"""Numbers of NumPy 2 that programs see or store."""

import json

import numpy as np


def test_numbers_of_numpy_2_in_shapes_and_histories(keras, capsys):
    class Halved(keras.layers.Layer):
        def call(self, inputs):
            return inputs[:, ::2]

        def compute_output_shape(self, input_shape):
            return (input_shape[0], np.int64(input_shape[1] // 2))

    layers = keras.layers
    model = keras.models.Sequential([layers.Conv2D(2, 3, input_shape=(4, 4, 1)), layers.Flatten(), Halved()])
    assert [type(dim) for dim in model.layers[1].output_shape[1:]] == [int]
    model.summary()
    assert "np.int64" not in capsys.readouterr().out
    model.compile("sgd", "mse", metrics=["mae"])
    seen = []
    each = keras.callbacks.LambdaCallback(on_batch_end=lambda _, logs: seen.append(logs["loss"]))
    history = model.fit(
        np.ones((5, 4, 4, 1)), np.ones((5, 4)), batch_size=2, shuffle=False, verbose=0, callbacks=[each]
    )
    assert json.loads(json.dumps(history.history)) == history.history
    assert {type(value[0]) for value in history.history.values()} == {np.float64}
    assert history.history["loss"] == [sum(np.float64(loss) * n for loss, n in zip(seen, (2, 2, 1), strict=True)) / 5]
