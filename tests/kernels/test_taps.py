"""Windows read tap by tap, against all windows by their definition."""

import jax
import numpy as np
import pytest

from kjax.kernels.taps import FEW, are_few, interleaved, taps
from sliding import moved, windowed

LAST, FIRST = "channels_last", "channels_first"
FORMS = [
    # shape, sizes, strides, padding, dilations
    ((2, 7, 3), (3,), (2,), "valid", None),
    ((2, 7, 3), (3,), (1,), "causal", (2,)),
    ((2, 6, 5, 2), (2, 3), (1, 1), "same", None),
    ((2, 6, 5, 2), (2, 3), (2, 3), "same", (1, 1)),
    ((1, 7, 6, 1), (3, 2), (1, 1), "same", (2, 3)),
    ((1, 5, 4, 3, 2), (2, 1, 2), (2, 1, 1), "valid", None),
    ((0, 4, 4, 2), (2, 2), (1, 1), "valid", None),
    ((2, 1, 4, 2), (2, 2), (1, 1), "valid", None),  # no place for a window
]


@pytest.mark.parametrize("data_format", [LAST, FIRST])
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_taps_are_the_elements_of_windows(form, data_format):
    shape, sizes, strides, padding, dilations = form
    x = np.random.RandomState(0).randn(*shape).astype("float32")
    expected = windowed(x, sizes, strides, padding, dilations, filler=-7)
    found = taps(moved(x, data_format), sizes, strides, padding, data_format, dilations, filler=-7)
    assert len(found) == np.prod(sizes)
    for place, part in zip(np.ndindex(*sizes), found, strict=True):
        np.testing.assert_array_equal(part, moved(expected[(..., *place, slice(None))], data_format))


@pytest.mark.parametrize("dtype", ["int32", "float16", "bool", "uint8"])
def test_dtypes_stay(dtype):
    x = (np.arange(12).reshape(1, 3, 4, 1) % 2).astype(dtype)
    found = taps(x, (2, 2), (1, 1), "same", LAST, filler=1)
    assert {part.dtype.name for part in found} == {dtype}
    np.testing.assert_array_equal(found[3], windowed(x, (2, 2), (1, 1), "same", filler=1)[..., 1, 1, :])


def test_the_gradient_counts_the_windows_an_element_is_in():
    x = np.zeros((1, 4, 5, 1), "float32")
    (slope,) = jax.vjp(lambda x: sum(part.sum() for part in taps(x, (2, 3), (1, 1), "valid", LAST)), x)[1](
        np.float32(1)
    )
    np.testing.assert_array_equal(slope[0, ..., 0], np.outer([1, 2, 2, 1], [1, 2, 3, 2, 1]))


def test_how_many_taps_are_few():
    assert FEW == 27 and are_few((3, 3, 3)) and are_few((27,)) and are_few(())
    assert not are_few((28,)) and not are_few((4, 7))


def test_interleaved_parts_are_those_with_every_so_manieth_element():
    x = np.random.RandomState(0).randn(2, 6, 8, 3).astype("float32")
    parts = [x[:, i::3, j::2] for i in range(3) for j in range(2)]
    np.testing.assert_array_equal(interleaved(np.reshape(parts, (3, 2, 2, 2, 4, 3))), x)
    parts = [x[:, :, i::2, j::3] for i in range(2) for j in range(3)]
    np.testing.assert_array_equal(interleaved(np.reshape(parts, (2, 3, 2, 6, 4, 1)), first_axis=2), x)
    np.testing.assert_array_equal(interleaved(x[None, None]), x)
