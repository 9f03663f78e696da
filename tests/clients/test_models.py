"""The six models learn on kjax as they did on TensorFlow 1.15."""

import json
import pathlib

import numpy as np
import pytest

from clients import models

RECORDED = json.loads((pathlib.Path(__file__).parent / "recorded" / "losses_tf115.json").read_text())


@pytest.mark.parametrize("name", models.TASKS)
def test_losses_of_ten_epochs(name, keras):
    losses = models.fit(models.build(name, keras), name, epochs=len(RECORDED["loss"][name]))
    np.testing.assert_allclose(losses, RECORDED["loss"][name], rtol=1e-3)


def test_models_learn():
    """The recorded losses fall: they show a fit, not a plateau."""
    for name, losses in RECORDED["loss"].items():
        assert losses[-1] < 0.5 * losses[0], name
    assert set(RECORDED["loss"]) == set(models.TASKS)
