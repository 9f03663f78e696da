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
    monkeypatch.setitem(compiler._EFFORTS, "full", {"xla_cpu_no_such_option": "1"})
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


def test_products_of_products_are_kernels_of_their_own():
    """One kernel for both takes XLA's library 17 times as long, for matrices of 1000 x 1000."""
    x, w = np.ones((8, 16), "float32"), np.ones((16, 16), "float32")
    text = compiler.compiled(lambda x, w: (x @ w) @ w).lower(x, w).compile().as_text()
    fused = [part for part in text.split("\n\n") if " dot(" in part and not part.lstrip().startswith("ENTRY")]
    assert text.count(" dot(") == 2 and all(part.count(" dot(") == 1 for part in fused)


def test_programs_of_every_effort_give_the_same():
    x = np.linspace(-2, 2, 24).reshape(4, 6).astype("float32")
    fast, *others = (compiler.compiled(lambda x: np.tanh(1) * x @ x.T, effort=e) for e in ("full", "less", "least"))
    for other in others:
        np.testing.assert_allclose(fast(x), other(x), 1e-6)
    assert compiler.has_efforts() == (compiler.options("least") is not None)


def test_a_program_takes_the_place_of_another():
    programs = compiler.Programs(2)
    assert programs.add("a", 1) == programs.add("a", 2) == 1
    assert programs.replace("a", 3) == 3 == programs.find("a") and len(programs) == 1
