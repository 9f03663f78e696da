import numpy as np
import pytest

import kjax
from helpers import KNOWLEDGE, agreed, assert_gradients
from kjax import backend as K

X = np.linspace(-1.0, 1.5, 6).reshape(3, 2)
W = np.array([0.5, -2.0])


# ------------------------------------------------------------------------------------------------------------- mapping


def test_maps_in_all_modes():
    def maps(x, w):
        return [
            K.map_fn(K.square, x),
            K.map_fn(lambda e: K.sum(e * w), x),
            K.map_fn(lambda e: K.stack([e, e * w]), x),
            K.map_fn(lambda row: K.map_fn(lambda e: e * 2.0, row), x),
            K.map_fn(lambda e: K.cast(e > 0, "int32"), x, dtype="int32"),
        ]

    square, total, stacked, doubled, signs = agreed(maps, X, W)
    np.testing.assert_allclose(square, X * X)
    np.testing.assert_allclose(total, X @ W)
    np.testing.assert_allclose(stacked, np.stack([X, X * W], 1))
    np.testing.assert_allclose(doubled, 2 * X)
    np.testing.assert_array_equal(signs, X > 0)
    assert_gradients(lambda x, w: maps(x, w)[:4], X, W)


def test_structures():
    def maps(x, y):
        pair = K.map_fn(lambda e: (e[1] + 1.0, e[0]), (x, y), dtype=("float64", "float64"))
        named = K.map_fn(lambda e: {"s": e["a"] * K.sum(e["b"])}, {"a": y, "b": x}, dtype={"s": "float64"})
        both = K.map_fn(lambda e: [e[0], e[1] * 2.0], [x, y])
        assert isinstance(pair, tuple) and isinstance(both, list)
        return [*pair, named["s"], *both]

    results = agreed(maps, X, X[:, 0])
    for result, expected in zip(results, [X[:, 0] + 1, X, X[:, 0] * X.sum(1), X, X[:, 0] * 2], strict=True):
        np.testing.assert_allclose(result, expected)


@pytest.mark.parametrize("knowledge", KNOWLEDGE)
def test_static_shapes_and_any_length(knowledge):
    x = K.placeholder(shape=KNOWLEDGE[knowledge]((3, 2)))
    mapped = K.map_fn(lambda e: K.stack([e, e]), x)
    if knowledge == "known":
        assert K.int_shape(mapped) == (3, 2, 2)
    f = K.function([x], [mapped, K.foldl(K.maximum, x, initializer=K.zeros((2,)))])
    for count in (3,) if knowledge == "known" else (3, 1, 0):
        results = f([np.ones((count, 2))])
        assert results[0].shape == (count, 2, 2) and results[1].shape == (2,)


def test_no_elements():
    assert K.get_value(K.map_fn(lambda e: K.stack([e, e]), K.zeros((0, 3)))).shape == (0, 2, 3)
    for fold in (K.foldl, K.foldr):
        assert fold(lambda a, e: a + e, K.zeros((0,)), initializer=K.constant(5.0)).numpy() == 5
        for x in (K.zeros((0,)), K.placeholder(shape=(0,))):
            with pytest.raises(ValueError, match="no elements"):
                fold(lambda a, e: a + e, x)
        x = K.placeholder(shape=(None,))
        f = K.function([x], [fold(lambda a, e: a + e, x)])
        with pytest.raises(IndexError):
            f([[]])


def test_function_is_called_once():
    calls = []

    def fn(e):
        calls.append(e)
        return e

    K.map_fn(fn, K.placeholder(shape=(1000,)))
    assert len(calls) == 1
    K.map_fn(fn, K.ones((3,)))
    assert len(calls) == 4 and not calls[-1].is_symbolic
    w = K.placeholder(shape=())
    y = K.map_fn(lambda e: e * w, K.ones((3,)))
    assert K.int_shape(y) == (3,) and K.function([w], [y])([2.0])[0].tolist() == [2, 2, 2]
    y = K.foldl(lambda a, e: a + e * w, K.ones((3,)))
    assert K.function([w], [y])([2.0])[0] == 5


def test_random_functions_draw_anew():
    x = K.placeholder(shape=(None, 50))
    f = K.function([x], [K.map_fn(lambda e: K.dropout(e, 0.5), x)])
    one, two = f([np.ones((3, 50))])[0], f([np.ones((3, 50))])[0]
    assert (one != two).any() and (one[0] != one[1]).any() and set(np.unique(one)) == {0, 2}
    eager = K.map_fn(lambda e: K.dropout(e, 0.5), K.ones((2, 50))).numpy()
    assert (eager[0] != eager[1]).any()


def test_learning_phase():
    x = K.placeholder(shape=(None,))
    tensors = [
        K.map_fn(lambda e: K.in_train_phase(e * 2.0, e), x),
        K.foldl(lambda a, e: K.in_train_phase(a * e, a + e), x),
    ]
    assert all(t._uses_learning_phase for t in tensors) and not hasattr(K.map_fn(K.square, x), "_uses_learning_phase")
    f = K.function([x, K.learning_phase()], tensors)
    assert [r.tolist() for r in f([[3.0, 4.0], 1])] == [[6, 8], 12]
    assert [r.tolist() for r in f([[3.0, 4.0], 0])] == [[3, 4], 7]


def test_shapes_that_depend_on_elements():
    counts = K.placeholder(shape=(None,), dtype="int32")
    f = K.function([counts], [K.map_fn(lambda n: K.sum(K.arange(n)), counts)])
    with pytest.warns(kjax.NotCompiledWarning):
        assert f([[1, 2, 4]])[0].tolist() == [0, 1, 6]
    ragged = K.map_fn(lambda n: K.arange(n), counts)
    g = K.function([counts], [ragged])
    with pytest.warns(kjax.NotCompiledWarning):
        assert g([[2, 2]])[0].tolist() == [[0, 1], [0, 1]]
    with pytest.raises(ValueError, match="differ in shape"):
        g([[1, 2]])
    # Known to the compiler, though not to the loop.
    x = K.placeholder(shape=())
    y = K.map_fn(lambda n: x * K.cast(K.sum(K.arange(n)), "float32"), K.constant([2, 3], "int32"), dtype="float32")
    assert K.function([x], [y])([2.0])[0].tolist() == [2, 6]


def test_a_condition_inside_is_checked():
    index = K.placeholder(shape=(None,), dtype="int32")
    f = K.function([index], [K.map_fn(lambda i: K.gather(K.constant([1.0, 2.0]), i), index, dtype="float32")])
    assert f([[1, 0]])[0].tolist() == [2, 1]
    with pytest.raises(IndexError, match="gather"):
        f([[0, 2]])


def test_dtypes():
    for dtype in ("float16", "bfloat16", "int32", "uint8", "bool"):
        x = K.cast(K.constant([0.0, 1.0, 3.0]), dtype)
        symbol = K.placeholder(shape=(None,), dtype=dtype)
        assert K.map_fn(lambda e: e, x).dtype == dtype
        out = K.function([symbol], [K.map_fn(lambda e: e, symbol)])([K.get_value(x)])[0]
        np.testing.assert_array_equal(out, K.get_value(x))
    assert K.map_fn(lambda e: 1, K.ones((2,))).dtype == "float32"


def test_names():
    assert K.map_fn(K.square, K.placeholder(shape=(2,)), name="squares").name == "squares:0"
    assert K.foldl(K.maximum, K.placeholder(shape=(2,)), name="best").name == "best:0"


# ------------------------------------------------------------------------------------------------------------- folding


def test_folds_in_all_modes():
    def folds(x, w):
        return [
            K.foldl(lambda a, e: a * 2.0 + e, x),
            K.foldr(lambda a, e: a * 2.0 + e, x),
            K.foldl(lambda a, e: a * w + e, x, initializer=w),
            K.foldr(lambda a, e: K.tanh(a * w + e), x),
            *K.foldl(lambda a, e: (a[0] + e, a[1] * K.sum(e)), x, initializer=(w, w)),
            K.foldr(lambda a, e: a + K.sum(e[0] * e[1]), (x, x), initializer=K.sum(w)),
            *K.foldl(lambda a, e: [a[0] + e[0], a[1] - e[1]], [x, x]),
        ]

    results = agreed(folds, X, W)
    np.testing.assert_allclose(results[0], X[0] * 4 + X[1] * 2 + X[2])
    np.testing.assert_allclose(results[1], X[2] * 4 + X[1] * 2 + X[0])
    np.testing.assert_allclose(results[2], ((W * W + X[0]) * W + X[1]) * W + X[2])
    np.testing.assert_allclose(results[6], W.sum() + (X * X).sum())
    assert_gradients(folds, X, W)


def test_initializers():
    for x in (K.constant([1.0, 2.0]), K.placeholder(shape=(None,))):
        for start in (1, 1.0, np.float32(1), K.constant(1.0)):
            total = K.foldl(lambda a, e: a + e, x, initializer=start)
            assert (K.function([x], [total])([[1.0, 2.0]])[0] if x.is_symbolic else total.numpy()) == 4
    x = K.placeholder(shape=(None, 3))
    wide = K.foldl(lambda a, e: a + e, x, initializer=0.0)
    assert K.int_shape(wide) == (3,) and K.function([x], [wide])([np.ones((2, 3))])[0].tolist() == [2, 2, 2]


def test_accumulators_that_change_their_shape():
    def appended(x, start):
        return K.foldl(lambda a, e: K.concatenate([a, K.expand_dims(e)], 0), x, initializer=start)

    assert appended(K.constant([1.0, 2.0]), K.constant([0.0])).numpy().tolist() == [0, 1, 2]
    x, start = K.placeholder(shape=(None,)), K.placeholder(shape=(None,))
    assert K.function([x, start], [appended(x, start)])([[1, 2], [0]])[0].tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"foldl\(\): a state"):
        appended(x, K.constant([0.0]))
    with pytest.raises(ValueError, match="grows with each step"):
        K.foldl(lambda a, e: K.expand_dims(a, 0) + e, x, initializer=1.0)


def test_updates_are_refused():
    v, x = K.variable(0.0), K.placeholder(shape=(None,))
    for call in (
        lambda: K.map_fn(lambda e: K.update_add(v, e), x),
        lambda: K.map_fn(lambda e: [K.update_add(v, e), e][1], x),
        lambda: K.foldl(lambda a, e: a + K.update(v, e), x),
    ):
        with pytest.raises(NotImplementedError, match="updated inside the loop"):
            call()


def test_errors():
    for x in (K.constant(X, "float32"), K.placeholder(shape=(3, 2))):
        cases = [
            (TypeError, "map_fn", lambda x=x: K.map_fn(3, x)),
            (TypeError, "int32", lambda x=x: K.map_fn(lambda e: K.cast(e, "int32"), x)),
            (ValueError, "structure of elems, x; got", lambda x=x: K.map_fn(lambda e: (e, e), x)),
            (ValueError, "structure of dtype", lambda x=x: K.map_fn(lambda e: {"a": e}, x, dtype=["float32"])),
            (ValueError, "scalar", lambda x=x: K.map_fn(lambda e: e, x[0, 0])),
            (ValueError, "length", lambda x=x: K.map_fn(lambda e: e[0], (x, K.ones((4,))), dtype="float32")),
            (ValueError, "empty", lambda: K.map_fn(lambda e: e, [])),
            (TypeError, "callable", lambda x=x: K.foldl(None, x)),
            (ValueError, "structure", lambda x=x: K.foldr(lambda a, e: (a, e), x)),
            (ValueError, "scalar", lambda x=x: K.foldr(lambda a, e: a, x[0, 0])),
        ]
        for kind, text, call in cases:
            with pytest.raises(kind, match=text):
                call()
    x = K.placeholder(shape=(3, 2))
    with pytest.raises(TypeError, match=r"foldl\(\).*int32"):
        K.foldl(lambda a, e: K.cast(a + e, "int32"), x)
    with pytest.raises(ValueError, match=r"foldl\(\): a state of shape"):
        K.foldl(lambda a, e: a[:1], x)
    unknown = K.placeholder()
    with pytest.raises(ValueError, match=r"map_fn\(\): sequences need"):
        K.function([unknown], [K.map_fn(K.square, unknown)])([1.0])
    with pytest.raises(ValueError, match="different shapes"):
        K.map_fn(lambda e: K.ones((int(e.numpy()),)), K.constant([1.0, 2.0]))


@pytest.mark.parametrize(
    ("fn", "elems", "wrong", "right"),
    [
        (lambda e: (e, K.cast(e, "int32")), "one", r"elems, x; got \(x, x\)", "('float32', 'int32')"),
        (lambda e: {"a": [e]}, "one", r"elems, x; got \{'a': \[x\]\}", "{'a': ['float32']}"),
        (lambda e: e[0], "two", r"elems, \(x, x\); got x", "'float32'"),
        (lambda e: K.cast(e, "int32"), "one", "elems, float32; got int32", "'int32'"),
    ],
)
def test_the_error_of_another_result_gives_the_dtype_argument_that_works(fn, elems, wrong, right):
    x = K.constant(X, "float32")
    elems = x if elems == "one" else (x, x)
    with pytest.raises((TypeError, ValueError), match=rf"^map_fn\(\): fn must return the \w+ of {wrong}\. ") as error:
        K.map_fn(fn, elems)
    assert str(error.value).endswith(f"pass dtype={right}")
    K.map_fn(fn, elems, dtype=eval(right))


def test_a_result_that_is_no_tensor():
    with pytest.raises(ValueError, match=r"^map_fn\(\): the result of fn: a tensor is needed; got None"):
        K.map_fn(lambda e: None, K.constant(X))
