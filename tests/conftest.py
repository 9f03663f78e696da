"""Every test starts from a fresh program: default settings, eager mode, no learning phase."""

import numpy as np
import pytest

import kjax
from kjax import backend as K


@pytest.fixture(autouse=True)
def fresh_program():
    np.random.seed(0)
    yield
    K.clear_session()
    K.set_floatx("float32")
    K.set_epsilon(1e-7)
    K.set_image_data_format("channels_last")
    kjax.enable_eager_execution()
