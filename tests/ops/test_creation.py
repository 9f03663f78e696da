import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.dtypes import NAMES, to_numpy

FILLED = [(K.ones, 1), (K.zeros, 0)]
LIKE = [(K.ones_like, 1), (K.zeros_like, 0)]


@pytest.mark.parametrize(("make", "value"), FILLED)
@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((3, 4), (3, 4)),
        ([3, 4], (3, 4)),
        (5, (5,)),
        (np.int64(3), (3,)),
        ((), ()),
        ([], ()),
        ((0, 2), (0, 2)),
        (np.array([2, 3]), (2, 3)),
        ((np.int32(2), 3), (2, 3)),
        (range(1, 4), (1, 2, 3)),
    ],
)
def test_filled_with_a_value(make, value, shape, expected):
    v = make(shape)
    assert isinstance(v, kjax.Variable) and v.name == "Variable:0" and v.shape == expected
    array = K.eval(v)
    assert array.dtype == "float32" and array.shape == expected and (array == value).all()


@pytest.mark.parametrize(("make", "value"), FILLED)
def test_filled_by_a_tensor_of_dims(make, value):
    assert make(K.constant([2, 3], "int32")).shape == (2, 3) and make((K.constant(2, "int32"), 3)).shape == (2, 3)
    assert make(K.variable([2, 3], "int64")).shape == (2, 3) and make(K.constant(4, "int32")).shape == (4,)


@pytest.mark.parametrize(("make", "value"), FILLED)
@pytest.mark.parametrize("name", NAMES)
def test_dtypes(make, value, name):
    numpy_dtype = to_numpy(kjax.as_dtype(name))
    for dtype in (name, numpy_dtype, numpy_dtype.type, kjax.as_dtype(name)):
        v = make((2,), dtype)
        assert v.dtype == name and K.eval(v).dtype == numpy_dtype and (K.eval(v) == value).all()
    like = (K.ones_like if value else K.zeros_like)(v)
    assert like.dtype == name and (K.eval(like) == value).all()
    assert (K.ones_like if value else K.zeros_like)([1.5], dtype=name).dtype == name


@pytest.mark.parametrize(("make", "value"), FILLED)
def test_names(make, value):
    assert make((2,), name="foo").name == "foo:0" and make((2,), None, "foo").name == "foo:0"
    with pytest.raises(TypeError, match="name must be a string"):
        make((2,), name=3)


@pytest.mark.parametrize(("make", "value"), FILLED)
@pytest.mark.parametrize(
    ("shape", "error"),
    [
        ((-1, 2), ValueError),
        ((2, None), ValueError),
        (None, ValueError),
        ("ab", TypeError),
        (3.5, TypeError),
        ((2.5, 3), TypeError),
        (("a",), TypeError),
        (((2, 3), 4), TypeError),
        ((2**40, 2**40), ValueError),
        ((2**62, 2**10), ValueError),
        (object(), TypeError),
    ],
)
def test_bad_shapes(make, value, shape, error):
    with pytest.raises(error, match=rf"{make.__name__}\(\)"):
        make(shape)


@pytest.mark.parametrize(("make", "value"), FILLED)
def test_bad_dtypes(make, value):
    for bad in ("foo", "U3", object, 3):
        with pytest.raises(TypeError, match=rf"{make.__name__}\(\): unknown dtype"):
            make((2,), dtype=bad)


def test_too_large_is_also_a_memory_error_and_nothing_is_touched():
    # Far more than this machine has, but little enough for the system to promise it.
    for make in (K.ones, K.ones_like):
        with pytest.raises(MemoryError, match="too many") as caught:
            make((2**42,) if make is K.ones else np.broadcast_to(np.float32(0), (2**42,)))
        assert isinstance(caught.value, ValueError)


def test_zeros_take_no_memory_until_they_are_used():
    v = K.zeros((2**31,), "uint8")
    assert v.shape == (2**31,) and v.numpy.__self__ is v


@pytest.mark.parametrize(("make", "value"), FILLED)
@pytest.mark.parametrize("graph", [False, True])
def test_of_a_symbolic_shape(make, value, graph):
    with kjax.graph_mode() if graph else kjax.eager_mode():
        x = K.placeholder(shape=(None, 3))
        of_shape, of_parts = make(K.shape(x)), make((K.shape(x)[0], 4), "int32", name="n")
        assert isinstance(make((2,)), kjax.Variable)
    assert of_shape.is_symbolic and K.int_shape(of_shape) == (None, 3) and K.int_shape(of_parts) == (None, 4)
    assert of_parts.dtype == "int32" and of_parts.name == "n:0"
    a, b = K.function([x], [of_shape, of_parts])([np.zeros((2, 3))])
    assert (a == value).all() and a.shape == (2, 3) and (b == value).all() and b.shape == (2, 4) and b.dtype == "int32"


@pytest.mark.parametrize(("make", "value"), LIKE)
@pytest.mark.parametrize(
    ("x", "dtype"),
    [
        (np.zeros((2, 3)), "float64"),
        ([[1, 2], [3, 4]], "int32"),
        ([1.5], "float32"),
        (3, "int32"),
        (np.float16(2), "float16"),
        (True, "bool"),
        (K.variable([1.0, 2.0]), "float32"),
        (K.constant([[1j]], "complex64"), "complex64"),
        (np.zeros((0, 4), "int8"), "int8"),
    ],
)
def test_like_something_concrete(make, value, x, dtype):
    v = make(x)
    assert isinstance(v, kjax.Variable) and v.dtype == dtype and v.shape == np.shape(x)
    assert (K.get_value(v) == value).all()
    K.set_value(v, K.get_value(v))
    assert K.update(v, v) is v


@pytest.mark.parametrize(("make", "value"), LIKE)
def test_like_something_symbolic(make, value):
    x = K.placeholder(shape=(None, 3))
    y, z = make(x), make(x, dtype="int8", name="z")
    assert y.is_symbolic and K.int_shape(y) == (None, 3) and z.dtype == "int8" and z.name == "z:0"
    a, b = K.function([x], [y, z])([np.full((2, 3), np.nan)])
    assert (a == value).all() and a.shape == (2, 3) and (b == value).all() and b.dtype == "int8"
    assert K.int_shape(make(K.placeholder())) is None
    with kjax.graph_mode():
        assert make(K.variable([1.0])).is_symbolic and K.eval(make([[1, 2]])).tolist() == [[value, value]]


@pytest.mark.parametrize(("make", "value"), LIKE)
@pytest.mark.parametrize(
    ("bad", "error"), [("a", TypeError), (None, ValueError), ([[1], [1, 2]], ValueError), (object(), TypeError)]
)
def test_like_nothing(make, value, bad, error):
    with pytest.raises(error, match=rf"{make.__name__}\(\)"):
        make(bad)
    with pytest.raises(TypeError, match="unknown dtype"):
        make([1.0], dtype="foo")


def test_like_does_not_read_the_data():
    x = K.variable(np.zeros((4,)))
    before = x._value
    K.ones_like(x)
    assert x._value is before and K.ones_like(K.zeros((2**24,), "uint8"), dtype="bool").shape == (2**24,)


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ([1, 2], None, "float32"),
        (np.ones(2), None, "float32"),
        (True, None, "float32"),
        ((3, 4), None, "float32"),
        ([1, 2], "int64", "int64"),
        ([1.0], "bfloat16", "bfloat16"),
        ([0, 1], "bool", "bool"),
        (1 + 2j, "complex64", "complex64"),
        (np.array([300]), "int16", "int16"),
    ],
)
@pytest.mark.parametrize("make", [K.variable, K.constant])
def test_variables_and_constants(make, value, dtype, expected):
    tensor = make(value, dtype)
    assert tensor.dtype == expected and tensor.shape == np.shape(value)
    assert np.array_equal(K.eval(tensor).astype(complex), np.asarray(value).astype(complex))


@pytest.mark.parametrize("make", [K.variable, K.constant])
@pytest.mark.parametrize(
    ("value", "dtype", "error"),
    [
        (1.5, "int32", TypeError),
        ("a", None, TypeError),
        (None, None, ValueError),
        ([[1], [1, 2]], None, ValueError),
        ([300], "uint8", ValueError),
        (1j, "float32", TypeError),
        ([1], "foo", TypeError),
    ],
)
def test_bad_values(make, value, dtype, error):
    with pytest.raises(error, match=rf"{make.__name__}\(\)"):
        make(value, dtype)


def test_constants_in_shape():
    assert K.eval(K.constant(3, shape=(2, 2))).tolist() == [[3, 3], [3, 3]]
    assert K.constant([1, 2, 3, 4], shape=(2, 2)).shape == (2, 2) and K.constant([1], shape=[3]).shape == (3,)
    assert K.constant(1.0, name="c").name == "c:0"
    for bad in ((3,), (-1,), (2.5,)):
        with pytest.raises((ValueError, TypeError), match=r"constant\(\)"):
            K.constant([1, 2], shape=bad)
    with pytest.raises(TypeError, match="must be known"):
        K.constant(1.0, shape=K.shape(K.placeholder((None,))))


def test_a_variable_of_something_symbolic_takes_its_value():
    with kjax.graph_mode():
        assert K.variable(K.square(K.constant(3.0))).numpy() == 9
    with pytest.raises(ValueError, match="not fed"):
        K.variable(K.placeholder(()))


def test_placeholders():
    p = K.placeholder(shape=(None, 2), dtype="int32", name="p")
    assert isinstance(p, kjax.Placeholder) and p.shape == (None, 2) and p.dtype == "int32" and p.name == "p:0"
    assert K.int_shape(K.placeholder(ndim=2)) == (None, None) and K.int_shape(K.placeholder()) is None
    assert K.placeholder(3).shape == (3,) and K.placeholder(()).shape == ()
    assert [K.placeholder().name for _ in range(2)] == ["Placeholder_4:0", "Placeholder_5:0"]
    for kwargs, error in (
        ({"shape": (-1,)}, ValueError),
        ({"shape": "a"}, TypeError),
        ({"dtype": "foo"}, TypeError),
        ({"sparse": True, "ragged": True}, ValueError),
        ({"sparse": True, "shape": (-1,)}, ValueError),
        ({"ragged": True}, NotImplementedError),
    ):
        with pytest.raises(error, match=r"placeholder\(\)"):
            K.placeholder(**kwargs)


def test_eye():
    v = K.eye(3, "int32", "I")
    assert isinstance(v, kjax.Variable) and v.name == "I:0" and np.array_equal(K.eval(v), np.eye(3))
    x = K.placeholder(shape=(None, 3))
    assert K.eye(K.shape(x)[1]).shape == (3, 3) and K.eye(K.shape(x)[0]).shape == (None, None)
    assert K.function([x], [K.eye(K.shape(x)[0])])([np.zeros((2, 3))])[0].tolist() == [[1, 0], [0, 1]]
    for bad, error in ((-1, ValueError), (2.5, TypeError), (None, ValueError), ((2, 3), TypeError)):
        with pytest.raises(error, match=r"eye\(\)"):
            K.eye(bad)


@pytest.mark.parametrize(
    ("args", "expected", "dtype"),
    [
        ((4,), [0, 1, 2, 3], "int32"),
        ((-3,), [], "int32"),
        ((2, 5), [2, 3, 4], "int32"),
        ((5, 2, -1), [5, 4, 3], "int32"),
        ((0.0, 1.0, 0.5), [0, 0.5], "float32"),
        ((1, 4, 1, "float64"), [1, 2, 3], "float64"),
        ((K.constant(3, "int32"),), [0, 1, 2], "int32"),
        ((K.constant(1, "int32"), 3), [1, 2], "int32"),
    ],
)
def test_arange(args, expected, dtype):
    tensor = K.arange(*args)
    assert tensor.dtype == dtype and K.eval(tensor).tolist() == expected
    with kjax.graph_mode():
        tensor = K.arange(*args)
        assert tensor.is_symbolic and tensor.dtype == dtype and K.eval(tensor).tolist() == expected


def test_arange_of_symbolic_ends():
    x = K.placeholder(shape=(None, 3))
    y = K.arange(K.shape(x)[0])
    assert y.shape == (None,) and K.arange(K.shape(x)[1]).shape == (3,)
    assert K.function([x], [y])([np.zeros((4, 3))])[0].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("args", [(7, 2), (0, 3, 0), (0, 3, -1)])
def test_arange_that_leads_nowhere(args):
    with pytest.raises(ValueError, match=r"^arange\(\): no step of -?\d leads from start [07] to stop [23]$"):
        K.arange(*args)
