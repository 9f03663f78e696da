"""The `tf.*` calls on arrays of JAX: recorded calls of the matrix `x` again, with an array or a tracer in its place.

Of each function the first recorded call that has `x` in it is made.
"""

import importlib
import re
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax.dialects import keras2_repairs, tensorflow

from . import calls

X = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)

# Calls with these in them are left out: they make tensors, or objects that hold some, or are about neither.
LEFT_OUT = re.compile(
    r"'x'|,x'|x ?\+ ?\[|constant\(|complex\(|IndexedSlices|TensorArray|GradientTape|Variable|LossScale|v2_tensorshape|"
    r"expm|igamma|betainc|polygamma|"  # (long to compile)
    r"tf\.(compat\.v1\.)?(data|io|mixed_precision|nest|parse_tensor|train)\b"
)

# What does not work in `jax.jit`, with what the error says.
VALUES = "needs the values|must be an integer"
NO_JIT = {
    "bincount": VALUES,
    "numpy_function": "jax.pure_callback|can't run by operation",
    "py_func(": "jax.pure_callback",
    "random_crop": "give a key of jax.random",
    "unique": VALUES,
    "serialize_tensor": VALUES,
    "where(x>1.)": VALUES,
}


def _chosen():
    """For each function, the first call of `x`."""
    found = {}
    for expression, answer in calls.RECORDED["eager"].items():
        if answer == "error" or not re.search(r"\bx\b", expression) or LEFT_OUT.search(expression):
            continue
        for name in re.findall(r"\btf(?:\.\w+)+", expression):
            found.setdefault(re.sub(r"\.compat\.v[12]", "", name), expression)
    return found


CHOSEN = sorted(set(_chosen().values()))


@pytest.fixture(scope="module")
def tf():
    with mock.patch.object(keras2_repairs, "is_installed", lambda: False), tensorflow.install(force=True):
        yield importlib.import_module("tensorflow")


def leaves(result):
    if isinstance(result, dict):
        result = list(result.values())
    return [leaf for part in result for leaf in leaves(part)] if isinstance(result, (list, tuple)) else [result]


def numbers(result):
    """The arrays of numbers in a result."""
    found = [leaf for leaf in leaves(result) if isinstance(leaf, (kjax.Tensor, jax.Array, np.ndarray, np.generic))]
    return [leaf for leaf in found if not (isinstance(leaf, kjax.Tensor) and leaf.dtype == "string")]


def compare(found, expected):
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("expression", CHOSEN)
def test_arrays_give_arrays(tf, expression):
    def computed(x):
        return eval(expression, {"tf": tf, "np": np, "x": x})

    expected = numbers(computed(tf.constant(X)))
    found = numbers(computed(jnp.asarray(X)))
    assert not [leaf for leaf in found if type(leaf) is kjax.Tensor]
    compare(found, expected)
    program = jax.jit(lambda x: numbers(computed(x)))
    refused = [message for name, message in NO_JIT.items() if f".{name}" in expression]
    if refused:
        with pytest.raises((TypeError, ValueError), match="|".join(refused)):
            program.lower(X)
        return
    traced = jax.tree.leaves(program.lower(X).out_info)
    assert [(out.shape, out.dtype) for out in traced] == [(out.shape, np.asarray(out).dtype) for out in found]
