"""Each function of K on JAX's arrays, as they are: each way that `arrays.py` says works, and what it says does not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax import backend as K

from . import arrays, play
from .case import FLOATS

NAMES = arrays.names()


def is_array(leaf):
    return isinstance(leaf, (kjax.Tensor, jax.Array, np.ndarray, np.generic))


def outputs(use, given):
    """The arrays that a call gives; plain values are compared elsewhere."""
    return [leaf for leaf in play.leaves(use.function(K, *given), is_array) if is_array(leaf)]


def plain(use, given):
    """The same within a transformation: JAX's arrays, as they come out."""
    found = outputs(use, given)
    assert not any(type(leaf) is kjax.Tensor for leaf in found)
    return [jnp.asarray(leaf) for leaf in found]


def values(use):
    return [jnp.asarray(description.value()) for description in use.arrays]


def expected(use):
    """What the call gives at once, on tensors."""
    return [np.asarray(leaf) for leaf in outputs(use, [kjax.as_tensor(a.value()) for a in use.arrays])]


def compare(ours, theirs):
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        mine, other = np.asarray(mine), np.asarray(other)
        assert mine.shape == other.shape and mine.dtype.kind == other.dtype.kind
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


def by_jit(use):
    compare(jax.jit(lambda *given: plain(use, given))(*values(use)), expected(use))


def by_vmap(use):
    twice = [jnp.stack([value, value]) for value in values(use)]
    found = jax.vmap(lambda *given: plain(use, given))(*twice)
    compare([out[1] for out in found], expected(use))


def by_grad(use):
    places = [i for i, a in enumerate(use.arrays) if a.dtype in FLOATS]

    def loss(*given):
        return sum(jnp.sum(out) for out in plain(use, given) if jnp.issubdtype(out.dtype, jnp.floating))

    found = jax.jit(jax.grad(loss, argnums=tuple(places)))(*values(use))
    if use.random or any(use is arrays.use(name) for name in ON_VALUES):
        compare(found, jax.grad(loss, argnums=tuple(places))(*values(use)))
        return
    inputs = [K.placeholder(a.shape, dtype=a.dtype) for a in use.arrays]
    total = sum(K.sum(out) for out in outputs(use, inputs) if out.dtype.is_floating)
    slopes = K.gradients(total, [inputs[i] for i in places])
    there = K.function(inputs, [s for s in slopes if s is not None])([a.value() for a in use.arrays])
    rest = iter(there)
    compare(
        found, [np.zeros(f.shape, f.dtype) if s is None else next(rest) for f, s in zip(found, slopes, strict=True)]
    )


# Functions that need values: K has no gradients of them in graphs.
ON_VALUES = (
    *("batch_get_value", "batch_set_value", "eval", "get_value", "moving_average_update", "set_value", "update"),
    *("update_add", "update_sub", "variable", "constant", "eye", "ones", "zeros"),
)


def by_export(use):
    (batch,) = jax.export.symbolic_shape("batch")
    lead = next(a.shape for a in use.arrays if a.shape)[0]
    first = next(i for i, a in enumerate(use.arrays) if a.shape)
    error = None
    # The batch is the first dim of the first array, or also of all others that are as long.
    for open_dims in ([first], [i for i, a in enumerate(use.arrays) if a.shape and a.shape[0] == lead]):
        specs = [
            jax.ShapeDtypeStruct((batch, *v.shape[1:]) if i in open_dims else v.shape, v.dtype)
            for i, v in enumerate(values(use))
        ]
        try:
            exported = jax.export.export(jax.jit(lambda *given: plain(use, given)))(*specs)
            found = exported.call(*values(use))
        except Exception as caught:
            error = caught
        else:
            compare(found, expected(use))
            return
    raise error


BY = {"jit": by_jit, "grad": by_grad, "vmap": by_vmap, "export": by_export}


def test_there_are_126():
    assert len(NAMES) == 126
    assert sum("jit" not in arrays.WHY_NOT.get(name, {}) for name in NAMES) >= 120


@pytest.mark.parametrize("name", NAMES)
def test_it_gives_arrays_for_arrays(name):
    use = arrays.use(name)
    found = outputs(use, values(use))
    assert not any(type(leaf) is kjax.Tensor for leaf in found)
    compare(found, expected(use))


@pytest.mark.parametrize("way", arrays.WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_transformed(name, way):
    use, said = arrays.use(name), arrays.cell(name, way)
    if said == "no gradient":
        assert not use.differentiable
    elif said == "works":
        BY[way](use)
    else:
        with pytest.raises(Exception):  # noqa: B017  (JAX's own among them)
            BY[way](use)
