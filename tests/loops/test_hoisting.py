"""Products that a loop computes for all steps at once, against the plain loop."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.loops import hoisting
from kjax.machine import config

pytestmark = pytest.mark.skipif(config.PLAIN, reason="KJAX_PLAIN switches this shortcut off")

RANDOM = np.random.RandomState(3)
BATCH, TIME, UNITS = 3, 5, 4
X = RANDOM.randn(BATCH, TIME, UNITS)
H = RANDOM.randn(BATCH, UNITS)
W, U, V = RANDOM.randn(3, UNITS, UNITS) / 2
MASK = np.array([[1, 1, 0, 1, 1], [1, 0, 1, 1, 0], [0, 1, 1, 1, 1]], bool)


def simple(x, states, w, u, v):
    h = K.tanh(K.dot(x, w) + K.dot(states[0], u))
    return h, [h]


def gated(x, states, w, u, v):
    """Like a GRU: of the products with the state, one follows from the other; one weight is used twice."""
    gate = K.sigmoid(K.dot(x, w) + K.dot(states[0], u))
    new = K.tanh(K.dot(x * 0.5, v) + K.dot(states[0] * gate, u))
    h = gate * states[0] + (1.0 - gate) * new
    return h + K.sum(u), [h]


def stacked(x, states, w, u, v):
    """A product of a product; and a product by weights that a step transforms."""
    first = K.relu(K.dot(K.dot(x, w), v))
    h = K.tanh(first + K.dot(states[0], u * 2.0) + K.dot(first, K.transpose(w)))
    return h, [h]


def gathering(x, states, w, u, v):
    """Rows chosen by a step's inputs, which a run may find out of range."""
    rows = K.gather(v, K.cast(K.argmax(x, axis=-1), "int32"))
    h = K.tanh(K.dot(rows, w) + K.dot(states[0], u))
    return h, [h]


def unusual(x, states, w, u, v):
    """Products that can't be hoisted: of two states, and by a slice."""
    h = K.tanh(
        K.dot(states[0], K.dot(K.transpose(states[0]), x)) + K.dot(w, K.transpose(x))[0, 0] + K.dot(states[0], u)
    )
    return h, [h]


STEPS = {  # and how many products of each kind there are
    "simple": (simple, 1, 1),
    "gated": (gated, 2, 2),
    "stacked": (stacked, 3, 1),
    "gathering": (gathering, 1, 1),
    "unusual": (unusual, 0, 1),
}


def built(step, dtype="float64", dims=True, **options):
    """A function from values to outputs, states, gradients (of one step, of gradients, too); and the loop in it."""
    shapes = [(BATCH, TIME, UNITS), (BATCH, UNITS), *[(UNITS, UNITS)] * 3]
    x, h, w, u, v = (K.placeholder(shape if dims else (None,) * len(shape), dtype=dtype) for shape in shapes)
    last, outputs, states = K.rnn(lambda x, s: step(x, s, w, u, v), x, [h], **options)
    loss = K.sum(K.square(outputs)) + K.sum(last * states[0])
    known = [t for t, g in zip((x, h, w, u, v), K.gradients(loss, [x, h, w, u, v]), strict=True) if g is not None]
    gradients = K.gradients(loss, known)
    again = K.gradients(K.sum(K.square(gradients[-1])), known[:1]) if step is gated else []
    node = states[0]._node
    return K.function([x, h, w, u, v], [last, outputs, *states, *gradients, *again]), node.op


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("masked", [False, True])
def test_they_are_those_of_the_plain_loop(name, masked, monkeypatch):
    step, early, late = STEPS[name]
    options = {"go_backwards": masked, **({"mask": K.constant(MASK, "bool")} if masked else {})}
    with kjax.graph_mode() if masked else kjax.eager_mode():
        quick, loop = built(step, dims=not masked, **options)
        found = [product for product in loop.products.late if product._node.op.rows]
        assert (len(loop.products.early), len(found)) == (early, late)
        monkeypatch.setattr(config, "PLAIN", True)
        plain, loop = built(step, dims=not masked, **options)
        assert loop.products == ([], [])
    for one, other in zip(quick([X, H, W, U, V]), plain([X, H, W, U, V]), strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_other_dtypes(dtype, monkeypatch):
    quick, _ = built(gated, dtype)
    monkeypatch.setattr(config, "PLAIN", True)
    plain, _ = built(gated, dtype)
    for one, other in zip(quick([X, H, W, U, V]), plain([X, H, W, U, V]), strict=True):
        assert one.dtype == other.dtype == dtype
        close = 1e-4 if dtype == "float32" else 0.1
        np.testing.assert_allclose(one, other, close, close * np.abs(other).max())


# Convolutions as those of a recurrent cell: of images of these shapes, with kernels of these windows, in these ways.
CONVOLUTIONS = {
    "sequences, causal and dilated": ((6, 2), (3,), {"padding": "causal", "dilation_rate": 2}),
    "images with strides, channels first": ((2, 5, 4), (3, 2), {"strides": (2, 1), "data_format": "channels_first"}),
    "images, same size": ((4, 5, 2), (3, 3), {"padding": "same"}),
}


def convolving(shape, window, how, several=True, dtype="float64"):
    """A function from values to outputs and gradients, of them again, of a convolutional cell; fed values; its loop."""
    convolve = {1: K.conv1d, 2: K.conv2d, 3: K.conv3d}[len(window)]
    first = how.get("data_format") == "channels_first"
    channels = shape[0] if first else shape[-1]
    x, w, u, b = (
        K.placeholder(s, dtype=dtype) for s in ((BATCH, TIME, *shape), (*window, channels, 6), (*window, 3, 6), (6,))
    )
    inside = {"padding": "same", "data_format": how.get("data_format")}
    zeros = K.zeros_like(convolve(x[:, 0], w[..., :3], **how))

    def step(x, states):
        # (Both gates of the first two have one factor, in the others each has its own, as with a mask for each gate.)
        parts = [x, x] if several else [x * 0.5, x * 2.0]
        given = [states[0]] * 2 if several else [states[0] * 0.5, states[0] * 2.0]
        gates = [
            K.bias_add(convolve(part, w[..., at : at + 3], **how), b[at : at + 3], how.get("data_format"))
            + convolve(state, u[..., at : at + 3], **inside)
            for part, state, at in zip(parts, given, (0, 3), strict=True)
        ]
        h = K.sigmoid(gates[0]) * states[0] + K.tanh(gates[1])
        return h, [h]

    last, outputs, states = K.rnn(step, x, [zeros])
    gradients = K.gradients(K.sum(K.square(outputs)) + K.sum(last), [x, w, u, b])
    again = K.gradients(K.sum(K.square(gradients[2])), [w, u]) if first else []
    values = [RANDOM.randn(*K.int_shape(t)).astype(dtype) for t in (x, w, u, b)]
    return K.function([x, w, u, b], [outputs, *gradients, *again]), values, states[0]._node.op


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_are_those_of_the_plain_loop(name, monkeypatch):
    together, counts = hoisting.together, []

    def counted(*args):
        groups = together(*args)
        counts.append([len(group.products) for group in groups])
        return groups

    monkeypatch.setattr(hoisting, "together", counted)
    several = name != "images, same size"
    state = RANDOM.get_state()
    quick, values, loop = convolving(*CONVOLUTIONS[name], several)
    assert [sum(t._node.op.rows for t in found) for found in loop.products] == [2, 2]
    found = quick(values)
    assert counts[:2] == ([[2], [2]] if several else [[1, 1], [1, 1]])
    monkeypatch.setattr(config, "PLAIN", True)
    RANDOM.set_state(state)
    plain, values, loop = convolving(*CONVOLUTIONS[name], several)
    assert loop.products == ([], [])
    for one, other in zip(found, plain(values), strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)


def multiplied(batch, time, width, dtype="float64"):
    """A loop whose steps make matrices, and its gradient; fed values; the shape of all matrices."""
    x, row = K.placeholder((batch, time, 1), dtype=dtype), K.placeholder((1, width), dtype=dtype)

    def step(x, states):
        total = states[0] + K.sum(K.dot(x, row), axis=-1, keepdims=True)
        return total, [total]

    last, outputs, _ = K.rnn(step, x, [K.zeros((batch, 1), dtype)])
    values = [np.ones((batch, time, 1), dtype) / 3, np.arange(width, dtype=dtype)[None]]
    return K.function([x, row], [outputs, *K.gradients(K.sum(last), [row])]), values, (time, batch, width)


def given_to_steps(xs):
    """The shapes of a loop's inputs for its steps, hoisted products among them."""
    import jax

    return {leaf.shape for leaf in jax.tree.leaves(xs)}


def test_products_too_large_for_memory_are_left_to_the_steps(monkeypatch):
    import jax

    scan, given, results = jax.lax.scan, [], []

    def noted(body, init, xs, *args, **options):
        given.append(given_to_steps(xs))
        return scan(body, init, xs, *args, **options)

    monkeypatch.setattr(jax.lax, "scan", noted)
    for limit, within in ((BATCH * TIME * 7, True), (BATCH * TIME * 7 - 1, False)):
        monkeypatch.setattr(hoisting, "LARGEST", limit)
        given.clear()
        run, values, products = multiplied(BATCH, TIME, 7)
        results.append(run(values))
        assert given and {products in shapes for shapes in given} == {within}
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)


@pytest.mark.parametrize(("more", "within"), [(0, True), (1, False)])
def test_the_largest_products_have_64_million_elements(more, within, monkeypatch):
    import jax

    class Traced(Exception):
        """Raised where the loop would be compiled, which takes memory."""

    def traced(body, init, xs, *args, **options):
        raise Traced(given_to_steps(xs))

    monkeypatch.setattr(jax.lax, "scan", traced)
    run, values, products = multiplied(2**12, 2, 2**13 + more, "float32")
    with pytest.raises(Traced) as caught:
        run(values)
    assert (products in caught.value.args[0]) == within


def test_weights_that_are_variables_values_or_of_higher_rank():
    w, u = K.variable(W, "float64"), K.constant(U, "float64")
    third = K.variable(RANDOM.randn(2, UNITS, 2), "float64")
    x, h = K.placeholder((None, None, UNITS), dtype="float64"), K.constant(H, "float64")

    def step(x, states):
        h = K.tanh(K.dot(x, w) + K.dot(states[0], u))
        return K.sum(K.dot(h, third), axis=1) + K.sum(K.dot(x, third), axis=1), [h]

    _, outputs, _ = K.rnn(step, x, [h])
    of_w, of_third = K.gradients(K.sum(outputs), [w, third])
    for values in (X, X[:, :2]):
        out, dw, dthird = K.function([x], [outputs, of_w, of_third])([values])
        state, expected, sums = H, [], np.zeros(UNITS)
        for t in range(values.shape[1]):
            state = np.tanh(values[:, t] @ W + state @ U)
            expected.append(((state + values[:, t])[:, None, None] @ K.get_value(third)).sum((1, 2)))
            sums += (state + values[:, t]).sum(0)
        np.testing.assert_allclose(out, np.stack(expected, 1), 1e-9)
        np.testing.assert_allclose(dthird, np.broadcast_to(sums[:, None], (2, UNITS, 2)), 1e-9)
        assert dw.shape == W.shape and np.abs(dw).max() > 0


def test_what_only_a_run_can_tell_is_told():
    x, h, table, w = (K.placeholder(s) for s in ((2, 3, 2), (2, 2), (None, 2), (2, 2)))

    def step(x, states):
        h = K.dot(K.gather(table, K.cast(x[:, 0], "int32")), w) + states[0]
        return h, [h]

    run = K.function([x, h, table, w], [K.rnn(step, x, [h])[0]])
    places = np.zeros((2, 3, 2))
    values = [np.zeros((2, 2)), np.ones((4, 2)), np.eye(2)]
    np.testing.assert_array_equal(run([places, *values])[0], np.full((2, 2), 3.0))
    places[1, 2, 0] = 4
    with pytest.raises(IndexError, match="gather"):
        run([places, *values])


def test_random_numbers_differ_at_each_step():
    x, h, w, u = K.placeholder((2, 6, 3)), K.placeholder((2, 3)), K.placeholder((3, 3)), K.placeholder((3, 3))

    def step(x, states):
        return K.dot(K.dropout(x, 0.5), w), [K.dot(states[0], u)]

    _, drawn, states = K.rnn(step, x, [h])
    loss = K.sum(drawn) + K.sum(states[0])
    run = K.function([x, h, w, u], [drawn, *K.gradients(loss, [w, u])])
    out, of_w, of_u = run([np.ones((2, 6, 3)), np.ones((2, 3)), np.eye(3), np.eye(3)])
    assert len({row.tobytes() for row in out.swapaxes(0, 1)}) > 1
    np.testing.assert_array_equal(of_w, np.repeat(out.sum((0, 1))[:, None], 3, 1))
    np.testing.assert_array_equal(of_u, np.full((3, 3), 2 * 6.0))


def test_integers_beside_floats():
    x, h, w = K.placeholder((2, 4, 3)), K.placeholder((2, 3)), K.placeholder((3, 3))
    count, turn = K.placeholder((1, 2), dtype="int32"), K.placeholder((2, 2), dtype="int32")

    def step(x, states):
        turned = K.dot(states[1], turn)
        h = K.dot(states[0], w) + x * K.cast(K.sum(turned), "float32")
        return h, [h, turned]

    last, _, states = K.rnn(step, x, [h, count])
    run = K.function([x, h, w, count, turn], [last, states[1], *K.gradients(K.sum(last), [w, x])])
    values = [np.ones((2, 4, 3)), np.zeros((2, 3)), np.eye(3), [[1, 0]], [[0, 1], [1, 0]]]
    last, turned, of_w, of_x = run(values)
    np.testing.assert_array_equal(last, np.full((2, 3), 4.0))
    np.testing.assert_array_equal(turned, [[1, 0]])
    np.testing.assert_array_equal(of_w, np.full((3, 3), 2 * (0 + 1 + 2 + 3)))
    np.testing.assert_array_equal(of_x, np.ones((2, 4, 3)))


@pytest.mark.parametrize("batch, time, width", [(0, 2, 3), (2, 1, 3), (2, 2, 0)])
def test_dims_of_none_and_one(batch, time, width):
    x, h, w, u = (K.placeholder((None,) * n) for n in (3, 2, 2, 2))
    last, outputs, _ = K.rnn(lambda x, s: ((new := K.dot(x, w) + K.dot(s[0], u)), [new]), x, [h])
    run = K.function([x, h, w, u], [outputs, *K.gradients(K.sum(last), [w, u])])
    out, of_w, of_u = run([np.ones((batch, time, width)), np.ones((batch, 2)), np.ones((width, 2)), np.eye(2)])
    np.testing.assert_array_equal(out, 1.0 + width * np.ones((batch, 1, 2)) * np.arange(1, time + 1)[:, None])
    assert of_w.shape == (width, 2) and of_u.shape == (2, 2)
    np.testing.assert_array_equal(of_w, np.full((width, 2), batch * time))


def test_maps_have_no_states():
    x, w = K.placeholder((None, 2, 3)), K.placeholder((3, 2))
    mapped = K.map_fn(lambda part: K.dot(part, w), x)
    assert len(mapped._node.op.products.early) == 1
    a, b = RANDOM.randn(4, 2, 3), RANDOM.randn(3, 2)
    out, of_w = K.function([x, w], [mapped, *K.gradients(K.sum(mapped), [w])])([a, b])
    np.testing.assert_allclose(out, a @ b, 1e-5)
    np.testing.assert_allclose(of_w, np.repeat(a.sum((0, 1))[:, None], 2, 1), 1e-5)
