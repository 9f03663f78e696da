"""One policy decides where an operation runs, however it is called."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from kjax import backend as K
from kjax.core import placement
from kjax.core.op import op
from kjax.core.operands import Number
from kjax.core.placement import JAX_ONLY, LARGE, NUMPY, XLA, Place, place, threads
from kjax.core.tensor import Tensor
from kjax.machine import config
from kjax.ops import elementwise
from kjax.shapes import elementwise as elementwise_shape


@pytest.mark.parametrize(
    ("runs", "small", "large", "on_accelerator"),
    [
        (XLA, Place.NUMPY, Place.COMPILED, Place.COMPILED),
        (NUMPY, Place.NUMPY, Place.NUMPY, Place.NUMPY),
        (JAX_ONLY, Place.COMPILED, Place.COMPILED, Place.COMPILED),
        pytest.param(
            threads(np.cosh),
            Place.NUMPY,
            Place.NUMPY_AT_LARGE,
            Place.COMPILED,
            marks=pytest.mark.skipif(config.PLAIN, reason="KJAX_PLAIN switches threads off"),
        ),
    ],
)
def test_where_operations_run(runs, small, large, on_accelerator, monkeypatch):
    monkeypatch.setattr(placement, "has_accelerator", lambda: False)
    assert place(runs, 1) is place(runs, LARGE) is small and place(runs, LARGE + 1) is large
    monkeypatch.setattr(placement, "has_accelerator", lambda: True)
    assert place(runs, LARGE + 1) is on_accelerator


seen = []


@op(shape=elementwise_shape)
def noted(xp, x: Number, y: Number):
    """A sum that notes where it runs."""
    seen.append(xp.__name__)
    return x + y


HALF = np.ones(LARGE // 2 + 1, "float32")  # two of them are large, one is not


@pytest.mark.parametrize(("size", "expected"), [(1, "numpy"), (LARGE // 2, "numpy"), (LARGE // 2 + 1, "jax.numpy")])
def test_all_ways_to_call_an_operation_agree(size, expected):
    x, y = K.constant(HALF[:size]), K.constant(HALF[:size])
    for call in (
        lambda: noted(x, y),
        lambda: noted(x=x, y=y),
        lambda: noted(x, HALF[:size]),
        lambda: noted(K.variable(HALF[:size]), y),
    ):
        seen.clear()
        noted.op._compiled.clear()
        assert call().numpy()[0] == 2 and seen == [expected]


def test_a_keyword_does_not_change_where_it_runs():
    x, y = K.constant(HALF), K.constant(HALF)
    assert type(elementwise.mod(x, y)._value) is type(elementwise.mod(x=x, y=y)._value)


def test_a_single_array_just_within_the_limit_stays_in_numpy():
    assert isinstance(noted(K.constant(np.ones(LARGE - 1, "float32")), 1.0)._value, np.ndarray)
    assert not isinstance(noted(K.constant(np.ones(LARGE, "float32")), 1.0)._value, np.ndarray)


def test_a_first_call_in_numpy_only_of_what_numpy_computes(monkeypatch):
    monkeypatch.setattr(config, "jax_loaded", lambda: False)
    monkeypatch.setattr(config, "PLAIN", False)
    x = K.placeholder((None,))
    nodes, feeds = [K.square(x)._node, K.softmax(x + 1)._node], [np.ones(3)]
    assert placement.first_call_in_numpy(nodes, feeds)
    assert not placement.first_call_in_numpy(nodes, [np.ones(LARGE + 1)])
    assert not placement.first_call_in_numpy([*nodes, K.random_normal((2,)).op and K.dropout(x, 0.5)._node], feeds)
    assert not placement.first_call_in_numpy([K.conv1d(K.placeholder((1, 4, 2)), np.ones((1, 2, 2)))._node], feeds)
    monkeypatch.setattr(config, "jax_loaded", lambda: True)
    assert not placement.first_call_in_numpy(nodes, feeds)


def test_results_become_arrays():
    assert type(placement.boxed(np.float32(1))) is np.ndarray and placement.boxed(2) == 2
    a, b = placement.boxed_all((np.float64(1), HALF))
    assert type(a) is np.ndarray and b is HALF
    assert placement.flattened([1, [2, (3, 4)], []]) == [1, 2, 3, 4]
    assert isinstance(noted(Tensor(np.ones(())), Tensor(np.ones(())))._value, np.ndarray)


def test_sharded_arrays_stay_sharded():
    code = """
    import jax, jax.numpy as jnp, kjax
    from kjax import backend as K
    sharding = jax.NamedSharding(jax.make_mesh((4,), ("batch",)), jax.P("batch"))
    x = jax.device_put(jnp.arange(8.0).reshape(8, 1), sharding)
    results = [K.square(x), K.dot(x, jnp.ones((1, 3))), K.relu(K.sum(x, axis=1)), K.constant(x)]
    for result in (*results, (kjax.as_tensor(x) * 2)._value):
        assert len(result.devices()) == 4 and result.sharding.spec[0] == "batch", result.sharding
    """
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, env=environment)
