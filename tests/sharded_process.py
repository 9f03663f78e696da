"""A process with eight devices on a CPU, in which functions of `CHECKS` run: `python sharded_process.py [names]`.

The number of devices is fixed when JAX starts, so that the other tests can't change it. Each check has an entry in the
result, a line of JSON: "" if it passed, else its traceback.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import traceback

import numpy as np

HERE = pathlib.Path(__file__)
CHECKS = {}


def results(*names):
    """What the checks of these names gave in a process of their own."""
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    command = [sys.executable, "-W", "error", str(HERE), *names]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def check(function):
    CHECKS[function.__name__] = function
    return function


# ----------------------------------------------------------------------------------------------- models, and their runs


def sgd(loss, weights):
    return [K.update_sub(w, 0.1 * slope) for w, slope in zip(weights, K.gradients(loss, weights), strict=True)]


def adam(loss, weights):
    """With slots that only the graph of the updates tells from other variables of their shape."""
    updates = []
    for weight, slope in zip(weights, K.gradients(loss, weights), strict=True):
        mean, square = K.zeros(K.int_shape(weight)), K.zeros(K.int_shape(weight))
        new_mean, new_square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * K.square(slope)
        step = 0.01 * new_mean / (K.sqrt(new_square) + 1e-3)
        updates += [K.update(mean, new_mean), K.update(square, new_square), K.update_sub(weight, step)]
    return updates


def weight(*shape, name):
    return K.random_normal_variable(shape, 0.0, 0.4, name=name)


def dense():
    x, w, v = K.placeholder((None, 8)), weight(8, 16, name="first/kernel"), weight(16, 4, name="last/kernel")
    y = K.dot(K.dropout(K.relu(K.dot(x, w)), 0.5), v)
    return [x], K.mean(K.square(y)), [y, K.random_normal((8, 3)), K.random_uniform(())], [w, v]


def convnet():
    x, w, d = K.placeholder((None, 8, 8, 3)), weight(3, 3, 3, 8, name="kernel"), weight(3, 3, 8, 1, name="depth")
    v, scale, offset = weight(32, 4, name="last/kernel"), K.ones((8,)), K.zeros((8,))
    h = K.pool2d(K.relu(K.conv2d(x, w, padding="same")), (2, 2), (2, 2))
    h, mean, variance = K.normalize_batch_in_training(h, scale, offset, [0, 1, 2])
    h = K.pool2d(K.relu(K.depthwise_conv2d(h, d, padding="same")), (2, 2), (2, 2), pool_mode="avg")
    y = K.dot(K.batch_flatten(h), v)
    return [x], K.mean(K.square(y)), [y, mean, variance], [w, d, v, scale, offset]


def recurrent():
    x, w, u = K.placeholder((None, 6, 5)), weight(5, 8, name="first/kernel"), weight(8, 16, name="recurrent")
    b, c = weight(8, name="bias"), weight(8, name="other")

    def step(slices, states):
        # (As cells of Keras have it: a part of a weight, a bias of the slices, and one of all.)
        state = K.tanh(K.bias_add(K.dot(slices, w) + b + K.dot(states[0], u[:, :8]), c))
        return state, [state]

    start = K.zeros_like(K.dot(x[:, 0], w))
    last, states, _ = K.rnn(step, x, [start], mask=K.any(K.not_equal(x, 0.0), -1))
    return [x], K.mean(K.square(states)), [last], [w, u, b, c]


def attention():
    x, table, v = K.placeholder((None, 6), dtype="int32"), weight(20, 8, name="table"), weight(8, 5, name="last/kernel")
    h = K.gather(table, x)
    h = K.mean(K.batch_dot(K.softmax(K.batch_dot(h, K.permute_dimensions(h, (0, 2, 1)))), h), 1)
    y = K.softmax(K.dot(h, v))
    return [x], K.mean(K.sparse_categorical_crossentropy(x[:, 0] % 5, y)), [y], [table, v]


def feeds_for(model, count):
    random = np.random.RandomState(0)
    if model is attention:
        return [random.randint(0, 20, (count, 6)).astype("int32")]
    dims = {dense: (8,), convnet: (8, 8, 3), recurrent: (6, 5)}[model]
    x = random.rand(count, *dims).astype("float32")
    return [x * (random.rand(count, 6, 1) > 0.3) if model is recurrent else x]


def trained(model, mesh, count=16, steps=3, updates=sgd, **how):
    """Outputs of each step, the weights in the end, and which collectives a step has."""
    from kjax.core.running import restart_runs

    np.random.seed(1)
    restart_runs()
    with kjax.graph_mode():
        K.set_learning_phase(1)
        inputs, loss, outputs, weights = model()
        train = K.function(inputs, [loss, *outputs], updates=updates(loss, weights))
    feeds = feeds_for(model, count)
    with contextlib.nullcontext() if mesh is None else kjax.sharded(mesh, **how):
        found = [train(feeds) for _ in range(steps)]
        kinds = [each.kind for each in train.collectives(*feeds)] if mesh is not None else []
    return found, weights, kinds


def assert_close(found, wanted, tolerance=1e-5):
    import jax

    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def spread(array):
    """Over how many devices, and how."""
    parts = [*array.sharding.spec]
    while parts and parts[-1] is None:
        parts.pop()
    return array.sharding.num_devices, tuple(parts)


# --------------------------------------------------------------------------------------------------------------- checks


@check
def same_results_on_more_devices():
    """Losses, outputs, random numbers, statistics of the batch; by data alone one kind of communication is needed."""
    for model in (dense, convnet, recurrent, attention):
        alone, weights, _ = trained(model, None)
        values = K.batch_get_value(weights)
        found, weights, kinds = trained(model, 8)
        assert_close(found, alone)
        assert_close(K.batch_get_value(weights), values)
        assert set(kinds) == {"all-reduce"}, (model, kinds)
        assert model is not recurrent or len(kinds) == 1, kinds  # behind the loop
        assert spread(weights[0]._value) == (8, ())


@check
def batches_that_cannot_be_divided():
    alone, _, _ = trained(dense, None, count=13)
    found, _, kinds = trained(dense, 8, count=13)
    assert_close(found, alone)
    assert not kinds  # each device has the whole


@check
def rules_place_variables_and_their_slots():
    rules = {"first/kernel": P(None, "model"), "last/kernel": ("model", None), "table": ("model",)}
    for model in (dense, attention):
        alone, _, _ = trained(model, None, updates=adam)
        found, weights, kinds = trained(model, {"data": 4, "model": 2}, updates=adam, rules=rules)
        assert_close(found, alone)
        assert "all-reduce" in kinds and "all-gather" not in kinds, (model, kinds)
        assert spread(weights[0]._value)[1] == ((None, "model") if model is not attention else ("model",))


@check
def slots_follow():
    with kjax.graph_mode():
        x, w, other = K.placeholder((None, 4)), weight(4, 4, name="w"), weight(4, 4, name="other")
        loss = K.mean(K.square(K.dot(K.dot(x, w), other)))
        train = K.function([x], [loss], updates=adam(loss, [w, other]))
    slots = train.plan.updated
    with kjax.sharded("data=4,model=2", rules={"^w$": (None, "model")}):
        train([np.ones((8, 4))])
    shared = [v for v in slots if spread(v._value)[1] == (None, "model")]
    assert len(shared) == 3 and w in set(shared) and other not in set(shared)
    assert all(spread(v._value)[0] == 8 for v in slots)


@check
def rules_that_do_not_fit():
    x, w = K.placeholder((None, 4)), weight(4, 3, name="layer/kernel")
    f = K.function([x], [K.dot(x, w)])
    for spec, problem in (((None, "data"), "dim 1"), ((None, None, "data"), "3 dims")):
        with kjax.sharded(8, rules={"kernel": spec}):
            message = error_of(ValueError, lambda: f([np.ones((8, 4))]))
            assert "layer/kernel" in message and "(4, 3)" in message and problem in message
    with kjax.sharded(8):
        assert f([np.ones((8, 4))])[0].shape == (8, 3)


@check
def values_stay_in_their_place():
    x, w = K.placeholder((None, 4)), weight(4, 8, name="w")
    f = K.function([x], [K.dot(x, w)], updates=[(w, w + K.sum(x))])
    with kjax.sharded(8, rules={"w": (None, "data")}):
        f([np.ones((8, 4))])
    place = (8, (None, "data"))
    assert spread(w._value) == place
    for change in (
        lambda: K.set_value(w, np.ones((4, 8))),
        lambda: K.batch_set_value([(w, np.ones((4, 8)))]),
        lambda: K.update(w, w * 2.0),
        lambda: K.update_add(w, np.ones((4, 8), "float32")),
        lambda: f([np.ones((8, 4))]),
        lambda: f([np.ones((3, 4))]),
        lambda: kjax.pure(f).set_state({w.name: np.ones((4, 8))}),
    ):
        change()
        assert spread(w._value) == place
    assert K.get_value(w).tolist() == np.ones((4, 8)).tolist()
    with kjax.sharded(2):  # elsewhere, where no rule is for it
        f([np.ones((8, 4))])
    assert spread(w._value) == (2, ()) and K.get_value(w)[0, 0] == 33


@check
def spread_arrays_without_a_block():
    """Over meshes of both kinds, also within `jax.set_mesh`."""
    array = np.arange(32, dtype="float32").reshape(16, 2)
    for kind in ("Auto", "Explicit"):
        mesh = jax.make_mesh((8,), ("x",), axis_types=(getattr(jax.sharding.AxisType, kind),))
        parts = jax.device_put(array, jax.sharding.NamedSharding(mesh, P("x")))
        for block in (contextlib.nullcontext, lambda: jax.set_mesh(mesh)):  # noqa: B023
            with block():
                x, w = K.placeholder((None, 2)), K.variable(np.ones((2, 3)))
                f = K.function([x], [K.dot(x, w)], updates=[(w, w + 0.01 * K.dot(K.transpose(x), K.dot(x, w)))])
                f([array])
                f([array])  # with programs that are compiled before a spread array is seen
                K.set_value(w, np.ones((2, 3)))
                assert_close(f([parts]), [array.sum(1, keepdims=True) * np.ones(3)])
                assert spread(w._value) == (8, ()), (kind, w._value.sharding)
                assert "bytes" in f.collectives(parts)[0]._fields
                v = K.variable(parts)
                assert spread(v._value) == (8, ("x",)) and v.dtype == "float32"
                assert spread(K.square(v)._value) == (8, ("x",))
                square = K.square(parts)
                assert isinstance(square, jax.Array) and spread(square) == (8, ("x",))
                assert square.sharding.mesh == mesh
                total = square + parts  # an array of JAX, with others over its mesh
                assert_close(total, array * array + array)
                K.set_value(v, parts * 2)
                assert_close(K.get_value(v), array * 2)
                assert spread(K.variable(parts, dtype="float64")._value) == (8, ("x",))


@check
def outputs_may_stay_on_the_devices():
    x = K.placeholder((None, 4))
    f = K.function([x], [x * 2.0, None, K.sum(x)])
    with kjax.sharded(8, outputs="global"):
        doubled, none, total = f([np.ones((16, 4))])
        assert spread(doubled) == (8, ("data",)) and none is None and isinstance(total, jax.Array) and total == 64
        assert f([doubled])[2] == 128
    assert isinstance(f([np.ones((16, 4))])[0], np.ndarray)


@check
def eager_gradients():
    w, x = K.variable(np.ones((4, 8)), name="w"), np.ones((8, 4), "float32")
    f = K.function([p := K.placeholder((None, 4))], [K.dot(p, w)])
    with kjax.sharded(8, rules={"w": (None, "data")}):
        f([x])
        tape = Tape()
        tape.start()
        loss = K.sum(K.square(K.dot(K.constant(x), w)))
        tape.stop()
        (slope,) = tape.gradient([loss], [w])
    assert_close(K.eval(slope), np.full((4, 8), 64.0))
    K.update_sub(w, slope * 0.5)
    assert spread(w._value) == (8, (None, "data")) and K.get_value(w)[0, 0] == -31


@check
def errors_and_other_kinds_of_input():
    w, i, n = weight(6, 4, name="w"), K.placeholder((None,), dtype="int32"), K.placeholder((), dtype="int32")
    sparse, x = K.placeholder((None, 6), sparse=True), K.placeholder((None, 4))
    product = K.function([sparse], [K.dot(sparse, w)])
    with kjax.graph_mode():
        picked = K.function([i], [K.gather(w, i)], updates=[K.update(w, w * 2.0)])
        repeated = K.function([i, n], [K.tile(i, K.stack([n]))], updates=[K.update_add(w, w)])
    phase = K.function([x, K.learning_phase()], [K.in_train_phase(x * 2.0, x)])
    matrix = scipy.sparse.random(16, 6, 0.4, format="coo", dtype="float32", random_state=0)
    start = K.get_value(w)
    (wanted,) = product([matrix])
    with kjax.sharded(8):
        assert_close(product([matrix]), [wanted])
        assert "indices must be" in error_of(IndexError, lambda: picked([np.arange(8) * 1000]))
        assert_close(K.get_value(w), start)  # a call that fails changes nothing
        assert_close(picked([np.arange(4)]), [start[:4]])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", kjax.NotCompiledWarning)
            assert repeated([np.arange(8), 2])[0].shape == (16,)
            assert repeated([np.arange(8), 3])[0].shape == (24,)
        assert_close(K.get_value(w), start * 8)
        assert spread(w._value) == (8, ())
        assert phase([np.ones((8, 4)), 1])[0].sum() == 64 and phase([np.ones((8, 4)), 0])[0].sum() == 32
        assert phase([np.ones((0, 4)), 1])[0].shape == (0, 4)
        assert K.get_session().run(x + 1.0, {x: np.ones((8, 4))}).sum() == 64


@check
def printing_keeps_its_order():
    x = y = K.placeholder((None, 2))
    for i in range(4):
        y = K.print_tensor(y + 1.0, f"step {i}")
    f, written = K.function([x], [y]), io.StringIO()
    with kjax.sharded(8), contextlib.redirect_stdout(written):
        f([np.zeros((8, 2))])
    lines = [line for line in written.getvalue().splitlines() if "step" in line]
    assert lines == [f"step {i} [[{i + 1} {i + 1}]" for i in range(4)], lines


@check
def a_whole_program():
    x = K.placeholder((None, 2))
    w = weight(2, 2, name="w")
    f = K.function([x], [K.dot(x, w)])
    end = kjax.shard(4)
    try:
        thread = threading.Thread(target=f, args=([np.ones((8, 2))],))
        thread.start()
        thread.join()
        assert spread(w._value) == (4, ())
        with kjax.sharded(2):
            f([np.ones((8, 2))])
        assert spread(w._value) == (2, ())
    finally:
        end()
    f([np.ones((8, 2))])  # where the variable is
    assert spread(w._value) == (2, ())


def error_of(kind, call):
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


def main(names):
    found = {}
    for name in names or CHECKS:
        try:
            K.clear_session()
            start = time.process_time()
            CHECKS[name]()
            found[name] = ""
            print(f"{time.process_time() - start:.1f} s {name}")
        except BaseException:
            found[name] = traceback.format_exc()
    print()
    print(json.dumps(found))


if __name__ == "__main__":
    import io
    import warnings

    import jax
    import scipy.sparse
    from jax.sharding import PartitionSpec as P

    import kjax
    from kjax import backend as K
    from kjax.core.tape import Tape
    from kjax.machine.meshes import ask_for_devices

    ask_for_devices(8)
    main(sys.argv[1:])
