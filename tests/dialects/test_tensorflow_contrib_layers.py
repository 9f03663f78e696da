"""`tf.contrib.layers`: the same programs as on TensorFlow 1.15, whose answers are in `contrib.json`."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from kjax.dialects.tensorflow_contrib_layers import LAYERS

sys.path.insert(0, str(Path(__file__).parent))
import contrib_programs

RECORDED = json.loads(Path(__file__).with_name("contrib.json").read_text())


def test_programs_answer_as_tensorflow_did(tf):
    tf.disable_eager_execution()
    found = contrib_programs.answers(tf)
    assert found.keys() == RECORDED.keys()
    assert np.allclose(found.pop("penalties"), RECORDED["penalties"])
    for name, (output, variables, averages) in found.items():
        assert variables == RECORDED[name][1], name
        assert np.allclose(output, RECORDED[name][0], rtol=1e-4, atol=1e-5), name
        for found_average, average in zip(averages, RECORDED[name][2], strict=True):
            assert np.allclose(found_average, average), name


def test_initializers(tf):
    for make in (LAYERS["xavier_initializer"], LAYERS["xavier_initializer_conv2d"]):
        drawn = make(seed=1)((200, 100)).numpy()
        limit = math.sqrt(6 / 300)
        assert abs(drawn).max() <= limit and drawn.std() == pytest.approx(limit / math.sqrt(3), rel=0.05)
    drawn = LAYERS["variance_scaling_initializer"]()((200, 100)).numpy()
    assert drawn.std() == pytest.approx(math.sqrt(2 / 200), rel=0.05)


def test_errors(tf):
    with pytest.raises(ValueError, match=r"l2_regularizer\(\): scale must not be less than 0"):
        LAYERS["l2_regularizer"](-1.0)
    with pytest.raises(ValueError, match=r"l1_regularizer\(\): scale must be a float; got 2"):
        LAYERS["l1_regularizer"](2)
    with pytest.raises(ValueError, match="no weights to regularize"):
        LAYERS["apply_regularization"](LAYERS["l2_regularizer"](0.5), [])
    with pytest.raises(TypeError, match="mode must be one of"):
        LAYERS["variance_scaling_initializer"](mode="fan")
    with pytest.raises(NotImplementedError, match=r"updates are in tf.GraphKeys.UPDATE_OPS"):
        LAYERS["batch_norm"]([[1.0]], updates_collections=None)
    with pytest.raises(NotImplementedError, match="channels last here"):
        LAYERS["conv2d"]([[[[1.0]]]], 1, 1, data_format="NCHW")
    assert LAYERS["l2_regularizer"](0.0)([1.0]) is None and LAYERS["sum_regularizer"]([None]) is None
