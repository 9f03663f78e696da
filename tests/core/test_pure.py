import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax import backend as K

X = np.arange(6, dtype="float32").reshape(3, 2)


@pytest.fixture
def weight():
    return K.variable([1.0, 2.0], name="weight")


def computed(*expressions):
    """The pure function of expressions of variables."""
    with kjax.graph_mode():
        return kjax.pure(K.function([], [expression() for expression in expressions]))


@pytest.fixture
def training(weight):
    """One step of gradient descent, and a count of the steps."""
    x, steps = K.placeholder((None, 2)), K.variable(0, dtype="int32", name="steps")
    loss = K.mean(K.square(x * weight - 1.0))
    (slope,) = K.gradients(loss, [weight])
    with kjax.graph_mode():
        return K.function([x], [loss], [K.update_sub(weight, 0.1 * slope), K.update_add(steps, 1)], name="train")


def random_function():
    x = K.placeholder((None,))
    return K.function([x, K.learning_phase()], [K.in_train_phase(lambda: K.dropout(x, 0.5, seed=1), x)])


@pytest.fixture
def dropping():
    with kjax.graph_mode():
        return random_function()


# ------------------------------------------------------------------------------------------------------ what it gives


def test_a_step_is_that_of_the_function_and_changes_no_variable(training, weight):
    step = kjax.pure(training)
    state = step.get_state()
    (loss,), new = step(state, [X])
    assert isinstance(loss, jax.Array) and isinstance(new["weight:0"], jax.Array)
    assert weight.numpy().tolist() == [1.0, 2.0]
    assert np.isclose(training([X])[0], loss, rtol=1e-6)
    assert np.allclose(weight.numpy(), new["weight:0"], atol=1e-6)
    assert new["steps:0"] == 1 and new["steps:0"].dtype == np.int32


def test_under_jit_and_scan(training, weight):
    step = kjax.pure(training)

    def body(state, x):
        (loss,), state = step(state, [x])
        return state, loss

    last, losses = jax.lax.scan(body, step.get_state(), jnp.stack([X] * 3))
    (compiled,), _ = jax.jit(step)(step.get_state(), [X])
    expected = [training([X])[0] for _ in range(3)]
    assert np.allclose(losses, expected, rtol=1e-6) and np.allclose(compiled, expected[0], rtol=1e-6)
    assert np.allclose(last["weight:0"], weight.numpy(), rtol=1e-6) and last["steps:0"] == 3


def test_under_grad_by_some_variables(training, weight):
    step = kjax.pure(training)
    state = step.get_state()
    slopes = jax.grad(lambda some: step({**state, **some}, [X])[0][0])(step.get_state([weight]))
    by_k = K.function([training.inputs[0]], K.gradients(training.outputs[0], [weight]))([X])[0]
    assert list(slopes) == ["weight:0"] and np.allclose(slopes["weight:0"], by_k, rtol=1e-6)


def test_under_vmap_over_inputs_and_states(training):
    step = kjax.pure(training)
    state = step.get_state()
    each = jax.vmap(lambda x: step(state, [x[None]])[0][0])(X)
    assert np.allclose(each, [step(state, [x[None]])[0][0] for x in X], rtol=1e-6)
    many = jax.tree.map(lambda leaf: jnp.stack([leaf, leaf]), state)
    losses, news = jax.vmap(step, in_axes=(0, None))(many, [X])
    assert losses[0].shape == (2,) and news["weight:0"].shape == (2, 2)


def test_the_form_of_inputs_and_outputs():
    x, y = K.placeholder((2,), name="x"), K.placeholder((2,), name="y")
    state, inputs = {}, {"x": jnp.ones(2), "y": np.ones(2)}
    named = kjax.pure(K.function({"x": x, "y": y}, {"sum": x + y}))
    assert named(state, inputs)[0]["sum"].tolist() == [2.0, 2.0]
    alone = kjax.pure(K.function(x, x * 2.0))
    assert alone(state, jnp.ones(2))[0].tolist() == [2.0, 2.0]
    assert computed(lambda: K.constant(1.0) * 2.0)({})[0] == [2.0]


def test_values_that_are_no_arrays_of_jax_are_converted(training):
    step = kjax.pure(training)
    state = step.get_state()
    whole = jax.jit(lambda x: step(state, [x])[0][0])(np.arange(6).reshape(3, 2))  # of integers
    assert np.allclose(whole, step(state, [X.tolist()])[0][0], rtol=1e-6)


def test_doubles_stay_doubles_in_a_program_of_32_bits():
    x, total = K.placeholder((2,), dtype="float64"), K.variable(1.0, dtype="float64", name="total")
    add = kjax.pure(K.function([x], [K.sum(x)], [K.update_add(total, K.sum(x) / 3.0)]))
    (out,), new = jax.jit(add)(add.get_state(), [np.array([1e-9, 1.0])])
    assert out.dtype == new["total:0"].dtype == np.float64
    assert float(new["total:0"]) == 1.0 + (1e-9 + 1.0) / 3.0


def test_on_several_devices():
    program = """
import jax, numpy as np, kjax
from jax.sharding import Mesh, PartitionSpec as P
from kjax import backend as K
x, w = K.placeholder((None, 2)), K.variable([1., 2.], name="w")
predict = kjax.pure(K.function([x], [K.sum(K.exp(x * w), axis=1)]))
state, data = predict.get_state(), np.arange(8, dtype="float32").reshape(4, 2) / 8
mesh = Mesh(np.array(jax.devices()), ("batch",))
split = jax.shard_map(lambda state, x: predict(state, [x])[0][0], mesh=mesh,
                      in_specs=(P(), P("batch")), out_specs=P("batch"))
out = jax.jit(split)(state, data)
assert len(out.sharding.device_set) == 2 and np.allclose(out, predict(state, [data])[0][0], rtol=1e-6)
"""
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **flags}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


# --------------------------------------------------------------------------------------------------------- the state


def test_a_state_is_a_snapshot_of_its_own(training, weight):
    step = kjax.pure(training)
    state = step.get_state()
    K.set_value(weight, [5.0, 5.0])
    assert state["weight:0"].tolist() == [1.0, 2.0]
    jax.jit(step, donate_argnums=0)(step.get_state(), [X])  # takes over the memory of the state
    assert weight.numpy().tolist() == [5.0, 5.0]


def test_set_state_gives_all_variables_their_values_or_none(training, weight):
    step = kjax.pure(training)
    _, new = step(step.get_state(), [X])
    step.set_state(new)
    assert weight.numpy().tolist() == new["weight:0"].tolist()
    before = weight.numpy().tolist()
    with pytest.raises(ValueError, match=r"steps:0: a value of shape \(2,\)"):
        step.set_state({"weight:0": jnp.zeros(2), "steps:0": jnp.zeros(2, jnp.int32)})
    with pytest.raises(TypeError, match="weight:0 is only traced here"):
        jax.jit(lambda s: step.set_state(s))(new)
    assert weight.numpy().tolist() == before


def test_variables_of_one_name_are_told_apart():
    first, second = K.variable(1.0, name="twin"), K.variable(2.0, name="twin")
    both = computed(lambda: first - second)
    assert dict(both.variables) == {"twin:0": first, "twin_1:0": second}
    assert both({"twin:0": np.float32(5), "twin_1:0": np.float32(3)})[0] == [2.0]


def test_functions_that_share_a_state(training, weight):
    with kjax.graph_mode():
        other = K.variable(3.0, name="weight")
        testing = K.function([], [weight * other])
    train, test = kjax.pure(training, testing)
    assert [*train.variables] == [*test.variables] == ["weight:0", "steps:0", "weight_1:0"]
    _, state = train(train.get_state(), [X])
    out, same = test(state)
    assert out[0].tolist() == (state["weight:0"] * 3).tolist() and same == state
    with pytest.raises(ValueError, match=r"has no variable 'steps:0'.*kjax.pure\(one, other\)"):
        kjax.pure(testing)(state)


def test_functions_that_share_a_count_of_runs(dropping):
    run, other = kjax.pure(dropping, K.function([], []))
    assert [*other.get_state()] == ["runs"] and other(other.get_state())[1] == {"runs": 0}
    assert run(run.get_state(), [np.ones(3)], learning_phase=1)[1] == {"runs": 1}


def test_what_a_state_must_have(training):
    step = kjax.pure(training)
    state = step.get_state()
    with pytest.raises(ValueError, match="lacks the variable 'weight:0'; it has steps:0"):
        step({"steps:0": state["steps:0"]}, [X])
    with pytest.raises(ValueError, match=r"'weight:0' must be an array of shape \(2,\)"):
        step({**state, "weight:0": jnp.zeros(3)}, [X])
    with pytest.raises(TypeError, match="must be a dict"):
        step([1.0], [X])
    with pytest.raises(ValueError, match=r"does not use <kjax\.Variable 'other:0'"):
        step.get_state([K.variable(1.0, name="other")])
    with pytest.raises(TypeError, match=r"made by K\.function"):
        kjax.pure(jnp.sin)


# ------------------------------------------------------------------------------------- learning phase, random numbers


def test_the_learning_phase_is_an_argument(dropping):
    run, x = kjax.pure(dropping), np.ones(100, "float32")
    state = run.get_state()
    assert run(state, [x, 0])[0][0].tolist() == run(state, [x])[0][0].tolist() == x.tolist()
    compiled = jax.jit(run, static_argnames="learning_phase")
    dropped = compiled(state, [x], learning_phase=1)[0][0]
    assert set(dropped.tolist()) == {0.0, 2.0}
    assert dropped.tolist() == run(state, [x, 1])[0][0].tolist()
    with pytest.raises(TypeError, match="static_argnames"):
        jax.jit(run)(state, [x], learning_phase=1)
    with pytest.raises(TypeError, match="give it as a number"):
        jax.jit(run)(state, [x, 1])
    with pytest.raises(ValueError, match="must be 0 or 1; got 2"):
        run(state, [x], learning_phase=2)


def test_random_numbers_differ_from_run_to_run_by_the_count_in_the_state(dropping):
    run, x = kjax.pure(dropping), np.ones(100, "float32")
    (first,), state = run(run.get_state(), [x], learning_phase=1)
    (second,), state = run(state, [x], learning_phase=1)
    again = run(run.get_state(), [x], learning_phase=1)[0][0]
    assert state["runs"] == 2
    assert first.tolist() != second.tolist() and first.tolist() == again.tolist()
    with pytest.raises(ValueError, match="needs its entry 'runs', or give key"):
        run({}, [x], learning_phase=1)


def test_random_numbers_by_a_key(dropping):
    run, x = kjax.pure(dropping), np.ones(100, "float32")
    keys = jax.random.split(jax.random.key(0), 3)
    many = jax.vmap(lambda key: run({}, [x], learning_phase=1, key=key)[0][0])(keys)
    assert len({tuple(row) for row in many.tolist()}) == 3
    assert many[1].tolist() == run({}, [x], learning_phase=1, key=keys[1])[0][0].tolist()
    assert abs(float(many.mean()) - 1.0) < 0.3


# -------------------------------------------------------------------------------------- a function called under a trace


def test_a_function_called_with_what_jax_traces(weight):
    x = K.placeholder((None, 2))
    predict = K.function([x], [K.sum(K.exp(x * weight), axis=1)])
    expected = predict([X])[0]
    assert np.allclose(jax.jit(lambda x: predict([x])[0])(X), expected, rtol=1e-6)
    assert np.allclose(jax.vmap(lambda x: predict([x[None]])[0][0])(X), expected, rtol=1e-6)
    slopes = jax.grad(lambda x: predict([x])[0].sum())(jnp.asarray(X))
    by_k = K.function([x], K.gradients(predict.outputs[0], [x]))([X])[0]
    assert np.allclose(slopes, by_k, rtol=1e-6)


def test_a_variable_that_a_compiled_function_has_read_keeps_its_value(weight):
    x = K.placeholder((2,))
    scale = K.function([x], [x * weight])
    jax.grad(lambda x: scale([x])[0].sum())(jnp.ones(2))
    K.set_value(weight, [1.0, 3.0])
    jax.jit(lambda x: scale([x])[0])(jnp.ones(2))
    with pytest.raises(ValueError, match=r"was read.*by a function that JAX compiled"):
        K.set_value(weight, [5.0, 5.0])


def test_a_function_without_traced_inputs_in_a_program_that_is_traced(weight):
    with kjax.graph_mode():
        double = K.function([], [weight * 2.0])
    assert jax.jit(lambda x: x + double([])[0])(1.0).tolist() == [3.0, 5.0]
    double([])
    assert jax.jit(lambda x: x + double([])[0])(2.0).tolist() == [4.0, 6.0]


def test_a_function_that_updates_is_refused_under_a_trace(training, weight):
    training([X])
    before = weight.numpy().tolist()
    for transformed in (jax.jit, jax.grad, jax.vmap):
        with pytest.raises(NotImplementedError, match=r"'train' updates variables.*kjax\.pure"):
            transformed(lambda x: training([x[None]] if x.ndim == 1 else [x])[0])(jnp.asarray(X))
    with kjax.graph_mode():
        count = K.function([], [], [K.update_add(weight, [1.0, 1.0])])
    with pytest.raises(NotImplementedError, match=r"kjax\.pure"):
        jax.jit(lambda x: count([]) and x)(1.0)
    assert weight.numpy().tolist() == before


def test_shapes_that_depend_on_traced_values_are_an_error_that_says_so():
    n = K.placeholder((), dtype="int32")
    count = kjax.pure(K.function([n], [K.arange(n)]))
    assert count({}, [3])[0][0].tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match=r"the pure function: number_range\(\) needs the values of an array"):
        jax.jit(count)({}, [3])
