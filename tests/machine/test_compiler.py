"""The options for XLA: they change the speed, and not the result."""

import jax
import numpy as np
import pytest

from kjax import backend as K
from kjax.machine import compiler


@pytest.fixture
def fresh_options():
    compiler.options.cache_clear()
    yield
    compiler.options.cache_clear()


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="these options are for CPUs")
def test_the_options_are_known_to_this_version_of_xla(fresh_options):
    known = jax.__version_info__ >= (0, 8, 1)  # JAX 0.8.0 has no option for YNNPACK
    assert compiler.options() == (compiler._FOR_CPU if known else None)


def test_options_that_xla_does_not_know_are_left_out(fresh_options, monkeypatch):
    monkeypatch.setattr(compiler, "_FOR_CPU", {"xla_cpu_no_such_option": "1"})
    assert compiler.options() is None
    assert compiler.compiled(lambda x: x + 1)(np.float32(1)) == 2


def test_they_can_be_switched_off(fresh_options, monkeypatch):
    monkeypatch.setenv(compiler.SWITCH, "0")
    assert compiler.options() is None


def test_a_convolution_is_the_same_without_them(fresh_options, monkeypatch):
    random = np.random.default_rng(0)
    image, kernel = random.random((4, 12, 12, 8), "float32"), random.random((3, 3, 8, 16), "float32")

    def value_and_gradients():
        x, w = K.placeholder((None, 12, 12, 8)), K.variable(kernel)
        y = K.sum(K.square(K.conv2d(x, w)))
        return K.function([x], [y, *K.gradients(y, [x, w])])([image])

    with_options = value_and_gradients()
    monkeypatch.setenv(compiler.SWITCH, "0")
    compiler.options.cache_clear()
    for one, other in zip(with_options, value_and_gradients(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_the_programs_used_last_are_kept():
    from kjax.machine.compiler import Programs

    programs = Programs(4)
    for key in range(4):
        assert programs.find(key) is None and programs.add(key, f"program {key}") == f"program {key}"
    assert programs.add(0, "made by another thread at the same time") == "program 0"
    assert programs.find(0) == "program 0" and programs.add(4, "new") == "new"
    assert [programs.find(key) is not None for key in range(5)] == [True, False, True, True, True]
    assert len(programs) == 4
    programs.clear()
    assert len(programs) == 0 and programs.find(0) is None
