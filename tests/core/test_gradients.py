import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.gradients import Picked, picks_of, slopes_by_rows


def slopes(loss, variables, inputs=(), values=()):
    return K.function(list(inputs), K.gradients(loss, variables))(list(values))


@pytest.fixture
def x():
    return K.placeholder(shape=(2,))


def test_by_variables_placeholders_and_intermediates_at_once(x):
    v = K.variable([2.0, 3.0])
    h = x * v
    loss = K.sum(K.square(h))
    by_v, by_x, by_h = slopes(loss, [v, x, h], [x], [[1.0, 10.0]])
    assert by_h.tolist() == [4, 60] and by_v.tolist() == [4, 600] and by_x.tolist() == [8, 180]


def test_one_tensor_gives_a_list(x):
    (slope,) = K.gradients(K.sum(x), x)
    assert slope.shape == (2,) and slope.dtype == "float32"


def test_a_loss_that_is_no_scalar_is_summed(x):
    assert slopes(x * 3.0, [x], [x], [[1.0, 1.0]])[0].tolist() == [3, 3]
    assert slopes([x, x * 2.0], [x], [x], [[1.0, 1.0]])[0].tolist() == [3, 3]


def test_gradients_of_gradients(x):
    (first,) = K.gradients(K.sum(x**4), [x])
    (second,) = K.gradients(K.sum(first), [x])
    (third,) = K.gradients(second, [x])
    f = K.function([x], [first, second, third])
    assert [r.tolist() for r in f([[1.0, 2.0]])] == [[4, 32], [12, 48], [24, 48]]


def test_none_for_what_does_not_matter(x):
    other, v = K.placeholder(shape=(2,)), K.variable([1.0, 1.0])
    n = K.placeholder(shape=(2,), dtype="int32")
    loss = K.sum(x * 2.0)
    assert K.gradients(loss, [other, v, n, x])[:3] == [None, None, None]
    assert K.gradients(K.sum(K.round(x)), [x]) == [None]
    assert K.gradients(K.sum(K.stop_gradient(x)), [x]) == [None]
    assert K.gradients(K.sum(K.cast(K.cast(x, "int32"), "float32")), [x]) == [None]
    assert K.gradients(K.sum(K.cast(K.greater(x, 0.0), "float32")), [x]) == [None]
    assert K.gradients(K.cast(K.sum(x), "int32"), [x]) == [None]
    assert K.gradients(loss, []) == []


def test_a_constant_part_has_zero_slope(x):
    loss = K.sum(K.stop_gradient(x) * x + K.round(x) + K.ones_like(x) * 3.0)
    assert slopes(loss, [x], [x], [[2.0, 5.0]])[0].tolist() == [2, 5]
    assert slopes(K.sum(K.sign(x)), [x], [x], [[2.0, 5.0]])[0].tolist() == [0, 0]


def test_through_ones_like_and_zeros_like(x):
    assert slopes(K.sum(K.zeros_like(x) * x + x), [x], [x], [[2.0, 5.0]])[0].tolist() == [1, 1]


@pytest.mark.parametrize("graph", [False, True])
def test_in_both_modes_without_anything_to_switch_off(graph):
    with kjax.graph_mode() if graph else kjax.eager_mode():
        p = K.placeholder(shape=(3,))
        v = K.variable([1.0, 2.0, 3.0])
        f = K.function([p], K.gradients(K.sum(K.exp(p) * v), [p, v]))
    by_p, by_v = f([[0.0, 0.0, 0.0]])
    assert by_p.tolist() == [1, 2, 3] and by_v.tolist() == [1, 1, 1]


def test_graph_mode_needs_no_placeholder():
    v = K.variable(3.0)
    with kjax.graph_mode():
        (slope,) = K.gradients(K.square(v), [v])
    assert K.eval(slope) == 6
    K.set_value(v, 5.0)
    assert K.eval(slope) == 10


def test_of_eager_values_says_what_to_do():
    v = K.variable(3.0)
    with pytest.raises(ValueError, match="graph_mode"):
        K.gradients(K.square(v), [v])
    with pytest.raises(TypeError, match="variables must be"):
        K.gradients(K.placeholder(()), [3])
    with pytest.raises(TypeError, match="loss must be"):
        K.gradients("loss", [v])


def test_the_forward_pass_is_shared(x):
    """The nodes between are computed once for the gradient, the loss and what else is asked for."""
    runs = []
    y = K.exp(x)
    op = y._node.op

    class Counted:
        def __getattr__(self, name):
            return getattr(op, name)

        def execute(self, node, values):
            runs.append(1)
            return op.execute(node, values)

    y._node.op = Counted()
    loss = K.sum(y * 2.0)
    f = K.function([x], [y, loss, *K.gradients(loss, [x])])
    out, total, slope = f([[0.0, 1.0]])
    assert len(runs) == 1 and np.allclose(slope, 2 * out) and total == pytest.approx(2 * out.sum())


def test_two_losses_over_one_trunk(x):
    v, w = K.variable([1.0, 2.0]), K.variable([3.0, 4.0])
    trunk = K.tanh(x * v)
    one, two = K.sum(trunk * w), K.sum(K.square(trunk))
    f = K.function([x], [*K.gradients(one, [v, w]), *K.gradients(two, [v]), one, two])
    g = [np.asarray(r) for r in f([[0.3, -0.2]])]
    t = np.tanh(np.array([0.3, -0.4]))
    assert np.allclose(g[0], (1 - t**2) * [3, 4] * np.array([0.3, -0.2]), atol=1e-6)
    assert np.allclose(g[1], t, atol=1e-6) and np.allclose(g[2], 2 * t * (1 - t**2) * [0.3, -0.2], atol=1e-6)


def test_with_updates_and_a_random_forward_pass():
    x = K.placeholder(shape=(1000,))
    v = K.variable(np.ones(1000))
    y = K.dropout(x * v, 0.5)
    (slope,) = K.gradients(K.sum(y), [v])
    f = K.function([x], [y, slope], updates=[(v, v - 0.0 * slope)])
    out, by_v = f([np.ones(1000, "float32")])
    assert np.array_equal(out, by_v) and 300 < np.count_nonzero(out) < 700  # the same mask in both


def test_complex_gradients_are_conjugated_as_in_tensorflow():
    z = K.placeholder(shape=(), dtype="complex64")
    (slope,) = slopes(K.square(z), [z], [z], [1 + 2j])
    assert slope == np.conj(2 * (1 + 2j))


def test_thousands_of_nodes_deep(x):
    y = x
    for _ in range(1500):
        y = -y
    assert slopes(K.sum(y), [x], [x], [[1.0, 1.0]])[0].tolist() == [1, 1]


def test_shapes_inside_the_differentiated_part():
    x = K.placeholder(shape=(None, 4))
    h = K.square(x)
    y = K.reshape(h, (K.shape(h)[0] * 2, 2))
    (slope,) = slopes(K.sum(y), [x], [x], [np.ones((3, 4))])
    assert slope.shape == (3, 4) and (slope == 2).all()


def test_gradients_by_rows_that_are_picked():
    x, ids = K.placeholder((4, 2)), K.placeholder((3,), dtype="int32")
    picked, again = K.gather(x, ids), K.gather(x, ids + 1)
    loss = K.sum(picked * picked) + K.sum(again)
    (rows,) = slopes_by_rows([loss], [x])
    assert isinstance(rows, Picked) and rows.indices == [ids, again._node.args[1]]
    assert rows.reversed().slopes == rows.slopes[::-1]
    first, second = K.function([x, ids], rows.slopes)([np.arange(8).reshape(4, 2), [0, 0, 2]])
    assert first.tolist() == [[0, 2], [0, 2], [8, 10]] and second.tolist() == [[1, 1]] * 3
    for whole in (loss + K.sum(x), loss + K.sum(K.gather(2.0 * x, ids)), K.sum(picked) + K.sum(K.gather(picked, [0]))):
        (slope,) = slopes_by_rows([whole], [x])
        found = K.function([x, ids], [slope] if not isinstance(slope, Picked) else slope.slopes)
        same = K.function([x, ids], K.gradients(whole, [x]))
        given = [np.arange(8).reshape(4, 2), [0, 0, 2]]
        if isinstance(slope, Picked):  # (rows of rows are added up where they are picked)
            assert len(slope.indices) == 1 and np.isclose(found(given)[0].sum(), same(given)[0].sum())
        else:
            assert found(given)[0].tolist() == same(given)[0].tolist()
    assert slopes_by_rows([K.sum(x * 2.0)], [ids]) == [None] and not picks_of([x], [x])
