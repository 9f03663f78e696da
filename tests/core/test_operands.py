"""Arguments of operations: values that become tensors, and attributes in their normal form."""

import array
from typing import Annotated, Any

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import operands
from kjax.core.operands import Attribute, Operand, as_tensor, kind_of

# ------------------------------------------------------------------------------------------------- values into tensors


@pytest.mark.parametrize(
    "other", [2, 2.0, np.float64(2), np.float32(2), np.array(2), [2.0, 2.0], np.array([2, 2]), True]
)
def test_what_is_no_tensor_takes_on_the_dtype_beside_it(other):
    for x in (K.constant([3.0, 3.0]), K.constant([3.0, 3.0], "float16"), K.constant([3.0, 3.0], "bfloat16")):
        for result in (x * other, other * x):
            assert isinstance(result, kjax.Tensor) and result.dtype == x.dtype
            assert result.numpy().astype(float).tolist() == [3 * float(np.max(other))] * 2


def test_python_numbers_keep_their_precision_beside_a_tensor():
    x = K.placeholder((1,), dtype="float64")
    assert K.function([x], [x * 0.1])([[1.0]])[0] == 0.1
    assert as_tensor([0.1, 2], kjax.as_dtype("float64")).numpy().tolist() == [0.1, 2]


def test_conversion_of_values():
    assert as_tensor(1.5).dtype == "float32" and as_tensor([1, 2]).dtype == "int32" and as_tensor(True).dtype == "bool"
    assert as_tensor(2**40).dtype == "int64" and as_tensor(1j).dtype == "complex128"
    assert as_tensor(np.ones(2)).dtype == "float64" and as_tensor(np.int8(3)).dtype == "int8"
    assert as_tensor([]).shape == (0,) and as_tensor([K.constant(1.0), 2.0]).numpy().tolist() == [1, 2]
    K.set_floatx("float16")
    assert as_tensor(1.5).dtype == "float16"
    tensor = K.placeholder(())
    assert as_tensor(tensor) is tensor
    packed = as_tensor([[K.shape(K.placeholder((None, 3)))[0], 2], [3, 4]])
    assert packed.is_symbolic and packed.shape == (2, 2) and packed.dtype == "int32"


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ("a", TypeError),
        (["a"], TypeError),
        (None, ValueError),
        ([[1], [1, 2]], ValueError),
        (object(), TypeError),
        ({}, TypeError),
    ],
)
def test_what_can_not_be_a_tensor(bad, error):
    with pytest.raises(error, match=r"square\(\): x"):
        K.square(bad)


def test_a_given_array_is_never_written_to_nor_kept():
    array = np.ones((2, 2), "float32")
    kept = [K.reshape(array, (4,)), K.constant(array), K.placeholder((2, 2)) + array]
    array[:] = 7
    assert kept[0].numpy().tolist() == kept[1].numpy().ravel().tolist() == [1, 1, 1, 1]
    assert K.function(list(kept[2].op.inputs[:1]), [kept[2]])([np.zeros((2, 2))])[0].tolist() == [[1, 1], [1, 1]]


def test_arrays_of_other_libraries():
    import jax

    class Foreign:
        """An object that NumPy can read, without an attribute `dtype`."""

        def __array__(self, dtype=None, copy=None):
            return np.array([1.5, 2.5], dtype or "float64")

    on_jax = jax.numpy.arange(3.0)
    assert as_tensor(on_jax).dtype == "float32" and as_tensor(on_jax)._value is on_jax
    assert as_tensor(Foreign()).numpy().tolist() == [1.5, 2.5]
    assert as_tensor(array.array("d", [1.0, 2.0])).numpy().tolist() == [1, 2]
    assert as_tensor(range(3)).numpy().tolist() == [0, 1, 2]
    assert (K.constant([1.0, 1.0]) + Foreign()).dtype == "float32"


def test_the_dtype_beside_it():
    x = K.constant([1, 2], "int32")
    assert as_tensor(3, x.dtype).dtype == "int32" and as_tensor(True, x.dtype).numpy() == 1
    assert as_tensor(x, kjax.as_dtype("float32")) is x  # a tensor has its own
    assert as_tensor(np.float32(1.5), x.dtype).numpy() == 1  # what NumPy holds is converted
    for value in (1.5, [1.0], 1j, np.complex64(1)):
        with pytest.raises(TypeError, match="can't take on int32"):
            as_tensor(value, x.dtype)
    with pytest.raises(TypeError, match=r"^add\(\): y: .*can't take on float32"):
        K.placeholder((2,)) + 1j
    for value, dtype in ((-1, "uint8"), (2**31, "int32"), (70000, "int16")):
        with pytest.raises(ValueError, match=f"does not fit {dtype}"):
            as_tensor(value, kjax.as_dtype(dtype))


def test_numbers_without_a_tensor_beside_them():
    assert as_tensor([[1, 2**31]]).dtype == "int64" and as_tensor(-(2**31)).dtype == "int32"
    assert as_tensor([1, 2.5]).dtype == as_tensor([[], []]).dtype == "float32"
    assert as_tensor([np.int8(1), np.int8(2)]).dtype == "int8"  # the elements have a dtype of their own
    K.set_floatx("float64")
    assert as_tensor([1, 2.5]).dtype == "float64" and as_tensor(np.float32(1)).dtype == "float32"


def test_lists_with_tensors_in_them():
    n, x = K.shape(K.placeholder((None, 4))), K.placeholder(())
    dims = as_tensor([n[0], 3])
    assert dims.is_symbolic and dims.dtype == "int32" and dims.shape == (2,)
    nested = as_tensor([[x, 1.0], (2.0, x * x)])
    assert K.function([x], [nested])([3.0])[0].tolist() == [[3, 1], [2, 9]]
    assert as_tensor([K.constant([1.0]), [2.0]]).numpy().tolist() == [[1], [2]]
    with pytest.raises((TypeError, ValueError)):
        as_tensor([x, "a"])


# ---------------------------------------------------------------------------------------------------------- attributes


@pytest.mark.parametrize("axis", [1, -1, np.int64(1), K.constant(1, "int32")], ids=repr)
def test_an_axis_is_an_integer_of_any_kind(axis):
    x = np.arange(6.0).reshape(2, 3)
    for tensor in (K.constant(x), K.placeholder((2, 3))):
        for out in (K.sum(tensor, axis), K.sum(tensor, [axis]), K.cumsum(tensor, axis)[:, -1]):
            assert out.shape == (2,)
            result = K.function([tensor], [out])([x])[0] if out.is_symbolic else out.numpy()
            np.testing.assert_array_equal(result, [3, 12])


@pytest.mark.parametrize("axis", ["a", 1.0, [0, 1.5], [[0]], K.constant(1.0)], ids=repr)
def test_what_is_no_axis(axis):
    for tensor in (K.ones((2, 3)), K.placeholder((2, 3))):
        with pytest.raises(TypeError, match=r"^sum\(\): axis"):
            K.sum(tensor, axis)


def test_axes_are_known_when_the_graph_is_built():
    for tensor in (K.ones((2, 3)), K.placeholder((2, 3))):
        with pytest.raises(TypeError, match=r"^sum\(\): axis .*known"):
            K.sum(tensor, K.placeholder((), dtype="int32"))
        assert K.sum(tensor, np.array([0, 1])).shape == K.sum(tensor, (0, 1)).shape == K.sum(tensor, None).shape == ()
        assert K.sum(tensor, ()).shape == (2, 3)


@pytest.mark.parametrize(
    "dims",
    [(3, 2), [3, 2], np.array([3, 2]), (np.int8(3), -1), K.constant([3, 2], "int32"), kjax.Shape((3, 2))],
    ids=repr,
)
def test_dims_of_any_kind(dims):
    x = np.arange(6.0).reshape(2, 3)
    assert K.reshape(K.constant(x), dims).numpy().tolist() == x.reshape(3, 2).tolist()
    symbol = K.placeholder((2, 3))
    out = K.reshape(symbol, dims)
    assert out.shape == (3, 2) and K.function([symbol], [out])([x])[0].tolist() == x.reshape(3, 2).tolist()


def test_dims_that_only_a_run_tells():
    x = K.placeholder((None, 4))
    rows = K.shape(x)[0]
    for dims in ((rows, 2, 2), [rows, 2, K.constant(2, "int32")], K.stack([rows, 2, 2])):
        out = K.reshape(x, dims)
        assert out.shape == (None, 2, 2) and K.function([x], [out])([np.ones((5, 4))])[0].shape == (5, 2, 2)


@pytest.mark.parametrize(
    ("dims", "error"),
    [
        (None, ValueError),
        ((2, None), ValueError),
        ("ab", TypeError),
        (b"ab", TypeError),
        ((2.0, 3), TypeError),
        (("a",), TypeError),
    ],
)
def test_what_are_no_dims(dims, error):
    for tensor in (K.ones((2, 3)), K.placeholder((2, 3))):
        with pytest.raises(error, match=r"^reshape\(\): shape"):
            K.reshape(tensor, dims)


def test_dtypes_and_the_default_one():
    assert K.cast([1], np.float16).dtype == K.cast([1], "float16").dtype == "float16"
    assert K.zeros((2,)).dtype == "float32" and K.zeros((2,), "int8").dtype == "int8"
    K.set_floatx("float64")
    assert K.random_normal((2,)).dtype == "float64"
    with pytest.raises(TypeError, match=r"^random_normal\(\): .*dtype"):
        K.random_normal((2,), dtype="number")


# -------------------------------------------------------------------------------------------------------- declarations


def test_what_an_annotation_declares():
    operand, attribute = Operand(operands.FLOATS, many=True), Attribute(lambda value, where: value)
    assert kind_of(Annotated[Any, operand]) is operand and kind_of(Annotated[Any, "words", attribute]) is attribute
    assert kind_of(Any) is kind_of(None) is kind_of(int) is kind_of(Annotated[Any, "words"]) is None


GROUPS = {
    operands.Float: "float",
    operands.Index: "integer",
    operands.Truth: "bool",
    operands.Real: "float integer",
    operands.Signed: "float signed complex",
    operands.SignedReal: "float signed",
    operands.Inexact: "float complex",
    operands.Number: "float integer complex",
    operands.Array: "float integer complex bool",
}
KINDS = {
    "float": {"float16", "bfloat16", "float32", "float64"},
    "signed": {"int8", "int16", "int32", "int64"},
    "integer": {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "complex": {"complex64", "complex128"},
    "bool": {"bool"},
}


@pytest.mark.parametrize("annotation", GROUPS, ids=GROUPS.get)
def test_groups_of_dtypes(annotation):
    expected = set().union(*(KINDS[kind] for kind in GROUPS[annotation].split()))
    assert {dtype.name for dtype in kind_of(annotation).accepts} == expected


@pytest.mark.parametrize("axes", [np.array(1), np.int64(1), [1], (1,), np.array([1]), K.constant(1, "int32"), -1])
def test_axes_in_any_form(axes):
    for x in (K.constant([[1.0, 2.0], [3.0, 4.0]]), K.placeholder((2, 2))):
        assert K.sum(x, axes).shape == (2,)
    assert K.sum([[1.0, 2.0], [3.0, 4.0]], axes).numpy().tolist() == [3, 7]
    assert K.sum(K.ones((2, 2)), K.constant([0, 1], "int32")).numpy() == 4


# What NumPy holds, and the numbers in it: arrays of any real dtype go where their numbers can go.
HELD = {
    "float64": np.array([1.0, 2.0]),
    "fractions": np.array([1.5, 2.5]),
    "float16": np.array([1.0, 2.0], "float16"),
    "int64": np.array([1, 2]),
    "uint8": np.array([1, 2], "uint8"),
    "big-endian floats": np.array([1.0, 2.0], ">f4"),
    "big-endian integers": np.array([1, 2], ">i8"),
    "objects": np.array([1.0, 2.0], object),
    "objects of several kinds": np.array([1, np.float32(2)], object),
    "long doubles": np.array([1, 2], np.longdouble),
    "bools": np.array([True, False]),
}


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "float64", "float16"])
def test_arrays_become_any_real_dtype(name, dtype):
    held = HELD[name]
    expected = held.astype(object).astype(float).astype(dtype)
    variable = K.variable(held, dtype=dtype)
    placeholder = K.placeholder((2,), dtype=dtype)
    beside = K.constant([1, 1], dtype=dtype)
    for found in (
        K.get_value(variable),
        K.constant(held, dtype=dtype).numpy(),
        (beside * held).numpy(),
        (held * beside).numpy(),
        K.maximum(beside * 0, held).numpy(),
    ):
        assert found.dtype == dtype and found.tolist() == expected.tolist()
    K.set_value(variable, held[::-1])
    assert K.get_value(variable).tolist() == expected[::-1].tolist()
    assert K.function([placeholder], [placeholder * 1])([held])[0].tolist() == expected.tolist()


def test_arrays_without_a_dtype_given():
    assert K.constant(HELD["objects"]).dtype == K.constant(HELD["big-endian integers"]).dtype == "float32"
    assert (K.constant([True, False]) == np.array([True, False])).numpy().all()
    assert (
        as_tensor(HELD["long doubles"]).dtype == "float64" and as_tensor(HELD["big-endian floats"]).dtype == "float32"
    )


@pytest.mark.parametrize(
    "held",
    [np.array(["1", "2"]), np.array(["a", 1.0], object), np.array([None, 1.0], object), np.array(["2020"], "M8[Y]")],
)
def test_what_is_no_number_is_refused(held):
    for call in (lambda: K.constant(held), lambda: K.variable(held, dtype="float32"), lambda: K.ones((2,)) + held):
        with pytest.raises(TypeError, match=r"not made of numbers|can't hold"):
            call()


def test_pythons_floats_and_complex_arrays_lose_nothing():
    with pytest.raises(TypeError, match="without loss"):
        K.variable([1.5, 2.5], dtype="int32")
    with pytest.raises(TypeError, match="int32"):
        K.constant([1, 2], dtype="int32") + 1.5
    with pytest.raises(TypeError, match="float32"):
        K.ones((2,)) + np.ones(2, complex)


ONE = [
    np.float32(1.0),
    np.float64(1.0),
    np.array(1.0),
    np.int64(1),
    np.array(1),
    K.constant(1, dtype="int32"),
]


@pytest.mark.parametrize("one", ONE, ids=repr)
def test_numpys_numbers_as_integers(one):
    x = K.constant(np.arange(6.0).reshape(2, 3))
    assert K.sum(x, axis=one).numpy().tolist() == [3, 12] and K.argmax(x, axis=one).numpy().tolist() == [2, 2]
    assert K.expand_dims(x, one).shape == (2, 1, 3) and K.squeeze(K.ones((2, 1)), one).shape == (2,)
    assert K.concatenate([x, x], axis=one).shape == K.repeat_elements(x, 2, one).shape == (2, 6)
    assert K.stack([x, x], axis=one).shape == (2, 2, 3) and K.cumsum(x, one).numpy()[1].tolist() == [3, 7, 12]
    assert K.one_hot(K.constant([0], dtype="int32"), one).shape == (1, 1)
    assert K.ones((one, 2)).shape == K.reshape(K.ones((2,)), (one, -1)).shape == (1, 2)
    assert K.softmax(x, one).shape == K.l2_normalize(x, one).shape == (2, 3)
    assert K.relu(K.constant([1, 2], dtype="int32"), max_value=one).numpy().tolist() == [1, 1]
    assert K.pool2d(K.ones((1, 4, 4, 1)), (one, one)).shape == (1, 4, 4, 1)


@pytest.mark.parametrize("bad", [np.float32(1.5), np.array(np.nan), np.array([0, 1]), np.array("1"), 1.5])
def test_what_is_no_integer_is_refused(bad):
    for call in (
        lambda: K.squeeze(K.ones((1, 1)), bad),
        lambda: K.cumsum(K.ones((2, 2)), bad),
        lambda: K.ones((bad, 2)),
    ):
        with pytest.raises((TypeError, ValueError), match="integer"):
            call()
