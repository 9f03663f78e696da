import copy
import pickle

import numpy as np
import pytest

import kjax
from kjax import backend as K


def test_it_is_a_tensor_with_a_value_that_is_replaced():
    v = K.variable([1.0, 2.0], name="v")
    before = np.asarray(v)
    total = v + 0.0
    K.set_value(v, [5, 6])
    assert isinstance(v, kjax.Tensor) and v.name == "v:0" and v.numpy().tolist() == [5, 6]
    assert before.tolist() == [1, 2] and total.numpy().tolist() == [1, 2]


def test_the_value_given_is_copied():
    array = np.ones(3, "float32")
    v = K.variable(array)
    array[0] = 9
    assert v.numpy()[0] == 1
    got = K.get_value(v)
    got[0] = 7
    assert v.numpy()[0] == 1


def test_methods_of_tensorflows_variables():
    v = K.variable([1.0, 2.0])
    assert v.assign([3.0, 4.0]) is v and v.assign_add([1.0, 1.0]) is v and v.assign_sub([2.0, 2.0]) is v
    assert v.value().numpy().tolist() == [2, 3] and type(v.read_value()) is kjax.Tensor
    assert v.trainable and v.initializer is None and v.constraint is None and v.eval().tolist() == [2, 3]
    v.trainable = False
    v.constraint = abs
    assert not v.trainable and v.constraint is abs and len(v) == 2
    assert K.variable(1.0, constraint=abs).constraint is abs


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_copies_and_pickles_are_independent(twin_of):
    v = K.variable([[1.0]], dtype="bfloat16", name="w")
    v.trainable = False
    v.note = ["x"]
    twin = twin_of(v)
    assert type(twin) is kjax.Variable and twin.name == "w:0" and twin.dtype == "bfloat16" and twin.note == ["x"]
    assert not twin.trainable
    K.set_value(twin, [[2.0]])
    assert float(v) == 1 and float(twin) == 2


def test_deepcopy_keeps_one_variable_one():
    v = K.variable(1.0)
    a, b = copy.deepcopy([v, v])
    assert a is b and a is not v


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([1.0, 2.0, 3.0], ValueError),
        ("ab", TypeError),
        ([[1.0], [2.0, 3.0]], ValueError),
        (None, ValueError),
        (["1", "2"], TypeError),
        ([1j, 2j], TypeError),
    ],
)
def test_a_value_that_does_not_fit_changes_nothing(value, error):
    v = K.variable([1.0, 2.0])
    for change in (K.set_value, K.update, K.update_add, lambda v, x: v.assign(x)):
        with pytest.raises(error):
            change(v, value)
    with pytest.raises(error):
        K.batch_set_value([(v, [7.0, 7.0]), (v, value)])
    assert v.numpy().tolist() == [1, 2]


def test_repr_says_what_it_holds():
    assert repr(K.variable([1.0])) == (
        "<kjax.Variable 'Variable:0' shape=(1,) dtype=float32, numpy=array([1.], dtype=float32)>"
    )


def test_export_is_a_copy():
    import jax.numpy as jnp

    v = K.variable([1.0, 2.0])
    array = jnp.asarray(v)
    other = np.from_dlpack(v)
    K.update_add(v, [1.0, 1.0])
    assert array.tolist() == [1, 2] and other.tolist() == [1, 2]


# ------------------------------------------------------------------------------------------------------- within JAX


def test_what_a_compiled_function_has_read_stays():
    import jax
    import jax.numpy as jnp

    for read in (lambda v, x: x * v, lambda v, x: K.dot(x, v), lambda v, x: K.exp(v), lambda v, x: K.concatenate([v])):
        v, other = K.variable([[1.0, 2.0], [3.0, 4.0]], name="w"), K.variable(1.0)
        jax.jit(lambda x, v=v, read=read: read(v, x))(jnp.ones((2, 2)))
        for change in (
            lambda v=v: K.set_value(v, np.zeros((2, 2))),
            lambda v=v: K.update_add(v, np.ones((2, 2), "float32")),
            lambda v=v, other=other: K.batch_set_value([(other, 2.0), (v, np.zeros((2, 2)))]),
            lambda v=v: kjax.Function([], [], updates=[(v, np.zeros((2, 2)))])([]),
        ):
            with pytest.raises(ValueError, match=r"'w:0' was read, in .*test_variable\.py, line"):
                change()
        assert K.get_value(v)[0, 0] == 1 and K.get_value(other) == 1


def test_without_compilation_it_changes():
    import jax
    import jax.numpy as jnp

    v = K.variable([1.0, 2.0])
    for _ in range(2):
        slope = jax.grad(lambda x: K.sum(K.square(x * v)))(jnp.ones(2))
        K.set_value(v, slope)
    assert K.get_value(v).tolist() == [8, 128]


def test_variables_are_arguments():
    import jax
    import jax.numpy as jnp

    v = K.variable([1.0, 2.0])
    new = jax.jit(lambda v, x: (K.update_add(v, x), K.set_value(v, v * 2), v)[-1])(v, jnp.ones(2))
    assert isinstance(new, kjax.Variable) and K.get_value(new).tolist() == [4, 6] and K.get_value(v).tolist() == [1, 2]
    K.set_value(v, [0.0, 0.0])


@pytest.mark.parametrize("value", ["traced", "known"])
def test_no_value_is_kept_beyond_a_trace(value):
    import jax
    import jax.numpy as jnp

    v = K.variable([1.0, 2.0])
    for change in (K.update, K.set_value, lambda v, x: K.batch_set_value([(v, x)])):
        with pytest.raises(TypeError, match="can't get a value while JAX traces"):
            jax.jit(lambda x, change=change: (change(v, x if value == "traced" else np.ones(2, "float32")), x)[1])(
                jnp.ones(2)
            )
    assert K.get_value(v).tolist() == [1, 2]
