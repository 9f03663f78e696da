"""Functions that XLA does not fuse with their surroundings."""

import jax
import jax.numpy as jnp
import numpy as np

from kjax.kernels.apart import apart


def _doubled(x):
    return apart(lambda v: jnp.sin(v) * 2, x)[::-1] + 1


def test_the_function_stays_a_call_in_the_compiled_program():
    x = jnp.arange(8.0)
    program = jax.jit(_doubled).lower(x).compile()
    assert program.as_text().count(" call(") == 1
    np.testing.assert_allclose(program(x), (np.sin(np.arange(8)) * 2)[::-1] + 1, 1e-6)


def test_on_accelerators_it_is_computed_in_place(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    # (A new function: JAX knows the other's trace.)
    assert " call(" not in jax.jit(lambda x: _doubled(x)).lower(jnp.arange(8.0)).compile().as_text()
