import importlib.util
import subprocess
import sys

import jax
import numpy as np
import pytest

from kjax import backend as K
from kjax.core import placement
from kjax.machine import device


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch):
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    device.has_accelerator.cache_clear()
    yield
    device.has_accelerator.cache_clear()


def test_jax_says_whether_there_is_one(monkeypatch):
    for backend, answer in (("cpu", False), ("gpu", True), ("tpu", True)):
        monkeypatch.setattr(jax, "default_backend", lambda backend=backend: backend)
        device.has_accelerator.cache_clear()
        assert device.has_accelerator() is answer
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    device.has_accelerator.cache_clear()
    assert not device.has_accelerator()


@pytest.mark.skipif(any(map(importlib.util.find_spec, device._PACKAGES)), reason="JAX has plugins here")
def test_jax_is_not_loaded_where_it_has_no_plugins():
    code = "import sys; from kjax.machine.device import has_accelerator; print(has_accelerator(), 'jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_large_values_go_to_an_accelerator(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")  # where the only device is still a CPU
    a = np.linspace(-1, 1, placement.LARGE + 1).astype("float32")
    for fn, plain in ((K.abs, np.abs), (K.max, np.max), (lambda x: x * 2.0, lambda x: x * 2)):
        out = fn(K.constant(a))
        assert not isinstance(out._value, np.ndarray)
        np.testing.assert_allclose(out.numpy(), plain(a), 1e-6)
    assert isinstance(K.abs(K.constant(a[:9]))._value, np.ndarray)


def test_what_moves_to_the_device_is_a_value_where_a_program_is_traced():
    moved = []
    jax.jit(lambda x: moved.append(device.put(np.ones(2))) or x)(1.0)
    assert moved[0].tolist() == [1.0, 1.0] and moved[0].dtype == np.float64
    large = K.constant(np.ones(1 << 19, "float32"))
    jax.jit(lambda x: x * jax.numpy.asarray(K.sum(large)))(1.0)
    assert large.numpy()[0] == 1.0  # (it moved in the program)


# ------------------------------------------------------------------------------------------------ in the calling thread

_CALLING = """
import sys
import numpy as np
from kjax.machine import device
if "loaded" in sys.argv:
    import jax
device.compute_in_calling_thread()
import jax
from kjax import backend as K

def product(value):
    return K.eval(K.dot(K.ones((600, 600)), K.ones((600, 600))))[:300, :300] + value  # a callback may compute, too

x = np.ones((300, 300), np.float32)
computed = jax.jit(lambda x: jax.pure_callback(product, jax.ShapeDtypeStruct(x.shape, x.dtype), x @ x) @ x)(x)
print(jax.config.read("jax_cpu_enable_async_dispatch"), float(computed[0, 0]))
"""


@pytest.mark.parametrize("how", ["first", "loaded"])
@pytest.mark.parametrize(("said", "another"), [(None, "False"), ("0", "True")])
def test_programs_run_in_the_thread_that_calls_them(how, said, another, monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.delenv(device.SWITCH, raising=False)
    if said is not None:
        monkeypatch.setenv(device.SWITCH, said)
    done = subprocess.run(
        [sys.executable, "-c", _CALLING, how], capture_output=True, text=True, check=True, timeout=100
    )
    assert done.stdout.split() == [another, str(300.0 * 900)]
