"""Tensors in the functions of JAX."""

import jax
import pytest

from kjax import backend as K


def test_a_pytree_with_nothing_in_the_place_of_the_value():
    x = K.constant([1.0])
    empty = jax.tree.map(lambda leaf: None, x)
    structure = jax.tree.structure(x)
    assert jax.tree.structure(jax.tree.unflatten(structure, [None]), is_leaf=lambda leaf: leaf is None) == structure
    assert jax.tree.leaves(empty) == []


def test_a_pytree_with_labels_in_the_place_of_values():
    x, v = K.constant([1.0]), K.variable([2.0])
    labels = jax.tree.map(lambda leaf: "frozen", {"x": x, "v": v})
    assert jax.tree.leaves(labels) == ["frozen", "frozen"]
    assert repr(labels["x"]) == str(labels["x"]) == "<kjax.Tensor of 'frozen'>"
    assert repr(labels["v"]) == str(labels["v"]) == "<kjax.Variable of 'frozen'>"


def test_jacobians_of_tensors_are_tensors():
    x = K.constant([1.0, 2.0])
    for jacobian in (jax.jacrev, jax.jacfwd):
        assert jacobian(K.square)(x).numpy().tolist() == [[2, 0], [0, 4]]
    hessian = jax.hessian(lambda t: jax.numpy.asarray(K.sum(t * t * t)))(x)
    assert hessian.numpy().tolist() == [[6, 0], [0, 12]]


def test_jax_says_where_it_takes_no_tensor():
    x = K.constant([1.0, 2.0])
    with pytest.raises(ValueError, match=r"kjax.Tensor: shape=\(\),.*Write jnp.asarray\(tensor\)"):
        jax.grad(lambda t: K.sum(K.square(t)))(x)
    slopes = jax.grad(lambda t: jax.numpy.asarray(K.sum(K.square(t))))(x)
    assert slopes.numpy().tolist() == [2, 4]


def test_operations_of_jax_take_tensors():
    x, v = K.constant([3.0, 1.0]), K.variable([1.0, 2.0])
    assert jax.numpy.sort(v).tolist() == [1, 2] and jax.nn.relu(x).tolist() == [3, 1]
    assert jax.vmap(lambda a: a * jax.numpy.asarray(v))(jax.numpy.ones((2, 2))).tolist() == [[1, 2], [1, 2]]
    if jax.__version_info__ >= (0, 10):
        assert jax.lax.add(x, v).tolist() == [4, 3] and jax.lax.sort(x).tolist() == [1, 3]
