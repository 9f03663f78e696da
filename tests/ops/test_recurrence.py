import numpy as np
import pytest

import kjax
from helpers import KNOWLEDGE, agreed, assert_gradients
from kjax import backend as K

X = np.linspace(-1.0, 1.3, 24).reshape(2, 4, 3)
H = np.array([[0.5, -0.25, 1.0], [0.0, 2.0, -1.0]])
W = np.linspace(-0.5, 0.7, 9).reshape(3, 3)
MASK = np.array([[True, False, True, True], [False, True, True, False]])


def add_up(x, states):
    total = states[0] + x
    return total, [total]


def flat(result):
    if isinstance(result, dict):
        return [leaf for key in sorted(result) for leaf in flat(result[key])]
    if isinstance(result, (list, tuple)):
        return [leaf for part in result for leaf in flat(part)]
    return [result]


def recurrent(x, h, w, **options):
    def step(x, states):
        h = K.tanh(K.dot(x, w) + states[0])
        return h * 2.0, [h]

    return flat(K.rnn(step, x, [h], **options))


def reference(x, h, w, mask=None, backwards=False, zero=False, unroll=False):
    """The same in plain NumPy."""
    outputs, previous = [], np.zeros_like(h)
    in_the_end = zero and backwards and unroll and mask is not None
    zero = zero and not in_the_end
    for t in range(x.shape[1])[:: -1 if backwards else 1]:
        new = np.tanh(x[:, t] @ w + h)
        out = 2.0 * new
        if mask is not None:
            taken = mask[:, t, None]
            new, out = np.where(taken, new, h), np.where(taken, out, 0.0 if zero else previous)
        h, previous = new, out
        outputs.append(out)
    last, outputs = outputs[-1], np.stack(outputs, 1)
    if in_the_end:  # as TensorFlow does: the mask of the step for the last output, else the mask read forwards
        last, outputs = np.where(mask[:, 0, None], last, 0.0), np.where(mask[..., None], outputs, 0.0)
    return [last, outputs, h]


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("zero", [False, True])
def test_values_and_gradients(unroll, backwards, zero):
    options = {"go_backwards": backwards, "zero_output_for_mask": zero, "unroll": unroll}
    symbols = [K.placeholder(shape=a.shape, dtype="float64") for a in (X, H, W)]
    eager = [K.constant(a, "float64") for a in (X, H, W)]
    for mask in (None, MASK):
        expected = reference(X, H, W, mask, backwards, zero, unroll)
        given = mask if mask is None else K.constant(mask, "bool")
        symbolic = recurrent(*symbols, mask=given, **options)
        assert [K.int_shape(t) for t in symbolic] == [(2, 3), (2, 4, 3), (2, 3)]
        for out in (recurrent(*eager, mask=given, **options), K.function(symbols, symbolic)([X, H, W])):
            for result, right in zip(out, expected, strict=True):
                np.testing.assert_allclose(result, right, 1e-12, 1e-15)
    if unroll == zero:
        assert_gradients(lambda x, h, w: recurrent(x, h, w, mask=K.constant(MASK, "bool"), **options), X, H, W)


def test_all_modes_and_unknown_shapes():
    def several(x, h, w):
        return [
            *recurrent(x, h, w),
            *recurrent(x, h, w, mask=K.constant(MASK, "float32"), zero_output_for_mask=True),
            *recurrent(x, h, w, input_length=K.constant([1, 3], "int32"), go_backwards=True),
            *recurrent(K.permute_dimensions(x, (1, 0, 2)) if x.shape.rank else x, h, w, time_major=True),
        ]

    agreed(lambda x, h, w: several(x, h, w)[:9], X, H, W)
    for shape in ((2, 4, 3), (None, None, None)):
        x = K.placeholder(shape=shape, dtype="float64")
        out = several(x, K.constant(H, "float64"), K.constant(W, "float64"))
        results = K.function([x], out)([X])
        np.testing.assert_allclose(results[0], results[9])
        np.testing.assert_allclose(results[1], results[10].swapaxes(0, 1))


@pytest.mark.parametrize("knowledge", KNOWLEDGE)
def test_static_shapes(knowledge):
    x = K.placeholder(shape=KNOWLEDGE[knowledge]((2, 4, 3)))
    last, outputs, (state,) = K.rnn(lambda x, s: (K.sum(x, -1), [s[0] + 1.0]), x, [K.zeros((2, 3))])
    if knowledge == "known":
        assert K.int_shape(last) == (2,) and K.int_shape(outputs) == (2, 4)
    assert K.int_shape(state) == (2, 3)
    f = K.function([x], [last, outputs, state])
    for steps in (4,) if knowledge == "known" else (4, 1, 6):
        results = f([np.ones((2, steps, 3))])
        assert [r.shape for r in results] == [(2,), (2, steps), (2, 3)] and results[2][0, 0] == steps


def test_step_function_is_called_once():
    calls = []

    def step(x, states):
        calls.append(x)
        return add_up(x, states)

    x = K.placeholder(shape=(2, 1000, 3))
    K.rnn(step, x, [K.zeros((2, 3))])
    assert len(calls) == 1 and calls[0].is_symbolic
    K.rnn(step, K.placeholder(shape=(2, 5, 3)), [K.zeros((2, 3))], unroll=True)
    assert len(calls) == 6
    K.rnn(step, K.ones((2, 5, 3)), [K.zeros((2, 3))])
    assert len(calls) == 11 and not calls[-1].is_symbolic


def test_weights_outside_of_the_step():
    w, x = K.variable(W), K.placeholder(shape=(None, None, 3))
    scaled = K.square(x[0, 0, 0]) * x
    last = recurrent(scaled, K.zeros((2, 3)), w)[0]
    f = K.function([x], [last, *K.gradients(K.sum(last), [w, x])])
    before = f([X])
    assert before[1].shape == (3, 3) and np.abs(before[1]).sum() > 0 and np.abs(before[2]).sum() > 0
    K.set_value(w, 2 * W)
    assert (f([X])[0] != before[0]).any()


def test_structures_and_constants():
    def step(inputs, states):
        (state, factor), shift = states[0], states[1]
        return {"p": inputs["a"] + state, "q": inputs["b"] * shift}, [(state + factor, factor)]

    def several(x, h):
        return K.rnn(step, {"a": x, "b": x * 2.0}, [(h, h * 0.5)], constants=[h + 1.0], mask=K.constant(MASK, "bool"))

    last, outputs, states = several(K.constant(X), K.constant(H))
    assert set(last) == {"p", "q"} and set(outputs) == {"p", "q"}
    assert isinstance(states, tuple) and isinstance(states[0], tuple) and len(states[0]) == 2
    agreed(lambda x, h: flat(several(x, h)), X, H)
    assert_gradients(lambda x, h: flat(several(x, h)), X, H)


def test_states_of_any_rank():
    def several(x, n):
        return flat(K.rnn(lambda x, s: (x[:, :1] * s[0], [s[0] + 1.0]), x, [n]))

    assert agreed(several, X, np.array(1.0))[2] == 5
    # A mask counts for each sequence on its own.
    for x in (K.constant(X), K.placeholder(shape=(None, 4, 3))):
        state = K.rnn(lambda x, s: (x, [s[0] + 1.0]), x, [K.constant(0.0)], mask=K.constant(MASK, "bool"))[2][0]
        found = K.function([x], [state])([X])[0] if x.is_symbolic else state.numpy()
        np.testing.assert_array_equal(found, [[3], [2]])
        assert state.shape.is_compatible_with((2, 1))


def test_no_states():
    for mask in (None, K.constant(MASK, "bool")):
        _, outputs, states = K.rnn(lambda x, s: (x * 2.0, []), K.constant(X), [], mask=mask)
        assert states == () and outputs.shape == (2, 4, 3)
        x = K.placeholder(shape=(None, None, 3))
        assert K.rnn(lambda x, s: (x * 2.0, []), x, [], mask=mask)[2] == ()


def test_initial_states_that_broadcast():
    results = agreed(lambda x: flat(K.rnn(add_up, x, [K.zeros((1, 3), "float64")])), X)
    np.testing.assert_allclose(results[1], X.cumsum(1))
    x = K.placeholder(shape=(None, 4, 3))
    _, outputs, (state,) = K.rnn(add_up, x, [K.zeros((1, 3))])
    assert K.int_shape(state) == (None, 3) and K.int_shape(outputs) == (None, 4, 3)


def test_random_functions_draw_anew():
    x = K.placeholder(shape=(None, None, 50))
    dropped = K.rnn(lambda x, s: (K.dropout(x, 0.5), []), x, [])[1]
    f = K.function([x], [dropped])
    one, two = f([np.ones((1, 3, 50))])[0], f([np.ones((1, 3, 50))])[0]
    assert set(np.unique(one)) == {0, 2} and (one != two).any()
    assert (one[0, 0] != one[0, 1]).any() and (one[0, 1] != one[0, 2]).any()
    g = K.function([x], [dropped, *K.gradients(dropped, [x])])
    values, slopes = g([np.ones((1, 3, 50))])
    np.testing.assert_array_equal(values, slopes)
    with kjax.graph_mode():
        noise = K.rnn(lambda x, s: (x + K.random_uniform((1, 1)), []), K.zeros((1, 4, 1)), [])[1]
        drawn = K.function([], [noise])([])[0]
    assert len(np.unique(drawn)) == 4 and len(np.unique(K.eval(noise))) == 4


@pytest.mark.parametrize("graph", [False, True])
def test_learning_phase(graph):
    with kjax.graph_mode() if graph else kjax.eager_mode():
        x = K.placeholder(shape=(2, None, 3))
        last, outputs, states = K.rnn(lambda x, s: (K.in_train_phase(x * 2.0, x), [x]), x, [K.zeros((2, 3))])
        assert last._uses_learning_phase and outputs._uses_learning_phase
        assert not hasattr(K.rnn(add_up, x, states)[0], "_uses_learning_phase")
        f = K.function([x, K.learning_phase()], [outputs])
        np.testing.assert_allclose(f([X, 1])[0], 2 * X, 1e-6)
        np.testing.assert_allclose(f([X, 0])[0], X, 1e-6)


def test_shapes_inside_of_the_step():
    x = K.placeholder(shape=(None, None, None))

    def step(x, s):
        return K.reshape(x, K.stack([K.shape(x)[0], -1, 1])), []

    f = K.function([x], [K.rnn(step, x, [])[1]])
    assert f([X])[0].shape == (2, 4, 3, 1)


def test_loops_inside_of_loops():
    def outer(x, w):
        def step(x, s):
            inner = K.rnn(add_up, K.expand_dims(x, -1), [s[0][:, :1] * w[:1, :1]])[0]
            return inner, [s[0] + K.sum(inner)]

        return flat(K.rnn(step, x, [K.zeros((2, 3), "float64")]))

    agreed(outer, X, W)
    assert_gradients(outer, X, W)


def test_closures_over_placeholders():
    # All inputs have values, but a tensor that the step takes from outside has none.
    w = K.placeholder(shape=())
    outputs = K.rnn(lambda x, s: (x * w, [s[0] + x]), K.constant(X), [K.zeros((2, 3))])[1]
    assert outputs.is_symbolic
    np.testing.assert_allclose(K.function([w], [outputs])([3.0])[0], 3 * X, 1e-6)


def test_dtypes():
    for dtype in ("float16", "bfloat16", "float64", "int32"):
        x = K.cast(K.constant(np.arange(8).reshape(1, 4, 2)), dtype)
        symbol = K.placeholder(shape=(None, None, 2), dtype=dtype)
        eager = K.rnn(add_up, x, [K.cast(K.zeros((1, 2)), dtype)])[1]
        f = K.function([symbol], [K.rnn(add_up, symbol, [K.cast(K.zeros((1, 2)), dtype)])[1]])
        assert eager.dtype == dtype and f([x])[0].dtype == K.get_value(eager).dtype
        np.testing.assert_array_equal(f([x])[0], K.get_value(eager))


def test_updates_are_refused():
    v, x = K.variable(0.0, name="v"), K.placeholder(shape=(2, None, 3))
    for step in (
        lambda x, s: (x + K.update_add(v, K.sum(x)), []),
        lambda x, s: ([K.update(v, K.sum(x)), x][1], []),
        lambda x, s: ([K.update(v, K.sum(x)), K.clear_session(), x][2], []),
    ):
        with pytest.raises(NotImplementedError, match=r"variable 'v:0' is updated inside the loop"):
            K.rnn(step, x, [])
    x = K.ones((2, 4, 3))
    with kjax.graph_mode(), pytest.raises(NotImplementedError, match="updated inside the loop"):
        K.rnn(lambda x, s: ([v.assign_add(1.0), x][1], []), x, [])


def test_only_updates_are_updates():
    x = K.placeholder(shape=(2, None, 3))

    def step(x, states):
        K.placeholder((), name="myAssignVariableOp")
        with K.name_scope("AssignAddVariableOp"):
            return x * 2.0, []

    assert K.function([x], [K.rnn(step, x, [])[1]])([np.ones((2, 4, 3))])[0].tolist() == np.full((2, 4, 3), 2).tolist()
    v = K.variable(1.0)
    K.rnn(lambda x, s: (K.update_add(v, 1.0) + x, []), x, [])  # carried out when it is written, in eager mode
    assert K.get_value(v) == 2.0


def test_errors():
    for x in (K.constant(X), K.placeholder(shape=(2, 4, 3)), K.placeholder(shape=(None, None, 3))):
        h = K.zeros((2, 3))
        cases = [
            (TypeError, "initial_states", lambda x=x, h=h: K.rnn(add_up, x, h)),
            (TypeError, "pair", lambda x=x, h=h: K.rnn(lambda x, s: x, x, [h])),
            (TypeError, "float64", lambda x=x, h=h: K.rnn(lambda x, s: (x, [K.cast(x, "float64")]), x, [h])),
            (
                ValueError,
                "1 state, as many as it got; got 0",
                lambda x=x, h=h: K.rnn(lambda x, s: (x, []), x, [h]),
            ),
            (ValueError, "shape", lambda x=x, h=h: K.rnn(lambda x, s: (x, [x[:, :2]]), x, [h])),
            (ValueError, "batch", lambda x=x, h=h: K.rnn(lambda x, s: (K.sum(x), []), x, [h][:0])),
            (ValueError, "mask", lambda x=x, h=h: K.rnn(add_up, x, [h], mask=K.ones((2,)))),
            (ValueError, "rank 3", lambda x=x, h=h: K.rnn(add_up, x[0], [h])),
            (ValueError, "inputs is empty", lambda h=h: K.rnn(add_up, [], [h])),
            (ValueError, "mask", lambda x=x, h=h: K.rnn(lambda x, s: (K.sum(x, 1), []), x, [], mask=K.ones((2, 4, 3)))),
        ]
        for kind, text, call in cases:
            with pytest.raises(kind, match=rf"rnn\(\).*{text}"):
                call()
    for x in (K.ones((2, 4, 3)), K.placeholder(shape=(2, 4, 3))):
        for unroll in (False, True):
            with pytest.raises(ValueError, match=r"rnn\(\)"):
                K.rnn(add_up, x, [K.zeros((2, 3))], mask=K.ones((2, 3)), unroll=unroll)
        with pytest.raises(ValueError, match=r"rnn\(\): .*time steps"):
            K.rnn(lambda x, s: (x[0], []), [x, K.ones((2, 5, 3))], [])
    with pytest.raises(
        ValueError, match=r"unroll=True needs a known number of time steps; got inputs of shape \(2, None, 3\)"
    ):
        K.rnn(add_up, K.placeholder(shape=(2, None, 3)), [K.zeros((2, 3))], unroll=True)
    with pytest.raises(ValueError, match=r"at least one time step; got shape \(2, 0, 3\)"):
        K.rnn(add_up, K.ones((2, 0, 3)), [K.zeros((2, 3))])
    with pytest.raises(ValueError, match=r"batch size of inputs, 2; got outputs of shape \(5, 4, 3\)"):
        K.rnn(lambda x, s: (K.placeholder(shape=(5, 3)), []), K.placeholder(shape=(2, 4, 3)), [])
    x = K.placeholder(shape=(2, None, 3))
    f = K.function([x], [K.rnn(add_up, x, [K.zeros((2, 3))], mask=K.ones((2, 4)))[0]])
    with pytest.raises(ValueError, match=r"rnn\(\): sequences of different lengths"):
        f([np.ones((2, 3, 3))])
    with pytest.raises(IndexError):
        K.function([x], [K.rnn(add_up, x, [K.zeros((2, 3))])[0]])([np.ones((2, 0, 3))])
    unknown = K.placeholder()
    with pytest.raises(ValueError, match=r"rnn\(\)"):
        K.function([unknown], [K.rnn(lambda x, s: (x, []), unknown, [])[0]])([np.ones((2,))])
    with pytest.raises(ValueError, match=r"rnn\(\): the result of a step"):
        K.function([unknown], [K.rnn(lambda x, s: (K.reshape(x, K.shape(x)[:0]), []), unknown, [])[1]])(
            [np.ones((1, 3, 1))]
        )
