import collections
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import foreign

ARRAY = jnp.arange(6.0).reshape(2, 3)


def is_plain(result):
    return isinstance(result, jax.Array)


# ------------------------------------------------------------------------------------------------ what decides


def test_arrays_give_arrays():
    assert is_plain(K.square(ARRAY)) and K.square(ARRAY).tolist() == np.square(ARRAY).tolist()
    assert is_plain(K.concatenate([ARRAY, np.ones((2, 3), "float32")]))
    assert is_plain(K.maximum([[1.0, 2.0, 3.0]], ARRAY)) and is_plain(K.maximum(1.0, y=ARRAY))
    assert is_plain(K.l2_normalize(ARRAY, axis=-1)) and is_plain(K.zeros_like(ARRAY)) and is_plain(K.constant(ARRAY))


def test_a_tensor_among_them_gives_tensors():
    sparse = kjax.SparseTensor([[0, 1], [1, 0]], [2.0, 3.0], (2, 2))
    assert type(K.dot(sparse, ARRAY)) is kjax.Tensor
    assert jax.jit(K.dot)(sparse, ARRAY).numpy().tolist() == K.dot(sparse, ARRAY).numpy().tolist()
    for other in (K.constant(np.ones((2, 3), "float32")), K.variable(np.ones((2, 3)))):
        assert type(K.maximum(ARRAY, other)) is type(other * ARRAY) is type(K.stack([other, ARRAY])) is kjax.Tensor


@pytest.mark.parametrize("value", [2.0, [1.0, 2.0], np.ones(2, "float32")])
def test_what_is_no_array_of_jax_gives_tensors(value):
    assert type(K.square(value)) is type(K.softmax(K.stack([value, value]))) is kjax.Tensor


def test_symbolic_operands_give_symbolic_tensors():
    x = K.placeholder(shape=(None, 3))
    assert (x * ARRAY).is_symbolic and K.function([x], [K.maximum(ARRAY, x)])([np.ones((2, 3))])[0].max() == 5
    with kjax.graph_mode():
        assert K.square(ARRAY).is_symbolic


def test_several_results_nested_ones_too():
    normed, mean, variance = K.normalize_batch_in_training(ARRAY, None, None, [0])
    assert is_plain(normed) and is_plain(mean) and is_plain(variance)
    pair = collections.namedtuple("pair", "a b")
    found = foreign.mapped({"x": [K.constant(1.0), pair(2, K.constant(3.0))]}, foreign.plain)
    assert is_plain(found["x"][0]) and found["x"][1].a == 2 and is_plain(found["x"][1].b)


def test_what_is_not_changed_is_handed_on():
    value = {"x": [1, (2, "a")]}
    assert foreign.mapped(value, lambda leaf: leaf) is value


def test_variables_and_values_stay_what_they_are():
    v = K.variable(ARRAY)
    assert isinstance(v, kjax.Variable) and K.update(v, ARRAY + 1) is v
    K.set_value(v, ARRAY)
    assert type(K.get_value(v)) is type(K.eval(ARRAY)) is np.ndarray
    assert K.int_shape(ARRAY) == (2, 3) and K.ndim(ARRAY) == 2 and K.dtype(ARRAY) == "float32"


def test_errors_are_those_of_tensors():
    with pytest.raises(TypeError, match=r"^dot\(\)"):
        K.dot(ARRAY, jnp.ones((3, 2), "int32"))
    with pytest.raises(ValueError, match=r"^concatenate\(\)"):
        K.concatenate([ARRAY, ARRAY[:1]], axis=1)


def test_lists_that_contain_themselves():
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nested too deeply"):
        K.square(endless)


# --------------------------------------------------------------------------------------------------- callbacks


def test_callbacks_see_what_came_in():
    kinds = []

    def step(x, states):
        kinds.extend([type(x), type(states[0])])
        return jnp.sin(x), [states[0] + K.square(x)]

    last, outputs, states = K.rnn(step, ARRAY[..., None], [jnp.zeros((2, 1))])
    assert all(map(is_plain, (last, outputs, *states))) and set(kinds) == {type(ARRAY)}
    assert np.allclose(outputs[..., 0], np.sin(ARRAY)) and np.allclose(states[0][:, 0], np.square(ARRAY).sum(1))
    assert is_plain(K.map_fn(lambda row: jnp.flip(row), ARRAY)) and is_plain(K.foldl(lambda a, b: a + b, ARRAY))


def test_callbacks_of_tensors_see_tensors():
    kinds = []
    K.map_fn(lambda x: kinds.append(type(x)) or x, K.constant([1.0]))
    K.map_fn(lambda x: kinds.append(type(x)) or x, np.ones(1, "float32"))
    assert kinds == [kjax.Tensor] * 2


def test_what_callbacks_return_decides_where_nothing_else_does():
    assert is_plain(K.switch(True, lambda: ARRAY, lambda: ARRAY))
    assert is_plain(K.in_train_phase(lambda: ARRAY, lambda: ARRAY, training=1))
    one = K.constant(1.0)
    assert K.switch(True, lambda: one, lambda: one) is one
    assert K.in_test_phase(lambda: one, lambda: ARRAY, training=0) is one


# ------------------------------------------------------------------------------------------- transformations of JAX


def test_functions_are_transformed_as_they_are():
    assert np.allclose(jax.jit(K.square)(ARRAY), ARRAY**2)
    assert np.allclose(jax.grad(lambda x: K.sum(K.square(x)))(ARRAY), 2 * ARRAY)
    assert np.allclose(jax.vmap(K.sum)(ARRAY), ARRAY.sum(1))
    assert jax.hessian(lambda x: K.mean(K.square(x)))(ARRAY).shape == (2, 3, 2, 3)
    assert jax.lax.scan(lambda total, row: (total + K.sum(row), K.tanh(row)), 0.0, ARRAY)[0] == 15


def test_shapes_stay_known_under_a_trace():
    def by_shape(x):
        rows, columns = K.shape(x)[0], K.shape(x)[1]
        return K.reshape(x, K.stack([columns, rows])), K.zeros_like(x)

    found, zeros = jax.jit(by_shape)(ARRAY)
    assert found.shape == (3, 2) and not zeros.any()


def test_64_bits_are_as_jax_has_them():
    assert jax.jit(K.argmax)(ARRAY).dtype == K.argmax(ARRAY).dtype == "int32"
    assert K.cast(ARRAY, "float64").dtype == jax.jit(lambda x: K.cast(x, "float64"))(ARRAY).dtype == "float32"
    with jax.enable_x64(True):
        assert K.argmax(ARRAY).dtype == "int64" and K.cast(ARRAY, "float64").dtype == "float64"


# ------------------------------------------------------------------------------------------------- other libraries


class Metres:
    def __init__(self, value):
        self.value = value


class OfMetres(foreign.Kind):
    def recognises(self, cls):
        return issubclass(cls, Metres)

    def call(self, call, args, kwargs):
        inner = foreign.mapped((args, kwargs), lambda leaf: leaf.value if isinstance(leaf, Metres) else leaf)
        return Metres(call.function(*inner[0], **inner[1]))


@pytest.fixture
def metres(monkeypatch):
    monkeypatch.setattr(foreign, "_KINDS", [*foreign._KINDS])
    monkeypatch.setattr(foreign, "_of_class", {})
    foreign.register(OfMetres())


def test_other_libraries_say_what_a_call_does(metres):
    length = Metres([1.0, 2.0])
    for found in (K.square(length), K.stack([length, length]), K.softmax(x=length), K.maximum(K.ones((2,)), length)):
        assert isinstance(found, Metres) and isinstance(found.value, kjax.Tensor)
    both = K.maximum(ARRAY, Metres(3.0))  # which goes before arrays
    assert isinstance(both, Metres) and is_plain(both.value)


def test_nothing_imports_jax():
    code = "import sys; from kjax import backend as K; K.softmax(K.square([1., 2.])); assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_lists_of_what_is_traced_are_one_array():
    assert jax.jit(lambda x: K.sum([x, x], axis=0))(ARRAY).tolist() == (2 * ARRAY).tolist()


def test_what_needs_a_value_says_so_in_our_words():
    with pytest.raises(TypeError, match=r"^arange\(\): it needs the values of an array"):
        jax.jit(lambda x: K.arange(x[0, 0]))(ARRAY)


def test_a_symbolic_dim_is_a_shape():
    x = K.placeholder((None, 2))
    assert K.function([x], [K.ones(K.shape(x)[0])])([np.ones((3, 2))])[0].tolist() == [1, 1, 1]


class _Parameter:
    """An object around an array, as other libraries have them."""

    def __init__(self, value):
        self.value = value

    def __jax_array__(self):
        return self.value


def test_objects_that_stand_for_an_array_are_one():
    parameter = _Parameter(jnp.ones((3, 1)))
    assert isinstance(K.square(parameter), jax.Array) and isinstance(K.sum([parameter]), jax.Array)
    assert isinstance(K.dot(K.constant([[1.0, 2.0, 3.0]]), parameter), kjax.Tensor)
    slope = jax.grad(lambda w: K.sum(K.square(_Parameter(w))))(jnp.ones(2))
    assert slope.tolist() == [2, 2]


def test_a_branch_is_given_back_as_it_is():
    array, tensor = jnp.ones(2), K.constant([1.0, 1.0])
    for result in (array, tensor, 3, [array, tensor], np.ones(2)):
        assert K.switch(True, lambda r=result: r, lambda: tensor) is result
        assert K.switch(condition=0, then_expression=lambda: 1, else_expression=lambda r=result: r) is result
        assert K.in_train_phase(lambda: tensor, lambda r=result: r) is result
        assert K.in_test_phase(lambda: tensor, lambda r=result: r, training=1) is result


def test_elements_of_branches_are_chosen_as_what_they_are():
    then, otherwise = jnp.ones(2), jnp.zeros(2)
    for chosen in (
        K.switch([True, False], lambda: then, lambda: otherwise),
        K.switch(ARRAY[0, :2] > 0, then, otherwise),
    ):
        assert is_plain(chosen)
    by_name = K.switch(condition=[True, False], then_expression=lambda: then, else_expression=lambda: otherwise)
    assert is_plain(by_name) and type(K.switch([True, False], lambda: K.ones(2), lambda: otherwise)) is kjax.Tensor


def test_lists_in_lists():
    assert is_plain(K.constant([[1.0, 2.0], [ARRAY[0, 0], 4.0]])) and is_plain(K.stack(x=[ARRAY, ARRAY]))
    v, w = K.variable([0.0, 0.0, 0.0]), K.variable(1.0)
    K.batch_set_value([(v, ARRAY[1]), (w, 5.0)])
    assert K.batch_get_value([v, w])[0].tolist() == [3, 4, 5] and K.get_value(w) == 5
