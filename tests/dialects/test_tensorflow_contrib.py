"""The modules of `tf.contrib`."""

import pytest


def test_modules(tf):
    assert not hasattr(tf, "contrib") and "contrib" not in dir(tf)  # as programs ask whether it is TensorFlow 1
    from tensorflow import contrib

    assert not tf.executing_eagerly()  # it was written for TensorFlow 1
    assert contrib.rnn.GRUCell is tf.nn.rnn_cell.GRUCell and contrib.signal.stft is tf.signal.stft
    assert contrib.keras.backend.square is tf.keras.backend.square and contrib.data.Dataset is tf.data.Dataset
    with pytest.raises(
        AttributeError, match=r"tensorflow.contrib.learn is not answered by kjax\. Instead: TensorFlow 2 has none"
    ):
        contrib.learn  # noqa: B018
