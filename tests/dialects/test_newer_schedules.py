import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import newer_schedules
from newer_programs import problems


def test_schedules_answer_as_those_of_tensorflow(tmp_path):
    assert problems(tmp_path, "schedule") == {}


def test_schedules_of_symbolic_steps():
    step = K.placeholder((), dtype="int64")
    schedules = [
        newer_schedules.ExponentialDecay(0.1, 3, 0.5),
        newer_schedules.PiecewiseConstantDecay([2, 5], [0.1, 0.05, 0.01]),
        newer_schedules.PolynomialDecay(0.1, 4, cycle=True),
        newer_schedules.CosineDecayRestarts(0.1, 2),
    ]
    function = K.function([step], [schedule(step) for schedule in schedules])
    for value in range(7):
        found = function([np.array(value, "int64")])
        np.testing.assert_allclose(found, [K.get_value(schedule(value)) for schedule in schedules], 1e-5)


def test_noise_has_the_variance_asked_for():
    calm = newer_schedules.LinearCosineDecay(1.0, 10, num_periods=0.0)
    noisy = newer_schedules.NoisyLinearCosineDecay(1.0, 10, 0.25, 0.5, num_periods=0.0)
    noise = [float(K.get_value(noisy(3) - calm(3))) for _ in range(400)]
    assert abs(np.std(noise) - 0.25**0.5 / 4**0.25) < 0.05 and abs(np.mean(noise)) < 0.1


def test_a_schedule_of_the_program_needs_a_configuration_only_to_be_saved():
    class Half(newer_schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.5 / step

    assert Half()(2) == 0.25
    with pytest.raises(NotImplementedError, match="must define get_config"):
        Half().get_config()
    with pytest.raises(NotImplementedError, match="__call__"):
        newer_schedules.LearningRateSchedule()(1)
