"""Models of many kinds on Keras 2.3.1: their first loss is the one on TensorFlow 1.15.

Above all those whose convolutions and pools take ways of their own.
"""

import numpy as np
import pytest

from clients import kinds

# On TensorFlow 1.15, with the same weights and the same batch.
LOSSES = {
    "generator": 0.45349,
    "separable": 0.32041,
    "depthwise": 0.72287,
    "convolutional_lstm": 0.41606,
    "volumes": 0.40879,
    "volumes_and_back": 0.34569,
    "unet": 0.69343,
    "resized": 0.39577,
    "capsules": 0.3372,
    "transformer": 0.67712,
    "signals": 0.37496,
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_those_of_tensorflow(name, keras):
    model = kinds.build(name, keras)
    batch = kinds.batch(name, model)
    assert model.train_on_batch(*batch) == pytest.approx(LOSSES[name], rel=3e-5)
    assert model.train_on_batch(*batch) < LOSSES[name] + 1e-4 and np.isfinite(model.predict_on_batch(batch[0])).all()
