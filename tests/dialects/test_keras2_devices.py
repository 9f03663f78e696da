"""Models of Keras 2.3.1 on several devices: `multi_gpu_model`."""

import pytest

from kjax.dialects.keras2_devices import multi_gpu_model


@pytest.mark.parametrize("gpus", [1, [0], 100, [*range(100)], None])
def test_too_few_devices(gpus):
    count = 2 if gpus is None else 100 if gpus not in (1, [0]) else 2
    with pytest.raises(ValueError, match=r"multi_gpu_model\(\): .*" + str(count)):
        multi_gpu_model(None, None, gpus)
