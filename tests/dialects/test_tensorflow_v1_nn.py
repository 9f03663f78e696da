"""`tf.compat.v1.nn`: its random parts and what is refused; recorded answers are in `recorded/nn.json`."""

import numpy as np
import pytest

from kjax import SparseTensor
from kjax.dialects.tensorflow_nn import NN
from kjax.dialects.tensorflow_v1_nn import V1_NN

R = np.random.RandomState(0)


def test_dropout(tf):
    x = tf.ones((100, 100))
    for y in (tf.compat.v1.nn.dropout(x, 0.75), tf.compat.v1.nn.dropout(x, rate=0.25)):
        values = y.numpy()
        assert 0.2 < (values == 0).mean() < 0.3 and np.allclose(values[values != 0], 4 / 3)
    with pytest.raises(ValueError, match="give one of keep_prob and rate"):
        tf.compat.v1.nn.dropout(x)


def test_the_ctc_loss_of_sparse_labels():
    labels, logits = SparseTensor([[0, 0]], np.array([1], "int32"), (1, 1)), R.randn(3, 1, 4).astype("float32")
    same = NN["ctc_loss"](labels, logits, None, [3], blank_index=-1)
    assert np.allclose(V1_NN["ctc_loss"](labels, logits, [3]), same)
    with pytest.raises(TypeError, match="must be a SparseTensor"):
        V1_NN["ctc_loss"]([[1]], logits, [3])
    with pytest.raises(NotImplementedError, match="repeated labels"):
        V1_NN["ctc_loss"](labels, logits, [3], ctc_merge_repeated=False)
