import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.core.dtypes import NAMES, to_numpy

X = np.random.RandomState(0).randn(2, 3, 4).astype("float32")
P = K.placeholder

# Functions of a tensor of X's shape, and the same in NumPy.
CALLS = [
    (lambda x: K.reshape(x, (4, 6)), lambda x: x.reshape(4, 6)),
    (lambda x: K.reshape(x, [-1, 8]), lambda x: x.reshape(-1, 8)),
    (lambda x: K.reshape(x, -1), lambda x: x.reshape(-1)),
    (lambda x: K.reshape(x, 24), lambda x: x.reshape(24)),
    (lambda x: K.reshape(x, np.array([3, 8])), lambda x: x.reshape(3, 8)),
    (lambda x: K.reshape(x, (np.int64(2), 3, 2, -1)), lambda x: x.reshape(2, 3, 2, -1)),
    (lambda x: K.reshape(x, K.constant([2, 12], "int32")), lambda x: x.reshape(2, 12)),
    (lambda x: K.reshape(x, (K.shape(x)[0], 12)), lambda x: x.reshape(2, 12)),
    (lambda x: K.reshape(x, (K.shape(x)[2], K.shape(x)[1], -1)), lambda x: x.reshape(4, 3, -1)),
    (lambda x: K.reshape(x, K.stack([K.shape(x)[0], -1])), lambda x: x.reshape(2, -1)),
    (lambda x: K.reshape(x, K.concatenate([K.shape(x)[:1], [-1]])), lambda x: x.reshape(2, -1)),
    (lambda x: K.reshape(x, K.prod(K.shape(x))), lambda x: x.reshape(-1)),
    (K.flatten, np.ravel),
    (K.batch_flatten, lambda x: x.reshape(2, -1)),
    (K.expand_dims, lambda x: x[..., None]),
    (lambda x: K.expand_dims(x, 0), lambda x: x[None]),
    (lambda x: K.expand_dims(x, axis=-3), lambda x: x[:, None]),
    (lambda x: K.squeeze(K.expand_dims(x, 1), 1), lambda x: x),
    (lambda x: K.squeeze(K.expand_dims(x, -1), -1), lambda x: x),
    (lambda x: K.permute_dimensions(x, (2, 0, 1)), lambda x: x.transpose(2, 0, 1)),
    (lambda x: K.permute_dimensions(x, np.array([0, 2, 1])), lambda x: x.transpose(0, 2, 1)),
    (lambda x: K.permute_dimensions(x, range(3)), lambda x: x),
    (lambda x: K.reverse(x, 1), lambda x: x[:, ::-1]),
    (lambda x: K.reverse(x, [0, -1]), lambda x: x[::-1, :, ::-1]),
    (lambda x: K.reverse(x, ()), lambda x: x),
    (lambda x: K.concatenate([x, x]), lambda x: np.concatenate([x, x], -1)),
    (lambda x: K.concatenate((x, x[:1], x), axis=0), lambda x: np.concatenate([x, x[:1], x], 0)),
    (lambda x: K.concatenate([x, x[:, :1]], -2), lambda x: np.concatenate([x, x[:, :1]], 1)),
    (lambda x: K.stack([x, x[:, ::-1]]), lambda x: np.stack([x, x[:, ::-1]])),
    (lambda x: K.stack([x], axis=-1), lambda x: x[..., None]),
    (lambda x: K.tile(x, (2, 1, 3)), lambda x: np.tile(x, (2, 1, 3))),
    (lambda x: K.tile(x, np.array([0, 1, 1])), lambda x: np.tile(x, (0, 1, 1))),
    (lambda x: K.tile(x, K.stack([1, K.shape(x)[0], 1])), lambda x: np.tile(x, (1, 2, 1))),
    (lambda x: K.tile(K.flatten(x), 2), lambda x: np.tile(x.ravel(), 2)),
    (lambda x: K.repeat(K.batch_flatten(x), 3), lambda x: np.stack([x.reshape(2, -1)] * 3, 1)),
    (lambda x: K.repeat(K.batch_flatten(x), K.shape(x)[0]), lambda x: np.stack([x.reshape(2, -1)] * 2, 1)),
    (lambda x: K.repeat_elements(x, 2, 1), lambda x: np.repeat(x, 2, 1)),
    (lambda x: K.repeat_elements(x, np.int64(3), -1), lambda x: np.repeat(x, 3, -1)),
    (lambda x: K.repeat_elements(x, K.shape(x)[1], axis=0), lambda x: np.repeat(x, 3, 0)),
]


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool"])
def test_in_all_modes(dtype):
    x = X.astype(dtype)
    out = agreed(lambda t: [call(t) for call, _ in CALLS], x)
    for i, (_, reference) in enumerate(CALLS):
        np.testing.assert_array_equal(out[i], reference(x), err_msg=str(i))
        assert out[i].dtype == dtype


def test_gradients():
    assert_gradients(lambda x: [f(x) for f, _ in CALLS[::2]], X)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2, 0), (0, 3, 2)])
def test_small_and_empty(shape):
    def calls(x):
        axes = range(len(shape))
        out = [K.flatten(x), K.batch_flatten(x), K.expand_dims(x, 0), K.tile(x, [2] * len(shape)), K.reshape(x, shape)]
        out += [K.reverse(x, axes), K.permute_dimensions(x, axes), K.stack([x, x], -1)]
        return out + ([K.concatenate([x, x]), K.repeat_elements(x, 2, 0)] if shape else [])

    x = np.ones(shape, "float32")
    out = agreed(calls, x)
    assert [o.shape for o in out[:4]] == [
        (x.size,),
        (shape[0] if shape else 1, int(np.prod(shape[1:]))),
        (1, *shape),
        tuple(2 * d for d in shape),
    ]


@pytest.mark.parametrize("dtype", NAMES)
def test_dtypes(dtype):
    x = K.constant(np.ones((2, 1)).astype(to_numpy(kjax.as_dtype(dtype))), dtype)
    for t in (x, P((2, 1), dtype=dtype)):
        out = [K.reshape(t, (1, 2)), K.concatenate([t, t]), K.stack([t, t]), K.tile(t, (2, 2)), K.repeat(t, 2)]
        out += [K.repeat_elements(t, 2, 0), K.permute_dimensions(t, (1, 0)), K.expand_dims(t), K.squeeze(t, 1)]
        out += [K.flatten(t), K.batch_flatten(t), K.reverse(t, 0)]
        assert {o.dtype for o in out} == {dtype}


def test_lists_numbers_and_arrays_as_arguments():
    assert K.eval(K.reshape([1, 2, 3, 4], (2, 2))).tolist() == [[1, 2], [3, 4]]
    assert K.expand_dims(3.5, 0).shape == (1,) and K.tile([1, 2], 2).shape == (4,)
    assert K.reshape(X.astype("float64"), (24,)).dtype == "float64" and K.eval(K.reverse([1, 2], 0)).tolist() == [2, 1]
    assert K.eval(K.concatenate([[1, 2], [3]])).tolist() == [1, 2, 3]
    assert K.concatenate([K.ones((2, 3)), np.ones((2, 1)), [[1], [2]]]).dtype == "float32"
    x = K.variable(X)
    assert K.reshape(x, (K.constant(4, "int32"), 6)).shape == (4, 6) and K.tile(x, K.constant([1, 2, 1], "int32")).shape
    assert K.repeat(K.ones((2, 3)), K.constant(4, "int32")).shape == (2, 4, 3)


def test_what_stack_takes():
    assert K.eval(K.stack([1, 2, 3])).tolist() == [1, 2, 3] and K.stack([1.5, 2]).dtype == "float32"
    assert K.eval(K.stack([[1, 2], [3, 4]], axis=1)).tolist() == [[1, 3], [2, 4]]
    assert K.stack([K.constant([1.0]), [2]]).dtype == "float32"
    assert K.stack([K.constant(3, "int64"), -1]).dtype == "int64"
    assert K.stack([]).shape == (0,)
    x = K.variable(X)
    np.testing.assert_array_equal(K.eval(K.stack(x)), X)
    np.testing.assert_array_equal(K.eval(K.stack(x, axis=2)), np.stack(list(X), 2))
    assert K.int_shape(K.stack(P((None, 3)))) == (None, 3) and K.int_shape(K.stack(P((2, 3)), 1)) == (3, 2)


def test_nested_lists_of_symbolic_tensors_are_packed():
    n = K.shape(P((None, 3)))[0]
    for nested, shape in (([n, -1], (2,)), ([[n, 1], [2, n]], (2, 2)), ([[1, 2], [n, 3]], (2, 2)), (([n],), (1, 1))):
        packed = K.stack(nested)
        assert packed.shape == shape and packed.dtype == "int32"
    x = P((), dtype="float32")
    assert K.function([x], [K.sum([[x, 1], [2, x]])])([5])[0] == 13
    with pytest.raises(TypeError):
        K.stack([n, 2.5])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gradients_of_joining(axis):
    a, b = X[0], X[1]
    assert_gradients(lambda x, y: [K.concatenate([x, y, x], axis), K.stack([x, y], axis)], a, b)


def wrong(call, error, message):
    """An error of a call on a tensor of shape (2, 3), or on the shape given first."""
    return pytest.param(call, error, message, id=f"{call.__code__.co_names[1]}-{message}")


ERRORS = [
    wrong(lambda x: K.reshape(x, (4,)), ValueError, "can't be reshaped to"),
    wrong(lambda x: K.reshape(x, (-1, 4)), ValueError, "can't be reshaped to"),
    wrong(lambda x: K.reshape(x, (2, 3, 0)), ValueError, "can't be reshaped to"),
    wrong(lambda x: K.reshape(x, (-1, -1)), ValueError, "only one dim"),
    wrong(lambda x: K.reshape(x, (-2, 3)), ValueError, "must not be negative"),
    wrong(lambda x: K.reshape(x, -6), ValueError, "must not be negative"),
    wrong(lambda x: K.reshape(x, (None, 3)), ValueError, "fully known"),
    wrong(lambda x: K.reshape(x, None), ValueError, "shape must be"),
    wrong(lambda x: K.reshape(x, (2, "a")), TypeError, "must be an integer"),
    wrong(lambda x: K.reshape(x, (2.0, 3)), TypeError, "must be an integer"),
    wrong(lambda x: K.reshape(x, "ab"), TypeError, "must be a tuple"),
    wrong(lambda x: K.concatenate([x, x], 2), ValueError, "axis 2 is out of range"),
    wrong(lambda x: K.concatenate([x, x], -3), ValueError, "axis -3 is out of range"),
    wrong(lambda x: K.concatenate([x, K.ones((3, 2))], 0), ValueError, "must be equal"),
    wrong(lambda x: K.concatenate([x, K.ones((2,))], 0), ValueError, "different ranks"),
    wrong(lambda x: K.concatenate([x, K.ones((2, 3), "float64")]), TypeError, "different dtypes"),
    wrong(lambda x: K.concatenate([x, K.ones((2, 3), "int32")]), TypeError, "different dtypes"),
    wrong(lambda x: K.concatenate([x, x], None), TypeError, "axis must be an integer"),
    wrong(lambda x: K.concatenate([]), ValueError, "at least one tensor"),
    wrong(lambda x: K.concatenate(x), TypeError, "must be a list"),
    wrong(lambda x: K.stack([x, K.ones((3,))]), ValueError, "different shapes"),
    wrong(lambda x: K.stack([x, x], 3), ValueError, "axis 3 is out of range"),
    wrong(lambda x: K.stack([x, x], -4), ValueError, "axis -4 is out of range"),
    wrong(lambda x: K.stack([x, K.ones((2, 3), "int32")]), TypeError, "different dtypes"),
    wrong(lambda x: K.tile(x, 2), ValueError, "must have 2 integers"),
    wrong(lambda x: K.tile(x, (1, 2, 3)), ValueError, "must have 2 integers"),
    wrong(lambda x: K.tile(K.flatten(x), (1, 2)), ValueError, "must have 1 integer, none negative"),
    wrong(lambda x: K.tile(x, (-1, 1)), ValueError, "none negative"),
    wrong(lambda x: K.tile(x, (1.5, 1)), TypeError, "must be an integer"),
    wrong(lambda x: K.tile(x, "a"), TypeError, "must be a tuple"),
    wrong(lambda x: K.tile(x, None), ValueError, "n must be"),
    wrong(lambda x: K.repeat(K.flatten(x), 2), ValueError, "must have rank 2"),
    wrong(lambda x: K.repeat(K.expand_dims(x), 2), ValueError, "must have rank 2"),
    wrong(lambda x: K.repeat(x, -1), ValueError, "must not be negative"),
    wrong(lambda x: K.repeat(x, 1.5), TypeError, "must be an integer"),
    wrong(lambda x: K.repeat_elements(x, 2, 2), ValueError, "axis 2 is out of range"),
    wrong(lambda x: K.repeat_elements(x, 2, None), TypeError, "axis must be an integer"),
    wrong(lambda x: K.repeat_elements(x, "a", 0), TypeError, "rep must be an integer"),
    wrong(lambda x: K.repeat_elements(x, 1.5, 0), TypeError, "rep must be an integer"),
    wrong(lambda x: K.repeat_elements(x, -1, 0), ValueError, "must not be negative"),
    wrong(lambda x: K.permute_dimensions(x, (0,)), ValueError, "no permutation"),
    wrong(lambda x: K.permute_dimensions(x, ()), ValueError, "no permutation"),
    wrong(lambda x: K.permute_dimensions(x, (0, 0)), ValueError, "no permutation"),
    wrong(lambda x: K.permute_dimensions(x, (0, 2)), ValueError, "no permutation"),
    wrong(lambda x: K.permute_dimensions(x, (0, -1)), ValueError, "no permutation"),
    wrong(lambda x: K.permute_dimensions(x, (0.5, 1)), TypeError, "must be an integer"),
    wrong(lambda x: K.permute_dimensions(x, 1), TypeError, "must be a tuple"),
    wrong(lambda x: K.permute_dimensions(x, None), TypeError, "must be a tuple"),
    wrong(lambda x: K.expand_dims(x, 3), ValueError, "axis 3 is out of range"),
    wrong(lambda x: K.expand_dims(x, -4), ValueError, "axis -4 is out of range"),
    wrong(lambda x: K.expand_dims(x, 0.0), TypeError, "axis must be an integer"),
    wrong(lambda x: K.expand_dims(x, None), TypeError, "axis must be an integer"),
    wrong(lambda x: K.expand_dims(x, (0, 1)), TypeError, "axis must be an integer"),
    wrong(lambda x: K.squeeze(x, 0), ValueError, "only an axis of dim 1"),
    wrong(lambda x: K.squeeze(x, 2), ValueError, "axis 2 is out of range"),
    wrong(lambda x: K.squeeze(x, -3), ValueError, "axis -3 is out of range"),
    wrong(lambda x: K.squeeze(K.expand_dims(x, 1), (1,)), TypeError, "axis must be an integer"),
    wrong(lambda x: K.squeeze(K.expand_dims(x, 1), None), TypeError, "axis must be an integer"),
    wrong(lambda x: K.reverse(x, 2), ValueError, "axes 2 is out of range"),
    wrong(lambda x: K.reverse(x, (0, -2)), ValueError, "each axis once"),
    wrong(lambda x: K.reverse(x, "a"), TypeError, "must be an integer"),
    wrong(lambda x: K.reverse(x, None), TypeError, "axes must be"),
]


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_errors(call, error, message, symbolic):
    name = call.__code__.co_names[1]
    with pytest.raises(error, match=rf"^{name}\(\).*{message}"):
        call(P((2, 3)) if symbolic else K.ones((2, 3)))


@pytest.mark.parametrize("fn", [K.flatten, K.batch_flatten, K.expand_dims])
def test_what_is_no_tensor(fn):
    for bad in (None, "text", [[1], [1, 2]]):
        with pytest.raises((TypeError, ValueError), match=rf"^{fn.__name__}\(\): x"):
            fn(bad)


def test_static_shapes():
    x, d, u = P((None, 3)), P((None, None)), P()
    n = K.shape(x)[0]
    found = [
        (K.reshape(x, (-1, 3)), (None, 3)),
        (K.reshape(x, (n, -1)), (None, None)),
        (K.reshape(x, (n, 3)), (None, 3)),
        (K.reshape(x, (7, -1)), (7, None)),
        (K.reshape(P((2, 3)), (n, -1)), (None, None)),
        (K.reshape(P((2, 3)), P((2,), dtype="int32")), (None, None)),
        (K.reshape(P((2, 3)), P(None, dtype="int32")), None),
        (K.reshape(P((2, 3)), P((), dtype="int32")), (6,)),
        (K.reshape(u, (2, -1)), (2, None)),
        (K.reshape(u, K.shape(P((2, None)))), (2, None)),
        (K.concatenate([x, P((2, 1))]), (2, 4)),
        (K.concatenate([d, P((2, 3))]), (2, None)),
        (K.concatenate([u, x]), (None, None)),
        (K.stack([x, P((2, None))]), (2, 2, 3)),
        (K.stack([x, u], 1), (None, 2, 3)),
        (K.tile(x, (2, 2)), (None, 6)),
        (K.tile(x, (0, 1)), (0, 3)),
        (K.tile(x, K.stack([1, n])), (None, None)),
        (K.tile(u, (2, 2)), (None, None)),
        (K.tile(u, P(None, dtype="int32")), None),
        (K.repeat(x, 2), (None, 2, 3)),
        (K.repeat(x, n), (None, None, 3)),
        (K.repeat(u, 2), (None, 2, None)),
        (K.repeat_elements(x, 2, 0), (None, 3)),
        (K.repeat_elements(x, 2, 1), (None, 6)),
        (K.repeat_elements(u, 2, 0), None),
        (K.permute_dimensions(x, (1, 0)), (3, None)),
        (K.permute_dimensions(u, (1, 0)), (None, None)),
        (K.expand_dims(x), (None, 3, 1)),
        (K.expand_dims(u), None),
        (K.squeeze(x, 0), (3,)),
        (K.squeeze(u, 0), None),
        (K.flatten(x), (None,)),
        (K.flatten(u), (None,)),
        (K.flatten(P((None, 0))), (0,)),
        (K.batch_flatten(P((None, 3, 4))), (None, 12)),
        (K.batch_flatten(P((2, None, 4))), (2, None)),
        (K.batch_flatten(u), (None, None)),
        (K.reverse(x, 1), (None, 3)),
        (K.reverse(u, 1), None),
    ]
    for i, (tensor, expected) in enumerate(found):
        assert K.int_shape(tensor) == expected, i


@pytest.mark.parametrize(
    "call",
    [
        lambda x: K.squeeze(x, 0),
        lambda x: K.reshape(x, (4, -1)),
        lambda x: K.expand_dims(x, 4),
        lambda x: K.repeat(K.expand_dims(x), 2),
        lambda x: K.tile(x, (2,)),
        lambda x: K.reverse(x, 3),
        lambda x: K.concatenate([x, K.ones((5, 5))], 0),
        lambda x: K.reshape(x, K.stack([K.shape(x)[0], 4])),
    ],
)
def test_errors_that_show_at_run_time(call):
    x = K.placeholder()
    with pytest.raises(ValueError):
        K.function([x], [call(x)])([np.ones((2, 3))])


def test_a_shape_that_depends_on_data_runs_uncompiled():
    x, shape = P((6,)), P((2,), dtype="int32")
    f = K.function([x, shape], [K.reshape(x, shape), K.tile(x, shape[:1]), K.repeat(K.reshape(x, (2, 3)), shape[0])])
    with pytest.warns(kjax.NotCompiledWarning):
        assert [r.shape for r in f([np.ones(6), [3, 2]])] == [(3, 2), (18,), (2, 3, 3)]
    assert f([np.ones(6), [2, -1]])[0].shape == (2, 3)


def test_values_do_not_change_with_a_variable_they_were_taken_from():
    v = K.variable(X)
    taken = [K.reshape(v, (24,)), K.flatten(v), K.expand_dims(v), K.permute_dimensions(v, (0, 1, 2)), K.reverse(v, 0)]
    before = [t.numpy() for t in taken]
    K.set_value(v, X * 0)
    K.update_add(v, X * 0 + 1)
    for old, t in zip(before, taken, strict=True):
        np.testing.assert_array_equal(old, t.numpy())
