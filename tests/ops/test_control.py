import jax
import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients, in_all_modes
from kjax import backend as K

A, B = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), -np.ones((2, 3))


def never():
    raise AssertionError("called")


# -------------------------------------------------------------------------------------------------------------- switch


@pytest.mark.parametrize(
    "condition", [True, 1, 2.5, np.bool_(True), np.float32(1), np.array(3), K.constant(True), K.variable(1.0)]
)
def test_known_conditions_choose_at_once(condition):
    a = K.constant(A)
    assert K.switch(condition, a, lambda: never()) is a
    assert K.switch(K.equal(condition, 0) if hasattr(condition, "numpy") else not condition, never, lambda: a) is a
    assert K.switch(condition, [a, 1], never) == [a, 1]


def test_scalar_conditions_in_all_modes():
    def switches(a, b):
        return [
            K.switch(K.sum(a) > 0, lambda: a * b, never)
            if not K.sum(a).is_symbolic
            else K.switch(K.sum(a) > 0, a * b, b),
            K.switch(K.sum(b) > 0, a, b),
            K.switch(K.sum(b), lambda: a + b, lambda: a - b),
            K.switch(K.sum(b) > 0, lambda: K.switch(K.sum(a) > 0, a, b), lambda: K.switch(K.sum(a) > 0, a * 2, b)),
        ]

    results = agreed(lambda a, b: [r + 0.0 for r in switches(a, b)], A, B)
    for result, expected in zip(results, [A * B, B, A + B, A * 2], strict=True):
        np.testing.assert_array_equal(result, expected)


def test_only_one_branch_runs():
    x = K.placeholder(shape=(3,))
    calls = []

    def noisy(name, y):
        # A print at run time would do too; NaN from a branch not taken would hurt.
        calls.append(name)
        return K.log(y) * 0

    y = K.switch(K.min(x) > 0, lambda: noisy("then", x), lambda: noisy("else", -x))
    assert calls == ["then", "else"]
    f = K.function([x], [y, K.gradients(y, [x])[0]])
    for feed in ([1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]):
        assert not np.isnan(f([feed])).any()


def test_gradients_flow_through_switches():
    for sign in (1, -1):
        assert_gradients(lambda a, b: [K.switch(K.sum(a) > 0, lambda: a * b, lambda: K.square(a))], sign * A, B)
    assert_gradients(lambda a, b: [K.switch(a > 2.5, a * b, K.square(b))], A, B)
    c, v = K.placeholder(shape=(), dtype="bool"), K.variable([2.0, 3.0])
    x = K.placeholder(shape=(2,))
    loss = K.sum(K.switch(c, lambda: x * K.square(x), lambda: x))
    f = K.function([c, x], K.gradients(loss, [x]))
    assert f([True, [1, 2]])[0].tolist() == [3, 12] and f([False, [1, 2]])[0].tolist() == [1, 1]
    with kjax.graph_mode():
        f = K.function([c], K.gradients(K.sum(K.switch(c, lambda: v * v, lambda: v)), [v]))
        assert f([True])[0].tolist() == [4, 6] and f([False])[0].tolist() == [1, 1]
        K.set_value(v, [5.0, 6.0])
        assert f([True])[0].tolist() == [10, 12]


def test_structures():
    c, x = K.placeholder(shape=(), dtype="bool"), K.placeholder(shape=(2,))
    one, two = K.switch(c, lambda: (x, x * 2), lambda: (x + 1, 0.0 * x))
    as_dict = K.switch(c, {"a": x}, {"a": 1.0 + x})
    f = K.function([c, x], [one, two, as_dict["a"]])
    assert [r.tolist() for r in f([True, [1, 2]])] == [[1, 2], [2, 4], [1, 2]]
    assert [r.tolist() for r in f([False, [1, 2]])] == [[2, 3], [0, 0], [2, 3]]
    with pytest.raises(ValueError, match=r"switch\(\)"):
        K.switch(c, lambda: (x, x), lambda: x)


def test_random_branches_draw_anew():
    c = K.placeholder(shape=(), dtype="bool")
    f = K.function(
        [c], [K.switch(c, lambda: K.dropout(K.ones((100,)) * K.cast(c, "float32"), 0.5), lambda: K.ones((100,)))]
    )
    one, two = f([True])[0], f([True])[0]
    assert set(np.unique(one)) == {0, 2} and (one != two).any() and (f([False])[0] == 1).all()


def test_branches_of_different_shapes():
    c, x = K.placeholder(shape=(), dtype="bool"), K.placeholder(shape=(None, 3))
    y = K.switch(c, lambda: x, lambda: K.concatenate([x, x], 0))
    assert K.int_shape(y) == (None, 3)
    f = K.function([c, x], [y])
    with pytest.warns(kjax.NotCompiledWarning):
        assert f([True, A])[0].shape == (2, 3)
    assert f([False, A])[0].shape == (4, 3)
    with kjax.graph_mode():
        shape = K.int_shape(K.switch(c, K.ones((2, 3)), K.ones((2, 4)))), K.int_shape(K.switch(c, x, K.ones((3,))))
    assert shape == ((2, None), None)


def test_conditions_of_unknown_rank():
    c, x = K.placeholder(dtype="bool"), K.placeholder(shape=(2,))
    f = K.function([c, x], [K.switch(c, x, -x)])
    assert f([True, [1, 2]])[0].tolist() == [1, 2] and f([[False], [1, 2]])[0].tolist() == [-1, -2]
    with pytest.raises(ValueError, match="scalar"):
        f([[True, False], [1, 2]])


def test_elementwise_conditions():
    def elementwise(a, b, c):
        return [
            K.switch(a > 2.5, a, b),
            K.switch(c, a, b),
            K.switch(K.cast(a > 2.5, "int32"), lambda: a, lambda: b),
            K.switch(a[:, :1] > 1.5, a, 0.0),
            K.switch(a > 2.5, K.stack([a, b], -1), K.stack([b, a], -1)),
        ]

    for big, vector, called, column, deep in in_all_modes(elementwise, A, B, np.array([1.0, 0.0, 1.0])).values():
        np.testing.assert_array_equal(big, np.where(A > 2.5, A, B))
        np.testing.assert_array_equal(vector, np.where([True, False, True], A, B))
        np.testing.assert_array_equal(called, big)
        np.testing.assert_array_equal(column, [[0, 0, 0], A[1]])
        np.testing.assert_array_equal(deep, np.where((A > 2.5)[..., None], np.stack([A, B], -1), np.stack([B, A], -1)))
    x, c = K.placeholder(shape=(None, 3)), K.placeholder(shape=(2, 1), dtype="bool")
    assert K.int_shape(K.switch(c, x, 0.0)) == (2, 3) and K.int_shape(K.switch(x > 0, x, x)) == (None, 3)


def test_errors_of_switch():
    s = K.placeholder(shape=(), dtype="bool")
    for a, b in ((K.constant(A), K.constant(B)), (K.placeholder(shape=(2, 3)), K.placeholder(shape=(2, 3)))):
        with pytest.raises(ValueError, match="rank of condition"):
            K.switch(K.ones((2, 3)) > 0, a[0], b[0])
        with pytest.raises(ValueError, match=r"switch\(\)"):
            K.switch(K.ones((4,)) > 0, a, b)
        with pytest.raises(ValueError, match=r"switch\(\)"):
            K.switch(K.ones((2, 2)) > 0, a, b)
        with pytest.raises(TypeError, match=r"switch\(\)"):
            K.switch(K.ones((3,)) > 0, a, K.cast(b, "float64"))
        with pytest.raises(TypeError, match=r"switch\(\).*float64"):
            K.switch(s, a, K.cast(b, "float64"))
    v = K.variable(1.0)
    for branch in (lambda: K.update_add(v, 1.0), lambda: [v.assign_add(1.0), v][1]):
        for branches in ((branch, lambda: v), (lambda: v, branch)):
            with kjax.graph_mode(), pytest.raises(NotImplementedError, match=r"switch\(\): .*update it outside"):
                K.switch(s, *branches)
    with pytest.raises(TypeError):
        K.switch("yes", 1.0, 2.0)


# ------------------------------------------------------------------------------------------------------ learning phase


@pytest.mark.parametrize(
    "yes, no", [(1, 0), (True, False), (1.0, 0.0), (np.bool_(True), np.int64(0)), (K.constant(1), K.constant(0))]
)
def test_known_phases_choose_at_once(yes, no):
    x, y = K.placeholder(shape=(2,)), K.placeholder(shape=(2,))
    assert K.in_train_phase(x, never, yes) is x and K.in_train_phase(never, lambda: y, no) is y
    assert K.in_test_phase(never, x, yes) is x and K.in_test_phase(lambda: y, never, no) is y


def test_eager_phase():
    assert K.in_train_phase(never, 5.0) == 5 and K.in_test_phase(5.0, never) == 5
    with K.learning_phase_scope(1):
        assert K.in_train_phase(5.0, never) == 5 and K.in_test_phase(never, 5.0) == 5
    x = K.placeholder(shape=())
    K.set_learning_phase(1)
    assert K.in_train_phase(x, never) is x
    with pytest.raises(ValueError, match="training"):
        K.in_train_phase(1.0, 2.0, training=2)


@pytest.mark.parametrize("graph", [False, True])
def test_symbolic_phase(graph):
    mode = kjax.graph_mode if graph else kjax.eager_mode
    with mode():
        x = K.placeholder(shape=(None,))
        tensors = [
            K.in_train_phase(x * 2, x * 3),
            K.in_train_phase(lambda: x * 2, lambda: x * 3),
            K.in_test_phase(lambda: x * 3, lambda: x * 2),
            K.in_train_phase(x * 2, 3.0),
        ]
        assert all(t._uses_learning_phase for t in tensors)
        assert [K.int_shape(t) for t in tensors] == [(None,)] * 3 + [None]
        f = K.function([x, K.learning_phase()], tensors + K.gradients(tensors[1], [x]))
        silent = K.function([x], tensors)

        def numbers(results):
            return [r.ravel()[0] for r in results]

        assert numbers(f([[1.0], 1])) == [2, 2, 2, 2, 2]
        assert numbers(f([[1.0], 0])) == [3, 3, 3, 3, 3]
        assert numbers(f([[1.0]])) == [3, 3, 3, 3, 3]
        assert numbers(silent([[1.0]])) == [3, 3, 3, 3]
        with K.learning_phase_scope(1):
            assert numbers(silent([[1.0]])) == [2, 2, 2, 2]
        assert numbers(silent([[1.0]])) == [3, 3, 3, 3]


def test_training_may_be_a_tensor():
    training, x = K.placeholder(shape=(), dtype="int32"), K.placeholder(shape=(2,))
    y = K.in_train_phase(lambda: x * 2, x, training)
    assert not hasattr(y, "_uses_learning_phase")
    f = K.function([x, training], [y])
    assert f([[1, 2], 1])[0].tolist() == [2, 4] and f([[1, 2], 0])[0].tolist() == [1, 2]
    with kjax.graph_mode():
        assert K.in_train_phase(x, x * 2, K.learning_phase())._uses_learning_phase


@pytest.mark.parametrize("graph", [False, True])
def test_what_training_updates_is_for_a_function_and_testing_updates_nothing(graph):
    v, x = K.variable(1.0), K.placeholder(shape=())
    made = []
    with (kjax.graph_mode if graph else kjax.eager_mode)():

        def updating():
            made.append(K.update_add(v, x))
            return x * 2.0

        y = K.in_train_phase(updating, lambda: x)
        with pytest.raises(NotImplementedError, match=r"in_train_phase\(\): variable .* update it outside"):
            K.in_train_phase(x, updating)
        with pytest.raises(NotImplementedError, match=r"in_test_phase\(\)"):
            K.in_test_phase(updating, x)
    with K.learning_phase_scope(1):
        assert K.function([x], [y], updates=made[:1])([3.0]) == [6.0]
    assert K.get_value(v) == 4.0


def test_dropout_while_training():
    x = K.placeholder(shape=(None, 50))
    y = K.in_train_phase(lambda: K.dropout(x, 0.5), x)
    f = K.function([x, K.learning_phase()], [y])
    ones = np.ones((4, 50))
    np.testing.assert_array_equal(f([ones, 0])[0], ones)
    one, two = f([ones, 1])[0], f([ones, 1])[0]
    assert set(np.unique(one)) == {0, 2} and (one != two).any()


def test_branch_of_the_other_phase_is_not_compiled():
    x = K.placeholder(shape=(3,))
    # The branch for training can't be computed on these inputs at all.
    wrong = K.placeholder(shape=(None,))
    y = K.in_train_phase(lambda: x + K.reshape(wrong, (3,)), lambda: x)
    f = K.function([x, wrong], [y])
    assert f([np.ones(3), np.ones(5)])[0].tolist() == [1, 1, 1]
    with K.learning_phase_scope(1), pytest.raises(ValueError):
        f([np.ones(3), np.ones(5)])


# ----------------------------------------------------------------------------------------------------------- gradients


def test_stop_gradient():
    def stopped(a, b):
        return [K.stop_gradient(a), *K.stop_gradient([a, b])]

    for result, expected in zip(agreed(stopped, A, B), [A, A, B], strict=True):
        np.testing.assert_array_equal(result, expected)
    x = K.placeholder(shape=(2,))
    still = K.stop_gradient(x)
    assert still.op.name.startswith("StopGradient") and K.gradients(still, [x]) == [None]
    f = K.function([x], K.gradients(x * still + K.stop_gradient(x * x), [x]))
    assert f([[1, 2]])[0].tolist() == [1, 2]
    for value in (True, 3, np.arange(3), [[1.0], [2.0]]):
        out = K.stop_gradient(value)
        np.testing.assert_array_equal(
            [K.get_value(t) for t in out] if isinstance(out, list) else K.get_value(out), value
        )
    with pytest.raises(ValueError, match="stop_gradient"):
        K.stop_gradient(None)


# -------------------------------------------------------------------------------------------- where JAX traces a choice


def test_only_the_chosen_branch_runs_where_jax_traces():
    @jax.jit
    def chosen(x):
        return K.switch(K.sum(x) > 0, lambda: K.sqrt(x), lambda: {"a": -x}["a"])

    assert chosen(jax.numpy.full(2, 4.0)).tolist() == [2, 2] and chosen(jax.numpy.full(2, -4.0)).tolist() == [4, 4]
    slope = jax.grad(lambda x: K.sum(K.switch(x[0] > 0, lambda: K.sqrt(x), lambda: 3.0 * x)))
    assert slope(jax.numpy.zeros(2)).tolist() == [3, 3]


def test_branches_that_differ_where_jax_traces():
    x = jax.numpy.ones(2)
    with pytest.raises(TypeError, match=r"switch\(\): both expressions must give the same shapes and dtypes"):
        jax.jit(lambda x: K.switch(K.sum(x) > 0, x, lambda: x[:1]))(x)
    with pytest.raises(TypeError, match=r"switch\(\): both expressions must give the same shapes and dtypes"):
        jax.jit(lambda x: K.switch(K.sum(x) > 0, x, lambda: K.cast(x, "int32")))(x)
