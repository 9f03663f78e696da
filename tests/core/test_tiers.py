"""Programs of a function: which shapes get which, and that they agree."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import tiers
from kjax.machine.callbacks import Callbacks
from kjax.machine.compiler import compiled


@pytest.fixture
def made(monkeypatch):
    """The compiler's effort for each program."""
    efforts = []

    def noting(function, **how):
        efforts.append(how["effort"])
        return compiled(function, **how)

    monkeypatch.setattr(tiers, "compiled", noting)
    monkeypatch.setattr(tiers, "has_efforts", lambda: True)  # (JAX 0.8.0 has none, and accelerators don't)
    monkeypatch.setattr(tiers, "_QUICK_RUNS", 8)  # so that fewer runs show what happens
    return efforts


@pytest.fixture
def training():
    """A training step with momentum: the function, its variables, and the plan."""
    with kjax.graph_mode():
        x, y = K.placeholder((None, 3)), K.placeholder((None, 2))
        weights = [K.variable(np.linspace(-1, 1, 6).reshape(3, 2)), K.variable(np.zeros(2))]
        speeds, steps = [K.zeros((3, 2)), K.zeros((2,))], K.variable(0.0)
        loss = K.mean(K.square(K.dot(x, weights[0]) + weights[1] - y))
        updates = [K.update_add(steps, 1.0)]
        for w, v, slope in zip(weights, speeds, K.gradients(loss, weights), strict=True):
            new = 0.9 * v - 0.1 * slope / K.sqrt(steps + 1.0)
            updates += [K.update(v, new), K.update(w, w + new)]
        function = K.function([x, y], [loss, weights[1], loss], updates=updates)
    return function, [*weights, *speeds, steps]


def _batches(sizes):
    random = np.random.RandomState(1)
    return [[random.rand(n, 3).astype("float32"), random.rand(n, 2).astype("float32")] for n in sizes]


def test_other_shapes_are_compiled_quickly_in_two_parts(training, made):
    function, _ = training
    a, b, c = _batches([4, 3, 2])
    function(a)
    function(a)
    function(a)  # (the very first call computes in NumPy)
    assert made == ["less"]
    function(b)
    assert made == ["less", "least", "least"]
    function(c)  # the optimizer's part is there
    assert made == ["less", "least", "least", "least"]


def test_shapes_that_come_often_are_compiled_well(training, made):
    function, _ = training
    a, b = _batches([4, 3])
    function(a)
    function(a)
    for _ in range(20):
        function(b)
    assert made == ["less", "least", "least", "less"]  # (the end would be compiled well with its ninth run)
    for n in range(10):
        function(_batches([10 + n])[0])
    assert made == ["less", "least", "least", "less"] + ["least", "full"] + 9 * ["least"]


def test_shapes_that_take_long_are_compiled_well_sooner(training, made, monkeypatch):
    monkeypatch.setattr(tiers, "_ELEMENTS", 200)
    function, _ = training
    for batch in _batches([4, 4, 30, 30, 30]):
        function(batch)
    assert made == ["less", "least", "least", "less"]


def test_a_function_without_gradients_is_compiled_well_at_once(made):
    with kjax.graph_mode():
        x = K.placeholder((None, 2))
        function = K.function([x], [K.softmax(x)])
    for batch in (3, 3, 3, 2):
        function([np.ones((batch, 2))])
    assert made == ["full", "least"]


def test_a_training_step_that_runs_for_long_is_compiled_well(training, made, monkeypatch):
    monkeypatch.setattr(tiers, "_MANY_ELEMENTS", 20 * 60)
    function, _ = training
    (batch,) = _batches([4])
    losses = [function(batch)[0] for _ in range(60)]
    assert made == ["less", "full"] and losses[-1] < losses[0] / 10


def test_programs_of_all_kinds_agree_with_the_operations_one_by_one(training, monkeypatch):
    function, variables = training
    old = [K.get_value(v) for v in variables]
    batches = _batches([4, 4, 3, 2, *12 * [3], 5, 4])
    results = [function(batch) for batch in batches]
    new = [K.get_value(v) for v in variables]
    K.batch_set_value(list(zip(variables, old, strict=True)))
    for batch, found in zip(batches, results, strict=True):
        expected = kjax.core.running.run_once(function.plan, None, batch)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, 1e-5, 1e-7)
    for value, variable in zip(new, variables, strict=True):
        np.testing.assert_allclose(value, K.get_value(variable), 1e-5, 1e-7)


def test_the_end_holds_what_shapes_do_not_matter_to(training):
    function, variables = training
    late = tiers._late_nodes(function.plan)
    assert {node.op.updates for node in late} - {None} == set(variables)
    assert {"gradients", "dot", "square"} & {node.op.name for node in late} == set()


def test_a_variable_that_is_updated_twice_stays_in_one_part():
    with kjax.graph_mode():
        x, v, w = K.placeholder((None, 2)), K.variable(np.ones(2)), K.variable(np.ones(2))
        total = K.sum(x, 0)
        other = w
        for _ in range(10):
            other = other * 1.5 + total
        function = K.function([x], [], updates=[K.update_add(v, total), K.update_add(v, other), K.update(w, other)])
    late = tiers._late_nodes(function.plan)
    assert len(late) == 0 or all(node.op.updates is not v for node in late)
    for n in range(1, 5):
        before = K.get_value(v), K.get_value(w)
        function([np.ones((n, 2))])
        assert np.array_equal(K.get_value(v), before[0] + n + K.get_value(w))


def test_conditions_hold_in_both_parts():
    """Indices out of range are an error, whether they depend on what is fed or not."""
    with kjax.graph_mode():
        x, at, table = K.placeholder((None,), dtype="int32"), K.variable(0, dtype="int32"), K.variable(np.arange(3.0))
        row = K.gather(table, at)
        for _ in range(10):
            row = row + 1.0
        function = K.function([x], [K.gather(table, x), row])
    for n in range(1, 5):
        assert function([np.full(n, 2)])[1] == 10
    with pytest.raises((ValueError, IndexError), match="less than 3"):
        function([np.full(4, 3)])
    K.set_value(at, 7)
    with pytest.raises((ValueError, IndexError), match="less than 3"):
        function([np.full(4, 2)])


def test_outputs_may_repeat_and_be_given_values():
    with kjax.graph_mode():
        x, v = K.placeholder((None, 2)), K.variable(np.ones(2))
        new = v
        for _ in range(10):
            new = new + 0.5
        function = K.function([x], [v, x, new, K.sum(x), None, new], updates=[K.update(v, new)])
    for n in range(1, 6):
        old, same, one, total, nothing, two = function([np.ones((n, 2))])
        assert old.tolist() == [5 * n - 4] * 2 and one.tolist() == two.tolist() == [5 * n + 1] * 2
        assert same.shape == (n, 2) and total == 2 * n and nothing is None


def test_random_numbers_of_a_quick_program_differ_from_run_to_run():
    with kjax.graph_mode():
        x = K.placeholder((None,))
        function = K.function([x], [x * 0.0 + K.random_uniform(K.shape(x))])
    function([np.zeros(3)])
    function([np.zeros(3)])
    assert len({float(function([np.zeros(4)])[0][0]) for _ in range(12)}) == 12


def test_without_efforts_every_program_runs_fast(training, made, monkeypatch):
    monkeypatch.setattr(tiers, "has_efforts", lambda: False)
    for batch in _batches([4, 4, 3, 2]):
        training[0](batch)
    assert made == ["full", "full", "full"]


def test_programs_of_many_shapes_are_let_go():
    """JAX forgets a program when nobody holds the function it was made of."""
    import gc
    import weakref

    made = []

    def remembering(function, **how):
        made.append(weakref.ref(function))
        return compiled(function, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiers, "compiled", remembering)
        patch.setattr(tiers, "_KEPT", 5)
        x = K.placeholder((None, 2))
        f = K.function([x], K.gradients(K.sum(x * x), [x]))
        for n in range(1, 16):
            assert f([np.ones((n, 2))])[0].tolist() == [[2, 2]] * n
        gc.collect()
        assert len(made) == 15 and sum(ref() is not None for ref in made) <= 6
        f([np.ones((15, 2))])  # one of the last is still there
        assert len(made) == 15


def test_where_shapes_vary_a_new_one_is_computed_in_numpy_at_first():
    x, w = K.placeholder((None, 3)), K.variable(np.eye(3))
    with kjax.graph_mode():
        f = K.function([x], [K.softmax(K.dot(x, w))])
    made = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiers, "compiled", lambda function, **how: made.append(1) or compiled(function, **how))
        for n in range(1, 40):
            expected = K.softmax(K.dot(K.ones((n, 3)), K.constant(K.get_value(w)))).numpy()
            np.testing.assert_allclose(f([np.ones((n, 3))])[0], expected, 1e-6)
        few = len(made)
        assert few <= 10
        for _ in range(2):  # a shape that comes back is worth compiling
            f([np.ones((39, 3))])
        assert len(made) == few + 1


def test_a_program_that_differs_in_seeds_alone_is_the_same_program():
    import jax

    def program(seed):
        x, flags = K.placeholder((4,)), K.placeholder((), dtype="bool")
        inner = K.switch(flags, lambda: K.dropout(x, 0.5, seed=seed + 1), lambda: x)
        looped = K.map_fn(lambda row: row + K.random_normal((), seed=seed + 2), x)
        function = K.function([x, flags], [K.sum(K.dropout(x, 0.5, seed=seed)) + K.sum(inner) + K.sum(looped)])
        whole = tiers.Tiers(function.plan, {}, Callbacks()).whole
        given = [*(t._value for t in function.plan.seeds), np.ones(4, np.float32), np.bool_(True), np.uint64(1)]
        with jax.enable_x64(True):
            return str(jax.make_jaxpr(whole)(*given)), function

    (one, function), (other, different) = program(3), program(1 << 40)
    assert one == other
    assert len(function.plan.seeded) == 3
    np.random.seed(0)
    ones = np.ones(4, np.float32)
    drawn = [[f([ones, True])[0] for _ in range(3)] for f in (function, different)]
    assert len({value.item() for values in drawn for value in values}) == 6
